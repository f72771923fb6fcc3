"""待办: questions that the bot has put to somebody because of their office, still unanswered (P7, P27)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import OpenItems, TodoItem, TodoKind
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


async def questions(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Open questions to this person: since when, never about whom."""
    kinds = [kind for kind, (_, role) in OFFICES.items() if actor.has(role)]
    since = func.coalesce(Crisis.opened_at, Prompt.asked_at)
    mine = (
        select(Prompt.kind, since, Crisis.due_at, RightsRequest.due_at)
        .outerjoin(Crisis, (Crisis.id == Prompt.subject_id) & (Prompt.kind == CRISIS_FOLLOW_UP))
        .outerjoin(RightsRequest, (RightsRequest.id == Prompt.subject_id) & (Prompt.kind != CRISIS_FOLLOW_UP))
        .where(
            Prompt.person_id == actor.person_id,
            Prompt.kind.in_(kinds),
            Prompt.state.in_(("open", "queued")),
            Prompt.expires_at > now,
            Crisis.closed_at.is_(None),
        )
        .order_by(since)
    )
    count, rows = await first(session, mine, most)
    return OpenItems(
        count, [TodoItem(OFFICES[kind][0], at, due=crisis or request) for kind, at, crisis, request in rows]
    )
