"""待办: wishes of own youths that nobody has taken, wishes one is at, and those whose owner is being asked (R2.7)."""

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.reads.stand_in import stood_in_by
from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import NOTHING_OPEN, OpenItems, TodoItem, TodoKind
from bot.features.wish.reads.wish import cadre_serves, linked_now, own_of_cadre
from bot.features.wish.rules.wish import HELD, IDLE_RELEASE_AFTER, WishKind, WishState
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault


async def open_wishes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Wishes with this cadre that nobody helps with yet."""
    if actor.person_id is None:
        return NOTHING_OPEN
    own = select(Wish.ref, Wish.made_at, Wish.kind).where(own_of_cadre(actor), Wish.state == WishState.OPEN)
    count, rows = await first(session, own.order_by(Wish.made_at, Wish.ref), most)
    return OpenItems(count, [_item(TodoKind.WISH_OPEN, made_at, ref, kind) for ref, made_at, kind in rows])


async def held_wishes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Wishes this person has claimed: still to be done, or waiting for their owner's word."""
    since = func.coalesce(Wish.asked_at, Wish.claimed_at, Wish.made_at)
    kind = case((Wish.cadre_id == actor.person_id, Wish.kind), else_=func.coalesce(Wish.shown_kind, WishKind.OTHER))
    held = select(Wish.ref, since, Wish.asked_at, kind).where(Wish.holder_id == actor.person_id, Wish.state.in_(HELD))
    count, rows = await first(session, held.order_by(since, Wish.ref), most)
    return OpenItems(count, [_held(ref, at, kind, asked=asked_at is not None) for ref, at, asked_at, kind in rows])


def _held(ref: int, since: datetime, kind: str, *, asked: bool) -> TodoItem:
    if asked:
        return _item(TodoKind.WISH_CONFIRM, since, ref, kind)
    return _item(TodoKind.WISH_HELD, since, ref, kind, due=since + IDLE_RELEASE_AFTER)


def _item(todo: TodoKind, since: datetime, ref: int, kind: str, *, due: datetime | None = None) -> TodoItem:
    return TodoItem(todo, since, f"W{ref}", due=due, gist=kind)


async def stood_in_wishes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """What waits with a cadre who is gone and for whom this person stands in: kind, age and reference (P13)."""
    if not (actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)):
        return NOTHING_OPEN
    found = await session.execute(
        select(Wish.ref, Wish.made_at, Wish.cadre_id, Wish.owner_id)
        .where(
            Wish.state.in_((WishState.OPEN, WishState.CADRE_HELPING)),
            Wish.cadre_id.is_not(None),
            Wish.owner_id.is_not(None),
            linked_now(),
            ~cadre_serves(now),
        )
        .order_by(Wish.made_at)
    )
    rows = [(ref, since, (cadre or 0, youth or 0)) for ref, since, cadre, youth in found]
    mine = await stood_in_by(session, vault, actor, {pair for _, _, pair in rows}, now=now)
    items = [TodoItem(TodoKind.STAND_IN, since, f"W{ref}") for ref, since, pair in rows if pair in mine]
    return OpenItems(len(items), items[:most])
