"""拨快时间: moves a rehearsal's clock forward and lets everything that falls due on the way happen in its order.

Only a demo has it: its database is thrown away. A clock that is moved over real data would let them expire
(docs/decisions/0029).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Protocol

from loguru import logger

from bot.clock import SHANGHAI, Clock
from bot.core.rules.windows import quarter
from bot.sandbox.values import Due, Line, Said, TimeMoved, WorldError
from bot.sandbox.world import World

FARTHEST: Final = timedelta(days=100)
"""A quarter and a bit; farther at once would only keep the reader waiting."""
MORNING: Final = time(8)
EVENING: Final = time(18)
"""When offices have closed: on a quarter's last day everything of it has come by then."""
STOPS: Final = (time(8), time(12), time(17, 59), time(21, 59))
"""Local times at which the clock stands in any case: the night ends and what it held goes out; offices close; the night
begins. What opens at an hour of its own is found by looking ahead."""

URGENT: Final = timedelta(minutes=5)
LONGEST_REST: Final = timedelta(minutes=20)
"""While somebody waits for help, the ticks that never wait strike so often, less so where nothing comes of it."""


class Ticks(Protocol):
    """The schedule as a moved clock needs it."""

    async def next_due(
        self, after: datetime, until: datetime, names: Collection[str] | None = None
    ) -> tuple[datetime, Collection[str]]: ...

    async def urgent(self, now: datetime) -> Collection[str]: ...

    async def strike(self, now: datetime, names: Collection[str] | None = None) -> Mapping[str, int]: ...


class Leap(StrEnum):
    """Where one may move the clock to with one tap."""

    HOUR = "hour"
    MORNING = "morning"
    QUARTER = "quarter"


def target(leap: Leap, now: datetime) -> datetime:
    """Where a leap ends: strictly later than ``now``, aware, in Asia/Shanghai."""
    match leap:
        case Leap.HOUR:
            return now + timedelta(hours=1)
        case Leap.MORNING:
            return datetime.combine(now.date() + timedelta(days=1), MORNING, tzinfo=SHANGHAI)
        case Leap.QUARTER:
            end = _evening_of(quarter(now.date()).last)
            return end if end > now else _evening_of(quarter(end.date() + timedelta(days=1)).last)


def _evening_of(day: date) -> datetime:
    return datetime.combine(day, EVENING, tzinfo=SHANGHAI)


def next_stop(now: datetime) -> datetime:
    """The next local time at which a rule may open or close."""
    today = (datetime.combine(now.date(), at, tzinfo=SHANGHAI) for at in sorted(STOPS))
    tomorrow = datetime.combine(now.date() + timedelta(days=1), min(STOPS), tzinfo=SHANGHAI)
    return next((at for at in today if at > now), tomorrow)


class Passing:
    """The one hand on the clock of a demo; one move at a time."""

    def __init__(self, world: World, clock: Clock, ticks: Ticks, settle: Callable[[], Awaitable[object]]) -> None:
        self._world, self._clock, self._ticks, self._settle = world, clock, ticks, settle
        self._task: asyncio.Task[None] | None = None
        self._wanted = True
        self._stop: datetime | None = None
        self._found: Collection[str] = ()

    @property
    def moving(self) -> bool:
        """Whether the clock is on its way."""
        return self._task is not None and not self._task.done()

    def begin(self, to: datetime) -> None:
        """Set out for an instant. Refused: ``clock_moving``, ``clock_back``, ``clock_far``."""
        now = self._clock.now()
        if self.moving:
            raise WorldError("clock_moving")
        if to <= now:
            raise WorldError("clock_back")
        if to - now > FARTHEST:
            raise WorldError("clock_far")
        self._wanted, self._stop = True, None
        self._task = asyncio.create_task(self._move(to.astimezone(SHANGHAI)), name="sandbox-clock")

    async def pass_to(self, to: datetime) -> None:
        """Move and wait until the clock is there; nothing happens if it is there already."""
        if to > self._clock.now():
            self.begin(to)
            await self._arrived()

    def halt(self) -> None:
        """Stay at the next stop; what has come by then has come."""
        self._wanted = False

    async def _arrived(self) -> None:
        if self._task is not None:
            await self._task

    async def stop(self) -> None:
        """The demo ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _move(self, to: datetime) -> None:
        since = self._clock.now()
        try:
            while self._wanted and (now := self._clock.now()) < to:
                await self._step(now, min(next_stop(now), to), since, to)
        except Exception as error:
            logger.opt(exception=error).error("the clock of the rehearsal could not be moved on")
        self._world.tell_time(TimeMoved(since, self._clock.now(), None))

    async def _step(self, now: datetime, stop: datetime, since: datetime, to: datetime) -> None:
        """To the next minute that brings something, or to the stop; each tick alone, so that one sees its lines."""
        known = self._found if self._stop == stop else None
        at, names = await self._ticks.next_due(now, stop, known)
        self._stop, self._found = stop, names
        urgent, rest = await self._ticks.urgent(now), URGENT
        while urgent and now + rest < at:
            now += rest
            rest = min(rest * 2, LONGEST_REST)
            if await self._strike(now, urgent, since, to, held=False):
                return
        if not await self._strike(at, names, since, to):
            self._world.tell_time(TimeMoved(since, at, to))

    async def _strike(
        self, at: datetime, names: Collection[str], since: datetime, to: datetime, *, held: bool = True
    ) -> bool:
        """Let these ticks strike, after what the night ``held`` back went out; whether anything was said."""
        self._clock.move_to(at)
        said = await self._said_since(self._world.last_change) if held else ()
        told = [Due(at, "", said)] if said else []
        for name in names:
            before = self._world.last_change
            if await self._ticks.strike(at, [name]) and (said := await self._said_since(before)):
                told.append(Due(at, name, said))
        for due in told:
            self._world.tell_time(TimeMoved(since, at, to, due))
        return bool(told)

    async def _said_since(self, change: int) -> tuple[Line, ...]:
        await self._settle()
        bot, changes = self._world.roster.bot_number, self._world.changes_after(change) or ()
        lines = [change.what.line for change in changes if isinstance(change.what, Said)]
        return tuple(line for line in lines if line.sender == bot)
