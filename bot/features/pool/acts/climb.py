"""心愿池, what time brings about: a level up when nobody claims it, numbers for the organs, fewer details when few are
left who share them (R2.6, R2.7, P12). Everything compares and sets, so a tick may be killed anywhere and run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.duty import holders_at
from bot.core.reads.orgs import ladder_of, names_of_orgs
from bot.core.rules.ladder import LADDER
from bot.core.rules.people import OrgLevel, Role
from bot.core.rules.say import Say
from bot.features.pool.reads.look_alikes import beside_of
from bot.features.pool.rules.pool import Beside, PoolRules, climb_due, next_rung
from bot.features.wish.acts.transition import change
from bot.features.wish.rules.match import ASKING
from bot.features.wish.rules.wish import WishAct, WishParty, WishState
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.people import OrgUnit
from bot.store.unit import Unit

_POOLED: Final = Wish.state == WishState.POOLED.value


@dataclass(frozen=True, slots=True)
class PoolClimbed(Say):
    """To the owner: now offered one level up, as they had said it may be."""

    template: ClassVar[str] = "pool/climbed"
    ref: int
    organ: str


@dataclass(frozen=True, slots=True)
class PoolIdle(Say):
    """To an organ, once a week: how many wishes have waited too long in its pool. A number, nothing else."""

    template: ClassVar[str] = "pool/idle"
    organ: str
    count: int
    days: int


async def climbs_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Wishes that have waited long enough, whose owner agreed to more, and that nobody is being asked about."""
    rules = look.installation.of(PoolRules)
    asking = exists().where(ResourceMatch.wish_id == Wish.id, ResourceMatch.state.in_(ASKING))
    waited = [
        and_(
            Wish.pool_level == level.value,
            Wish.agreed_level.in_([above.value for above in LADDER[LADDER.index(level) + 1 :]]),
            Wish.pooled_at <= look.now - wait,
        )
        for level, wait in rules.waits.items()
    ]
    rows = await session.execute(
        select(Wish.id)
        .where(_POOLED, Wish.owner_id.is_not(None), or_(false(), *waited), ~asking)
        .order_by(Wish.pooled_at, Wish.id)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def climb(unit: Unit, wish_id: int, look: Look) -> bool:
    """One step up for one wish, told to its owner and not asked again; at the top of what was agreed it stays."""
    rules = look.installation.of(PoolRules)
    wish = await unit.session.get(Wish, wish_id, with_for_update=True)
    if wish is None or wish.state != WishState.POOLED or wish.pooled_at is None or wish.owner_id is None:
        return False
    at, agreed = OrgLevel(wish.pool_level or ""), OrgLevel(wish.agreed_level or "")
    if not climb_due(wish.pooled_at, at, rules, unit.now):
        return False
    ladder = await ladder_of(unit.session, wish.org_id)
    step = next_rung(ladder, at, agreed)
    if step is None:  # its organisations have moved: this is the top now, and need not be looked at again
        await unit.swap(Wish, Wish.id == wish.id, agreed_level=at.value)
        return False
    beside = await beside_of(unit.session, wish.age_band, wish.kind, ladder, step, rules.k)
    await change(
        unit,
        None,
        wish,
        WishAct.CLIMB,
        WishParty.CLOCK,
        pool_level=step.level.value,
        pool_org_id=step.org_id,
        pooled_at=unit.now,
        shown_area_id=beside.area,
        shown_age=beside.age,
        shown_kind=beside.kind,
    )
    organ = (await names_of_orgs(unit.session, [step.org_id]))[step.org_id]
    await unit.push_person(wish.owner_id, PoolClimbed(wish.ref, organ), unless_quiet=True)
    return True


# --- numbers for the organs ------------------------------------------------------------------------------------------


async def idle_pools(session: AsyncSession, look: Look) -> list[tuple[int, int]]:
    """How many wishes have waited too long, by the organ in whose pool they stand."""
    idle = look.installation.of(PoolRules).idle
    rows = await session.execute(
        select(Wish.pool_org_id, func.count())
        .where(_POOLED, Wish.waiting_since < look.now - idle, Wish.pool_org_id.is_not(None))
        .group_by(Wish.pool_org_id)
        .order_by(Wish.pool_org_id)
    )
    return [(org_id, count) for org_id, count in rows if org_id is not None]


async def tell_idle(unit: Unit, found: tuple[int, int], look: Look) -> int:
    """Tell the organ's admins the number, once in a calendar week each; returns how many were told."""
    org_id, count = found
    org = await unit.session.get(OrgUnit, org_id)
    if org is None:
        return 0
    year, week, _ = unit.now.isocalendar()
    told = 0
    for person_id in await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
        key = f"pool-idle:{org_id}:{year}-{week}:{person_id}"
        say = PoolIdle(org.name, count, look.installation.of(PoolRules).idle.days)
        told += await unit.push_person(person_id, say, cls="O", idem_key=key, unless_quiet=True)
    return told


# --- what may stand beside -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alike:
    """Pooled wishes that show the same: of one organisation, in one pool, of one age band and kind."""

    org_id: int
    pool_org_id: int
    age_band: str
    kind: str

    def rows(self) -> ColumnElement[bool]:
        """Which wishes these are."""
        return and_(
            _POOLED,
            Wish.org_id == self.org_id,
            Wish.pool_org_id == self.pool_org_id,
            Wish.age_band == self.age_band,
            Wish.kind == self.kind,
        )


async def pooled_alike(session: AsyncSession) -> list[Alike]:
    """Everything that stands in pools: of thousands of wishes, a few hundred are different."""
    rows = await session.execute(
        select(Wish.org_id, Wish.pool_org_id, Wish.age_band, Wish.kind)
        .where(_POOLED, Wish.pool_org_id.is_not(None))
        .distinct()
        .order_by(Wish.org_id, Wish.pool_org_id, Wish.age_band, Wish.kind)
    )
    return [Alike(*row) for row in rows]


async def stale_beside(session: AsyncSession, look: Look) -> list[tuple[Alike, Beside]]:
    """Wishes that show something else than what may stand beside them now: others have come or gone."""
    k = look.installation.of(PoolRules).k
    stale: list[tuple[Alike, Beside]] = []
    for alike in await pooled_alike(session):
        ladder = await ladder_of(session, alike.org_id)
        at = next((rung for rung in ladder if rung.org_id == alike.pool_org_id), None)
        if at is None:
            continue
        beside = await beside_of(session, alike.age_band, alike.kind, ladder, at, k)
        found = await session.execute(select(Wish.id).where(alike.rows(), _shows_other(beside)).limit(1))
        if found.first() is not None:
            stale.append((alike, beside))
    return stale


async def set_beside(unit: Unit, stale: tuple[Alike, Beside], _look: Look) -> int:
    """Write it; returns how many showed something else."""
    alike, beside = stale
    shown: dict[str, Any] = {"shown_area_id": beside.area, "shown_age": beside.age, "shown_kind": beside.kind}
    return await unit.swap(Wish, alike.rows(), _shows_other(beside), **shown)


def _shows_other(beside: Beside) -> ColumnElement[bool]:
    return or_(
        Wish.shown_area_id.is_distinct_from(beside.area),
        Wish.shown_age.is_distinct_from(beside.age),
        Wish.shown_kind.is_distinct_from(beside.kind),
    )
