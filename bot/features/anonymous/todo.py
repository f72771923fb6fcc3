"""待办: anonymous voices that are out and wait for an answer of this actor's organ (P23)."""

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.todo import TodoItem, TodoKind
from bot.features.anonymous.reads.anonymous import listed
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.store.sealing import Vault


async def unanswered(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Since the day of the release, the hand-over or the reopening; nothing is known of an earlier time."""
    if not (actor.has(Role.ORGAN_ADMIN) or actor.has(Role.DUTY_OFFICER)):
        return ()
    return [
        TodoItem(TodoKind.ANONYMOUS, datetime.combine(line.held_since, time(), now.tzinfo), str(Ref("V", line.ref)))
        for line in await listed(session, actor, now=now)
        if line.state is not AnonymousState.ANSWERED
    ]
