"""Due work: every tick that a feature declares, looked for and carried out one item a transaction (section 7).

Killed anywhere it runs again: occurrences are rows, and each act looks once more whether its item is still due.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from loguru import logger

from bot.core.feature import MANY, Look, Tick, features
from bot.core.installation import Installation
from bot.schedule.runner import Work
from bot.store.store import BATCH, COMMAND, Store

ROUNDS: Final = 20
"""How often one look comes back to an item that has more; then the others have their turn."""


class DueWork:
    """One tick of one store: when it looks, and that no item keeps another waiting."""

    def __init__(self, store: Store, tick: Tick[Any], installation: Installation) -> None:
        self._store, self._tick, self._installation = store, tick, installation
        self.goes_on = tick.goes_on
        self._looked: datetime | None = None
        self._failed = 0

    async def __call__(self, now: datetime) -> int:
        """Whatever is due now; returns how much was done."""
        if self._rests(now):
            return 0
        look = Look(now, self._installation, MANY + self._failed)  # those that failed take nobody's place
        async with self._store.read() as session:
            due = list(await self._tick.due(session, look))
        done, left, self._failed = 0, len(due) >= look.limit, 0
        for item in due:
            try:
                step, more = await self._carry_out(item, look)
                done, left = done + step, left or more
            except Exception as error:
                self._failed += 1
                logger.opt(exception=error).error("tick {}: one item could not be looked after", self._tick.name)
        if not (left or self._failed):
            self._looked = now
        return done

    def _rests(self, now: datetime) -> bool:
        tick, looked = self._tick, self._looked
        if tick.office_hours and not self._installation.workdays.in_office_hours(now):
            return True
        if tick.daily is not None and (now.time() < tick.daily or (looked and looked.date() == now.date())):
            return True
        return looked is not None and timedelta() <= now - looked < tick.every

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
