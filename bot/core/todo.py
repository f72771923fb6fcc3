"""待办: questions that the bot has put to somebody because of their office, still unanswered (P7, P27)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.crisis_call import FOLLOW_UP
from bot.core.feature import questions
from bot.core.reads.questions import WAITING
from bot.core.rules.people import Actor
from bot.core.rules.todo import TodoItem
from bot.core.tables import Crisis
from bot.features.rights.tables import RightsRequest
from bot.store.delivery import Prompt
from bot.store.sealing import Vault


async def asked_of_offices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Open questions to this person: since when, never about whom."""
    shown = {one.kind: one.todo[0] for one in questions().values() if one.todo and actor.has(one.todo[1])}
    rows = await session.execute(
        select(Prompt.kind, func.coalesce(Crisis.opened_at, Prompt.asked_at), Crisis.due_at, RightsRequest.due_at)
        .outerjoin(Crisis, (Crisis.id == Prompt.subject_id) & (Prompt.kind == FOLLOW_UP.kind))
        .outerjoin(RightsRequest, (RightsRequest.id == Prompt.subject_id) & (Prompt.kind != FOLLOW_UP.kind))
        .where(
            Prompt.person_id == actor.person_id,
            Prompt.kind.in_(shown),
            WAITING,
            Prompt.expires_at > now,
            Crisis.closed_at.is_(None),
        )
    )
    return [
        TodoItem(shown[kind], since, due=crisis_due or request_due) for kind, since, crisis_due, request_due in rows
    ]
