"""Due work: every tick that a feature declares, looked for and carried out one item a transaction (section 7).

Killed anywhere it runs again: occurrences are rows, and each act looks once more whether its item is still due.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from loguru import logger

from bot.core.feature import MANY, Look, Tick, features
from bot.core.installation import Installation
from bot.schedule.backoff import Backoff
from bot.schedule.runner import Work
from bot.store.store import BATCH, COMMAND, Store

ROUNDS: Final = 20
"""How often one look comes back to an item that has more; then the others have their turn."""

LONGEST: Final = timedelta(minutes=5)
"""So long at most rests what failed; nothing at all of what a crisis waits for."""
LONGEST_PLANNED: Final = timedelta(hours=1)
"""The same for what is looked for once a day or every few minutes."""


class DueWork:
    """One tick of one store: when it looks, and that no item keeps another waiting.

    An item that fails again and again rests longer each time; the others are looked after as planned.
    """

    def __init__(self, store: Store, tick: Tick[Any], installation: Installation) -> None:
        self._store, self._tick, self._installation = store, tick, installation
        self.goes_on = tick.goes_on
        self._looked: datetime | None = None
        planned = tick.daily is not None or bool(tick.every)
        longest = timedelta() if tick.goes_on else LONGEST_PLANNED if planned else LONGEST
        self._failed, self._blind = Backoff(longest), Backoff(longest)

    async def __call__(self, now: datetime) -> int:
        """Whatever is due now; returns how much was done."""
        planned = self._is_planned(now)
        if self._blind.rests(None, now) or not (planned or (self._failed.any_ready(now) and self._is_time(now))):
            return 0
        look = Look(now, self._installation, MANY + len(self._failed))  # those that failed take nobody's place
        due = await self._find(look)
        self._failed.keep(due)
        done, left = 0, len(due) >= look.limit
        for item in due:
            if self._failed.rests(item, now) or not (planned or item in self._failed):
                continue
            try:
                step, more = await self._carry_out(item, look)
                done, left = done + step, left or more
                self._failed.went(item)
            except Exception as error:
                self._failed.failed(item, now)
                logger.opt(exception=error).error("tick {}: one item could not be looked after", self._tick.name)
        if planned and not left:
            self._looked = now
        return done

    async def would_do(self, now: datetime) -> frozenset[Any]:
        """What there is to find at ``now``, looked for lately or not; nothing is done: rehearsals look ahead."""
        if not self._is_time(now):
            return frozenset()
        async with self._store.look() as session:
            return frozenset(await self._tick.due(session, Look(now, self._installation)))

    async def _find(self, look: Look) -> list[Any]:
        try:
            async with self._store.read() as session:
                due = list(await self._tick.due(session, look))
        except Exception:
            self._blind.failed(None, look.now)
            raise
        self._blind.went(None)
        return due

    def _is_time(self, now: datetime) -> bool:
        """Whether anything of it may be done at this hour."""
        tick = self._tick
        if tick.office_hours and not self._installation.workdays.in_office_hours(now):
            return False
        return tick.daily is None or now.time() >= tick.daily

    def _is_planned(self, now: datetime) -> bool:
        """Whether it is time for a look at everything."""
        tick, looked = self._tick, self._looked
        if not self._is_time(now) or looked is None:
            return self._is_time(now)
        if tick.daily is not None and looked.date() == now.date():
            return False
        return not timedelta() <= now - looked < tick.every

    async def _carry_out(self, item: Any, look: Look) -> tuple[int, bool]:
        """How much was done, and whether the item may have more."""
        done, priority = 0, BATCH if self._tick.batch else COMMAND
        for _ in range(ROUNDS if self._tick.until_done else 1):
            async with self._store.unit(now=look.now, priority=priority) as unit:
                step = await self._tick.each(unit, item, look)
            done += step
            if not step:
                return done, False
        return done, self._tick.until_done


def all_ticks(store: Store, installation: Installation | None = None) -> Mapping[str, Work]:
    """Every tick by its name, for the runner: in the order of the features, and what can wait for others last."""
    declared = sorted((tick for feature in features() for tick in feature.ticks), key=lambda tick: tick.batch)
    works: dict[str, Work] = {}
    for tick in declared:
        if tick.name in works:
            raise ValueError(f"tick {tick.name} is declared twice")
        works[tick.name] = DueWork(store, tick, installation or Installation())
    return works
