"""待办: wishes of own youths that nobody has taken, wishes one is at, and those whose owner is being asked (R2.7)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor
from bot.core.rules.todo import TodoItem, TodoKind
from bot.features.wish.reads.wish import own_of_cadre
from bot.features.wish.rules.wish import HELD, IDLE_RELEASE_AFTER, WishState
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault


async def open_wishes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Wishes with this cadre that nobody helps with yet."""
    if actor.person_id is None:
        return []
    rows = await session.execute(
        select(Wish.ref, Wish.made_at).where(own_of_cadre(actor.person_id), Wish.state == WishState.OPEN)
    )
    return [TodoItem(TodoKind.WISH_OPEN, made_at, f"W{ref}") for ref, made_at in rows]


async def held_wishes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Wishes this person has claimed: still to be done, or waiting for their owner's word."""
    rows = await session.execute(
        select(Wish.ref, Wish.claimed_at, Wish.asked_at, Wish.made_at).where(
            Wish.holder_id == actor.person_id, Wish.state.in_(HELD)
        )
    )
    items: list[TodoItem] = []
    for ref, claimed_at, asked_at, made_at in rows:
        if asked_at is not None:
            items.append(TodoItem(TodoKind.WISH_CONFIRM, asked_at, f"W{ref}"))
        else:
            since = claimed_at or made_at
            items.append(TodoItem(TodoKind.WISH_HELD, since, f"W{ref}", due=since + IDLE_RELEASE_AFTER))
    return items
