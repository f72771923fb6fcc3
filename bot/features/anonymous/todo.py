"""待办: anonymous voices that are out and wait for an answer of this actor's organ (P23)."""

from datetime import datetime, time

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import NOTHING_OPEN, OpenItems, TodoItem, TodoKind
from bot.features.anonymous.reads.anonymous import line_of, listed
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.store.sealing import Vault


async def unanswered(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Since the day of the release, the hand-over or the reopening; nothing is known of an earlier time."""
    if not (actor.has(Role.ORGAN_ADMIN) or actor.has(Role.DUTY_OFFICER)):
        return NOTHING_OPEN
    waiting = await listed(session, actor, (AnonymousState.OPEN, AnonymousState.ESCALATED), now=now)
    count, rows = await first(session, waiting, most)
    lines = [line_of(row) for (row,) in rows]
    return OpenItems(
        count,
        [
            TodoItem(TodoKind.ANONYMOUS, datetime.combine(line.held_since, time(), now.tzinfo), f"V{line.ref}")
            for line in lines
        ],
    )
