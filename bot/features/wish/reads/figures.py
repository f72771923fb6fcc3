"""心愿统计: how wishes fare, in numbers that never speak of fewer than five people and never compare cadres (R2.7)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import BigInteger, ColumnElement, case, false, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import Organ, organs_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import Published, published, published_median, published_share
from bot.features.wish.reads.wish import OPENISH
from bot.features.wish.rules.wish import AGES, WishState
from bot.features.wish.tables import Wish
from bot.store.people import OrgUnit

LOOK_BACK: Final = timedelta(days=365)
"""Wishes made since then are counted; their words live no longer either (P20)."""
DAY_MILLIS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One number that may be shown."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class WishFigures(Say):
    """To a cadre of the own youths, or to an organ of its own and all below; ``None``: too few people to say.

    ``rest`` is what the cells that are not shown come to together.
    """

    template: ClassVar[str] = "pool/figures"
    organ: bool
    waiting: int | None
    kinds: tuple[Cell, ...]
    kinds_rest: int
    ages: tuple[Cell, ...]
    ages_rest: int
    share: int | None
    days: int | None


async def wish_figures(session: AsyncSession, actor: Actor, *, now: datetime) -> tuple[WishFigures, ...]:
    """``心愿统计``: one answer for each part in which somebody asks, the organ's first."""
    found: list[WishFigures] = []
    organs = await organs_of(session, actor)
    if organs:
        found.append(await _figures(session, _below(organs), now, organ=True))
    if actor.has(Role.CADRE):
        found.append(await _figures(session, Wish.cadre_id == actor.person_id, now, organ=False))
    return tuple(found)


def _below(organs: Collection[Organ]) -> ColumnElement[bool]:
    paths = (OrgUnit.path.startswith(organ.path, autoescape=True) for organ in organs)
    return Wish.org_id.in_(select(OrgUnit.id).where(or_(false(), *paths)))


async def _figures(session: AsyncSession, where: ColumnElement[bool], now: datetime, *, organ: bool) -> WishFigures:
    by_kind, by_age = await _waiting(session, where, now)
    share, days = await _ended(session, where, now)
    return WishFigures(
        organ=organ,
        waiting=by_kind.total,
        kinds=_cells(by_kind, sorted(by_kind.cells, key=lambda kind: (-by_kind.cells[kind], kind))),
        kinds_rest=by_kind.rest,
        ages=_cells(by_age, [str(age) for age in range(len(AGES) + 1) if str(age) in by_age.cells]),
        ages_rest=by_age.rest,
        share=share,
        days=days,
    )


async def _waiting(session: AsyncSession, where: ColumnElement[bool], now: datetime) -> tuple[Published, Published]:
    """What is not over, by kind and by age."""
    bucket = case(*((Wish.made_at >= now - age, n) for n, age in enumerate(AGES)), else_=len(AGES))
    rows = await session.execute(select(Wish.owner_id, Wish.kind, bucket).where(where, Wish.state.in_(OPENISH)))
    kinds: dict[str, list[int | None]] = defaultdict(list)
    ages: dict[str, list[int | None]] = defaultdict(list)
    for owner, kind, age in rows:
        kinds[kind].append(owner)
        ages[str(age)].append(owner)
    return published(kinds), published(ages)


async def _ended(session: AsyncSession, where: ColumnElement[bool], now: datetime) -> tuple[int | None, int | None]:
    """How many of a year's wishes came true, in per cent, and in how many days half of those did.

    Whole milliseconds are taken as the table has them: thousands of dates would take longer to build than to count.
    """
    took = type_coerce(Wish.closed_at, BigInteger) - type_coerce(Wish.made_at, BigInteger)
    rows = await session.execute(
        select(Wish.owner_id, Wish.state, took).where(
            where, Wish.made_at > now - LOOK_BACK, Wish.state != WishState.WITHDRAWN
        )
    )
    done: list[int | None] = []
    missed: list[int | None] = []
    days: dict[int, list[float]] = defaultdict(list)
    for owner, state, millis in rows:
        fulfilled = state == WishState.FULFILLED
        (done if fulfilled else missed).append(owner)
        if fulfilled and owner is not None and millis is not None:
            days[owner].append(millis / DAY_MILLIS)
    middle = published_median(days)
    return published_share(done, missed), None if middle is None else max(1, round(middle))


def _cells(found: Published, order: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(Cell(name, found.cells[name]) for name in order)
