"""Wakes the ticks. Occurrences are rows, so the runner may die at any time and nothing is done twice (section 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger

from bot.clock import SHANGHAI, Clock, ClockWatch

TICK_SECONDS: Final = 20
"""How often due work is looked for."""

Mend = Callable[[datetime], Awaitable[object]]


class Work(Protocol):
    """Due work as the runner sees it. What ``goes_on`` does not wait while the clock is suspect."""

    goes_on: bool

    async def __call__(self, now: datetime) -> int:
        """Do whatever is due at ``now``; returns how much was done."""
        ...


class Schedule:
    """One APScheduler without a job store; each tick takes ``now``.

    ``mend`` is called at the first tick and after each suspicion of the clock: times that were written while it was
    wrong are set right before anything is done by them.
    """

    def __init__(
        self, clock: Clock, ticks: Mapping[str, Work], *, watch: ClockWatch | None = None, mend: Mend | None = None
    ) -> None:
        self._clock, self._ticks = clock, ticks
        self._watch, self._mend = watch or ClockWatch(clock), mend
        self._mended = -1
        self._suspect = False
        self._scheduler: AsyncIOScheduler | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to tick; called once."""
        if self._scheduler is not None:
            return
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI)
        self._scheduler.add_job(
            self._tick_until_stopped,
            "interval",
            seconds=TICK_SECONDS,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Take no new tick; one under way is safe to be killed anywhere."""
        self._stopped = True
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _tick_until_stopped(self) -> None:
        try:
            await self.tick()
        except asyncio.CancelledError:
            if not self._stopped:
                raise  # else APScheduler would call an orderly stop an error

    async def tick(self) -> None:
        """All ticks once; a failing one does not keep the others from running. A suspect clock lets few of them run."""
        suspect = self._watch.suspect()
        self._tell(suspect)
        if not suspect:
            await self._mend_once()
        now = self._watch.earlier() if suspect else self._clock.now()
        for name, work in self._ticks.items():
            if not suspect or work.goes_on:
                await _run(name, work, now)

    async def strike(self, now: datetime) -> None:
        """All ticks once for ``now``, a time that a rehearsal has moved to on purpose."""
        for name, work in self._ticks.items():
            await _run(name, work, now)

    async def _mend_once(self) -> None:
        ended = self._watch.ended
        if self._mend is None or self._mended == ended:
            return
        if await _run("mending", self._mend, self._clock.now()):
            self._mended = ended

    def _tell(self, suspect: bool) -> None:
        if suspect and not self._suspect:
            jump = round(self._watch.jumped_by().total_seconds())
            logger.error("clock suspect: it jumped by {} s; due work waits until it is even for 10 min", jump)
        elif self._suspect and not suspect:
            logger.warning("the clock is believed again; due work goes on")
        self._suspect = suspect


async def _run(name: str, work: Mend, now: datetime) -> bool:
    try:
        await work(now)
    except Exception as error:
        logger.opt(exception=error).error("tick {} failed", name)
        return False
    return True
