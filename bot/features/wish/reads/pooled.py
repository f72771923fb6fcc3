"""心愿池 as seen from outside: de-identified words and a number, never a name (R2.7, P12, P13)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Executable, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import names_of_orgs, organs_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.features.wish.reads.reach import above, readable
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault

CLAIMABLE: Final = 20
"""Wishes from pools that a cadre's list ends with; the oldest, for they have waited longest."""
POOLED: Final = Wish.state == WishState.POOLED.value


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One waiting wish: its number, the words its owner agreed to, and what at least k youths share."""

    ref: int
    kind: str
    age: str
    area: str
    days: int
    words: str = field(repr=False)


async def claimable(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> tuple[PoolLine, ...]:
    """What a cadre may claim from the pools that cover their organisations, without their own youths' wishes."""
    organs = await organs_of(session, actor, Role.CADRE)
    if not organs:
        return ()
    ids = (
        select(Wish.id)
        .where(POOLED, Wish.owner_id.is_not(None), above(organs), *_not_own(actor))
        .order_by(Wish.pooled_at, Wish.id)
        .limit(CLAIMABLE)
    )
    wanted = list((await session.execute(ids)).scalars())
    return await lines_of(session, vault, await in_order(session, wanted), now=now)


async def lines_of(
    session: AsyncSession, vault: Vault, wishes: Sequence[Wish], *, now: datetime
) -> tuple[PoolLine, ...]:
    """Lines of a pool; only the words of these are opened."""
    areas = await names_of_orgs(session, [wish.shown_area_id for wish in wishes])
    return tuple(
        [
            PoolLine(
                ref=wish.ref,
                kind=wish.shown_kind or "other",
                age=wish.shown_age or "",
                area=areas.get(wish.shown_area_id or 0, ""),
                days=(now - (wish.waiting_since or wish.made_at)).days,
                words=await shown(session, vault, f"wishes:{wish.id}:pool_text", wish.pool_text),
            )
            for wish in wishes
        ]
    )


async def shown_to_organ(session: AsyncSession, actor: Actor, wishes: Sequence[Wish]) -> Executable:
    """These wishes as long as they stand in a pool and this organ may read them."""
    where = (Wish.id.in_([wish.id for wish in wishes]), POOLED, readable(await organs_of(session, actor)))
    return select(Wish.id, Wish.owner_id, Wish.pool_text).where(*where)


def _not_own(actor: Actor) -> list[ColumnElement[bool]]:
    return [Wish.owner_id != actor.person_id, or_(Wish.cadre_id.is_(None), Wish.cadre_id != actor.person_id)]


async def in_order(session: AsyncSession, wanted: Sequence[int]) -> list[Wish]:
    found = await session.execute(select(Wish).where(Wish.id.in_(wanted)))
    by_id = {wish.id: wish for wish in found.scalars()}
    return [by_id[wish_id] for wish_id in wanted if wish_id in by_id]
