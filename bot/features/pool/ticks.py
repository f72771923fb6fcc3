"""Ticks of the pools: a level up after 15 days, numbers once a week, what stands beside once a day (R2.6, R2.7)."""

from datetime import date, datetime, time, timedelta
from typing import Final

from bot.core.each import each
from bot.core.rules.workdays import Workdays
from bot.features.pool.acts.climb import (
    climb,
    climbs_due,
    idle_pools,
    pooled_alike,
    set_beside,
    stale_beside,
    tell_idle,
)
from bot.features.pool.rules.pool import PoolRules
from bot.store.store import BATCH, Store
from bot.store.unit import Unit

MANY: Final = 200
"""Wishes one look takes; the next one takes the rest."""
TOLD_FROM: Final = time(9, 0)
"""When organs are told their numbers, on the first workday of the week."""
LOOKED_FROM: Final = time(3, 30)
"""When what stands beside pooled wishes is looked at again."""


async def tick_climbs(store: Store, now: datetime, rules: PoolRules) -> int:
    """Every wish that has waited long enough goes one level up, one a transaction; returns how many did."""
    async with store.read() as session:
        due = await climbs_due(session, rules, now, limit=MANY)

    async def up(unit: Unit, wish_id: int) -> int | bool:
        return await climb(unit, wish_id, rules)

    return await each(store, now, due, up, "wish to go up")


def telling_week(now: datetime, workdays: Workdays) -> tuple[int, int] | None:
    """The calendar week whose numbers are due now; None before the first workday's morning and on days off."""
    if now.time() < TOLD_FROM or not workdays.is_workday(now.date()):
        return None
    year, week, _ = now.isocalendar()
    return year, week


async def tick_idle(store: Store, now: datetime, rules: PoolRules) -> int:
    """Tell each organ how many wishes wait too long in its pool; the key of a message holds its week."""
    async with store.read() as session:
        idle = await idle_pools(session, rules, now)

    async def tell(unit: Unit, org_id: int) -> int | bool:
        return await tell_idle(unit, org_id, idle[org_id], rules)

    return await each(store, now, sorted(idle), tell, "pool to be told of")


async def tick_beside(store: Store, now: datetime, rules: PoolRules) -> int:
    """Look at everything that stands in pools once more; returns how many wishes show less or more than before."""
    async with store.read() as session:
        everything = await pooled_alike(session)
    changed = 0
    for alike in everything:
        async with store.read() as session:
            beside = await stale_beside(session, alike, rules)
        if beside is not None:
            async with store.unit(now=now, priority=BATCH) as unit:
                changed += await set_beside(unit, alike, beside)
    return changed


class PoolTicks:
    """What has been done today and this week, so that a look every 20 seconds costs nothing; rows decide, not this."""

    def __init__(self, store: Store, rules: PoolRules, workdays: Workdays) -> None:
        self._store, self._rules, self._workdays = store, rules, workdays
        self._climbed: datetime | None = None
        self._told: tuple[int, int] | None = None
        self._looked: date | None = None

    async def __call__(self, now: datetime) -> int:
        """Whatever is due now."""
        done = 0
        if self._climbed is None or not timedelta() <= now - self._climbed < timedelta(minutes=5):
            done += await tick_climbs(self._store, now, self._rules)
            self._climbed = now
        week = telling_week(now, self._workdays)
        if week is not None and week != self._told:
            done += await tick_idle(self._store, now, self._rules)
            self._told = week
        if now.time() >= LOOKED_FROM and now.date() != self._looked:
            done += await tick_beside(self._store, now, self._rules)
            self._looked = now.date()
        return done
