"""Wakes the ticks. Occurrences are rows, so the runner may die at any time and nothing is done twice (section 7)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger

from bot.clock import SHANGHAI, Clock

TICK_SECONDS: Final = 20
"""How often due work is looked for."""

Tick = Callable[[datetime], Awaitable[object]]


class Schedule:
    """One APScheduler without a job store; each tick is a plain coroutine that takes ``now``."""

    def __init__(self, clock: Clock, ticks: dict[str, Tick]) -> None:
        self._clock, self._ticks = clock, ticks
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Begin to tick; called once."""
        if self._scheduler is not None:
            return
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI)
        self._scheduler.add_job(
            self.tick, "interval", seconds=TICK_SECONDS, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Take no new tick; one under way is safe to be killed anywhere."""
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """All ticks once; a failing one does not keep the others from running."""
        now = self._clock.now()
        for name, work in self._ticks.items():
            try:
                await work(now)
            except Exception as error:
                logger.opt(exception=error).error("tick {} failed", name)
