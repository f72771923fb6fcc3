"""心愿统计: how wishes fare, in numbers that never speak of fewer than five people and never compare cadres (R2.7)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Actor, Role
from bot.domain.pool import AGES, age_of
from bot.domain.say import Say
from bot.domain.small_numbers import Published, published, published_median, published_share
from bot.domain.wish import WishState
from bot.queries.ladder import Organ, organs_of
from bot.queries.wish import OPENISH
from bot.store.people import OrgUnit
from bot.store.wish import Wish

LOOK_BACK: Final = timedelta(days=365)
"""Wishes made since then are counted; their words live no longer either (P20)."""


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


@dataclass(frozen=True, slots=True)
class _Row:
    owner: int | None
    kind: str
    state: WishState
    made: datetime
    closed: datetime | None


async def wish_figures(session: AsyncSession, actor: Actor, *, now: datetime) -> tuple[WishFigures, ...]:
    """``心愿统计``: one answer for each part in which somebody asks, the organ's first."""
    found: list[WishFigures] = []
    organs = await organs_of(session, actor)
    if organs:
        found.append(_figures(await _rows(session, _below(organs), now), now, organ=True))
    if actor.has(Role.CADRE):
        found.append(_figures(await _rows(session, Wish.cadre_id == actor.person_id, now), now, organ=False))
    return tuple(found)


def _below(organs: Collection[Organ]) -> ColumnElement[bool]:
    paths = (OrgUnit.path.startswith(organ.path, autoescape=True) for organ in organs)
    return Wish.org_id.in_(select(OrgUnit.id).where(or_(false(), *paths)))


async def _rows(session: AsyncSession, where: ColumnElement[bool], now: datetime) -> Sequence[_Row]:
    rows = await session.execute(
        select(Wish.owner_id, Wish.kind, Wish.state, Wish.made_at, Wish.closed_at).where(
            where, or_(Wish.made_at > now - LOOK_BACK, Wish.state.in_(OPENISH))
        )
    )
    return [_Row(owner, kind, WishState(state), made, closed) for owner, kind, state, made, closed in rows]


def _figures(rows: Sequence[_Row], now: datetime, *, organ: bool) -> WishFigures:
    waiting = [row for row in rows if row.state in OPENISH]
    kinds: dict[str, list[int | None]] = defaultdict(list)
    ages: dict[str, list[int | None]] = defaultdict(list)
    for row in waiting:
        kinds[row.kind].append(row.owner)
        ages[str(age_of(row.made, now))].append(row.owner)
    by_kind, by_age = published(kinds), published(ages)
    done = [row for row in rows if row.state is WishState.FULFILLED and row.closed is not None]
    missed = [row for row in rows if row.state not in (WishState.FULFILLED, WishState.WITHDRAWN)]
    days: dict[int, list[float]] = defaultdict(list)
    for row in done:
        if row.owner is not None and row.closed is not None:
            days[row.owner].append((row.closed - row.made) / timedelta(days=1))
    middle = published_median(days)
    return WishFigures(
        organ=organ,
        waiting=by_kind.total,
        kinds=_cells(by_kind, sorted(by_kind.cells, key=lambda kind: (-by_kind.cells[kind], kind))),
        kinds_rest=by_kind.rest,
        ages=_cells(by_age, [str(age) for age in range(len(AGES) + 1) if str(age) in by_age.cells]),
        ages_rest=by_age.rest,
        share=published_share([row.owner for row in done], [row.owner for row in missed]),
        days=None if middle is None else max(1, round(middle)),
    )


def _cells(found: Published, order: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(Cell(name, found.cells[name]) for name in order)
