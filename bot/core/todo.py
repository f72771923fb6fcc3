"""待办: questions that the bot has put to somebody because of their office, still unanswered (P7, P27)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import TodoItem, TodoKind
from bot.core.tables import Crisis
from bot.features.rights.tables import RightsRequest
from bot.store.delivery import Prompt
from bot.store.sealing import Vault

CRISIS_FOLLOW_UP: Final = "crisis.followup"
OFFICES: Final[Mapping[str, tuple[TodoKind, Role]]] = {
    CRISIS_FOLLOW_UP: (TodoKind.CRISIS, Role.DUTY_OFFICER),
    "rights.contact": (TodoKind.DATA_REQUEST, Role.PRIVACY_OFFICER),
    "rights.org": (TodoKind.ORG_CORRECTION, Role.CADRE),
}
"""Kinds of questions, and the role that has to be held still for their answer to count."""


async def questions(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Open questions to this person: since when, never about whom."""
    kinds = [kind for kind, (_, role) in OFFICES.items() if actor.has(role)]
    rows = await session.execute(
        select(Prompt.kind, func.coalesce(Crisis.opened_at, Prompt.asked_at), Crisis.due_at, RightsRequest.due_at)
        .outerjoin(Crisis, (Crisis.id == Prompt.subject_id) & (Prompt.kind == CRISIS_FOLLOW_UP))
        .outerjoin(RightsRequest, (RightsRequest.id == Prompt.subject_id) & (Prompt.kind != CRISIS_FOLLOW_UP))
        .where(
            Prompt.person_id == actor.person_id,
            Prompt.kind.in_(kinds),
            Prompt.state.in_(("open", "queued")),
            Prompt.expires_at > now,
            Crisis.closed_at.is_(None),
        )
    )
    return [
        TodoItem(OFFICES[kind][0], since, due=crisis_due or request_due)
        for kind, since, crisis_due, request_due in rows
    ]
