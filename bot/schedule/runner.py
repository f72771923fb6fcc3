"""Wakes the ticks. Occurrences are rows, so the runner may die at any time and nothing is done twice (section 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger

from bot.clock import SHANGHAI, Clock, ClockWatch

TICK_SECONDS: Final = 20
"""How often due work is looked for."""
MINUTE: Final = timedelta(minutes=1)

Mend = Callable[[datetime], Awaitable[object]]


class Work(Protocol):
    """Due work as the runner sees it. What ``goes_on`` does not wait while the clock is suspect."""

    goes_on: bool

    async def __call__(self, now: datetime) -> int:
        """Do whatever is due at ``now``; returns how much was done."""
        ...

    async def would_do(self, now: datetime) -> frozenset[Hashable]:
        """What would be found at ``now``; nothing is done."""
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
        self._ticking = asyncio.Lock()

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
        async with self._ticking:
            await self._tick()

    async def _tick(self) -> None:
        suspect = self._watch.suspect()
        self._tell(suspect)
        if not suspect:
            await self._mend_once()
        now = self._watch.earlier() if suspect else self._clock.now()
        for name, work in self._ticks.items():
            if not suspect or work.goes_on:
                await _run(name, work, now)

    async def strike(self, now: datetime, names: Collection[str] | None = None) -> Mapping[str, int]:
        """Ticks once for ``now``, a time that a rehearsal has moved to on purpose; those that did something."""
        async with self._ticking:
            chosen = {name: work for name, work in self._ticks.items() if names is None or name in names}
            done = {name: await _run(name, work, now) for name, work in chosen.items()}
        return {name: count for name, count in done.items() if count}

    async def urgent(self, now: datetime) -> Collection[str]:
        """The ticks that wait for no clock and have something before them: they know their own times."""
        return [name for name, work in self._ticks.items() if work.goes_on and await work.would_do(now)]

    async def next_due(
        self, after: datetime, until: datetime, names: Collection[str] | None = None
    ) -> tuple[datetime, Collection[str]]:
        """The first minute behind ``after`` at which a tick finds what it does not find now, else ``until``.

        With the ticks that find anything ``until`` then: they alone need be looked at again before it. In between no
        rule may open or close by the hour: what is due stays due, so that halving finds the minute.
        """
        works = [(name, work) for name, work in self._ticks.items() if names is None or name in names]
        found = {name: late for name, work in works if (late := await work.would_do(until))}
        for name, late in found.items():
            until = await _first_of(self._ticks[name], late, after, until)
        return until, tuple(found)

    async def _mend_once(self) -> None:
        ended = self._watch.ended
        if self._mend is None or self._mended == ended:
            return
        if await _run("mending", self._mend, self._clock.now()) is not None:
            self._mended = ended

    def _tell(self, suspect: bool) -> None:
        if suspect and not self._suspect:
            jump = round(self._watch.jumped_by().total_seconds())
            logger.error("clock suspect: it jumped by {} s; due work waits until it is even for 10 min", jump)
        elif self._suspect and not suspect:
            logger.warning("the clock is believed again; due work goes on")
        self._suspect = suspect


async def _run(name: str, work: Mend, now: datetime) -> int | None:
    """How much the work says that it did; None if it failed."""
    try:
        done = await work(now)
        return done if isinstance(done, int) else 0
    except Exception as error:
        logger.opt(exception=error).error("tick {} failed", name)
        return None


async def _first_of(work: Work, late: frozenset[Hashable], after: datetime, until: datetime) -> datetime:
    """The first minute in between at which this work finds what it finds ``until`` then and not ``after``."""
    new = late - await work.would_do(after)
    while new and until - after > MINUTE:
        middle = after + (until - after) / 2
        if new & await work.would_do(middle):
            until = middle
        else:
            after = middle
    whole = until.replace(second=0, microsecond=0)
    return whole if new and whole > after and new & await work.would_do(whole) else until
