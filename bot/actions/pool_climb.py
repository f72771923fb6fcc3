"""心愿池, what time brings about: a level up when nobody claims it, numbers for the organs, fewer details when few are
left who share them (R2.6, R2.7, P12). Everything compares and sets, so a tick may be killed anywhere and run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import and_, exists, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actions.wish_change import change
from bot.domain.people import OrgLevel, Role
from bot.domain.pool import LADDER, Beside, PoolRules, climb_due, next_rung
from bot.domain.resource import ASKING
from bot.domain.say import Say
from bot.domain.wish import WishAct, WishParty, WishState
from bot.queries.crowd import beside_of
from bot.queries.duty import holders_at
from bot.queries.ladder import ladder_of, names_of_orgs
from bot.store.people import OrgUnit, Person
from bot.store.unit import Unit
from bot.store.wish import ResourceMatch, Wish

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


async def climbs_due(session: AsyncSession, rules: PoolRules, now: datetime, *, limit: int) -> Sequence[int]:
    """Wishes that have waited long enough, whose owner agreed to more, and that nobody is being asked about."""
    asking = exists().where(ResourceMatch.wish_id == Wish.id, ResourceMatch.state.in_(ASKING))
    waited = [
        and_(
            Wish.pool_level == level.value,
            Wish.agreed_level.in_([above.value for above in LADDER[LADDER.index(level) + 1 :]]),
            Wish.pooled_at <= now - wait,
        )
        for level, wait in rules.waits.items()
    ]
    rows = await session.execute(
        select(Wish.id)
        .where(_POOLED, Wish.owner_id.is_not(None), or_(false(), *waited), ~asking)
        .order_by(Wish.pooled_at, Wish.id)
        .limit(limit)
    )
    return rows.scalars().all()


async def climb(unit: Unit, wish_id: int, rules: PoolRules) -> bool:
    """One step up for one wish, told to its owner and not asked again; at the top of what was agreed it stays."""
    wish = await unit.session.get(Wish, wish_id, with_for_update=True)
    if wish is None or wish.state != WishState.POOLED or wish.pooled_at is None or wish.owner_id is None:
        return False
    at, agreed = OrgLevel(wish.pool_level or ""), OrgLevel(wish.agreed_level or "")
    if not climb_due(wish.pooled_at, at, rules, unit.now):
        return False
    ladder = await ladder_of(unit.session, wish.org_id)
    step = next_rung(ladder, at, agreed)
    if step is None:  # its organisations have moved: this is the top now, and need not be looked at again
        await unit.session.execute(
            update(Wish)
            .where(Wish.id == wish.id)
            .values(agreed_level=at.value)
            .execution_options(synchronize_session=False)
        )
        return False
    beside = await beside_of(unit.session, wish, ladder, step, rules.k)
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
    owner = await unit.session.get_one(Person, wish.owner_id)
    if not owner.reminders_off:
        organ = (await names_of_orgs(unit.session, [step.org_id]))[step.org_id]
        await unit.push_person(owner.id, PoolClimbed(wish.ref, organ))
    return True


# --- numbers for the organs ------------------------------------------------------------------------------------------


async def idle_pools(session: AsyncSession, rules: PoolRules, now: datetime) -> dict[int, int]:
    """How many wishes have waited too long, by the organ in whose pool they stand."""
    rows = await session.execute(
        select(Wish.pool_org_id, func.count())
        .where(_POOLED, Wish.waiting_since < now - rules.idle, Wish.pool_org_id.is_not(None))
        .group_by(Wish.pool_org_id)
    )
    return {org_id: count for org_id, count in rows if org_id is not None}


async def tell_idle(unit: Unit, org_id: int, count: int, rules: PoolRules) -> int:
    """Tell the organ's admins the number, once in a calendar week each; returns how many were told."""
    org = await unit.session.get(OrgUnit, org_id)
    if org is None:
        return 0
    year, week, _ = unit.now.isocalendar()
    told = 0
    for person_id in await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
        person = await unit.session.get_one(Person, person_id)
        if person.reminders_off:
            continue
        key = f"pool-idle:{org_id}:{year}-{week}:{person_id}"
        told += await unit.push_person(person_id, PoolIdle(org.name, count, rules.idle.days), cls="O", idem_key=key)
    return told


# --- what may stand beside -------------------------------------------------------------------------------------------


async def pooled_after(session: AsyncSession, wish_id: int, *, limit: int) -> Sequence[Wish]:
    """The next wishes in pools, in order of their ids, to be looked at once a day."""
    rows = await session.execute(
        select(Wish).where(_POOLED, Wish.owner_id.is_not(None), Wish.id > wish_id).order_by(Wish.id).limit(limit)
    )
    return rows.scalars().all()


async def beside_changed(session: AsyncSession, wish: Wish, rules: PoolRules) -> Beside | None:
    """What should stand beside a wish now, if that is not what does: others have come or gone."""
    ladder = await ladder_of(session, wish.org_id)
    at = next((rung for rung in ladder if rung.org_id == wish.pool_org_id), None)
    if wish.state != WishState.POOLED or at is None:
        return None
    beside = await beside_of(session, wish, ladder, at, rules.k)
    shown = Beside(wish.shown_area_id, wish.shown_age, wish.shown_kind or "")
    return beside if beside != shown else None


async def look_again(unit: Unit, wish_id: int, rules: PoolRules) -> bool:
    """Write what should stand beside a wish now; False when it is right already."""
    wish = await unit.session.get(Wish, wish_id, with_for_update=True)
    beside = await beside_changed(unit.session, wish, rules) if wish is not None else None
    if wish is None or beside is None:
        return False
    wish.shown_area_id, wish.shown_age, wish.shown_kind = beside.area, beside.age, beside.kind
    await unit.session.flush()
    return True
