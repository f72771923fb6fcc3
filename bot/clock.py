"""The one place that reads the clock; everything else is handed a ``Clock`` or a ``now``."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""All local dates and quiet hours are those of this zone (requirements section 7)."""
MOST_APART: Final = timedelta(seconds=120)
"""How far wall and monotonic clock may drift apart between two looks (reliability section 7)."""
SUSPECT_FOR: Final = timedelta(minutes=10)
"""How long a wall clock that jumped is not believed."""


class Clock:
    """Supplies ``now`` (aware, Asia/Shanghai) and a monotonic second counter.

    ``start`` moves the clock to another instant and lets it run from there (``ZHIXIN_CLOCK``). Tests use
    ``ManualClock``.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("ZHIXIN_CLOCK needs a zone, e.g. 2026-11-25T10:00:00+08:00")
        self._shift = (start - datetime.now(UTC)) if start is not None else timedelta()

    def now(self) -> datetime:
        """The present instant, aware, in Asia/Shanghai."""
        return (datetime.now(UTC) + self._shift).astimezone(SHANGHAI) if self._shift else datetime.now(SHANGHAI)

    def move_to(self, instant: datetime | None) -> None:
        """Go on from another instant, or from the real one (None): rehearsals play their history with it."""
        self._shift = (instant - datetime.now(UTC)) if instant is not None else timedelta()

    @property
    def moved_by(self) -> timedelta:
        """How far this clock was moved on purpose; the rest of it is the machine's."""
        return self._shift

    def monotonic(self) -> float:
        """Seconds that never jump; for waiting and pacing only."""
        return time.monotonic()


class ManualClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._now = start.astimezone(SHANGHAI)
        self._mono = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._mono

    def advance(self, by: timedelta) -> datetime:
        """Move both the wall and the monotonic clock forward."""
        self._now += by
        self._mono += by.total_seconds()
        return self._now

    def jump(self, by: timedelta) -> datetime:
        """Move the wall clock alone, as when somebody sets the machine's clock."""
        self._now += by
        return self._now


class ClockWatch:
    """时钟可疑 Clock suspect: compares the wall clock with the monotonic one (reliability section 7).

    When they drift apart by more than ``MOST_APART`` at once, the wall clock is not believed for ``SUSPECT_FOR``:
    nothing is materialised or ends by itself meanwhile. It is believed again when it comes back to where it was
    expected, or when it has gone on evenly for that time. One watch is shared by all who ask.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trusted = self._seen = self._read()
        self._since: float | None = None
        self.ended = 0
        """How many suspicions are over; whoever sees it grow may mend what was written meanwhile."""

    def suspect(self) -> bool:
        """Look at both clocks; whether the wall clock is not to be believed now."""
        seen = self._read()
        if self._since is None:
            if _apart(self._trusted, seen) <= MOST_APART:
                self._trusted = seen
                return False
            self._since, self._seen = seen[1], seen
            return True
        if _apart(self._trusted, seen) <= MOST_APART:
            return self._believe(seen)
        if _apart(self._seen, seen) > MOST_APART:  # it jumped once more
            self._since = seen[1]
        elif seen[1] - self._since >= SUSPECT_FOR.total_seconds():
            return self._believe(seen)
        self._seen = seen
        return True

    def earlier(self) -> datetime:
        """Of the time told and the time expected the earlier one: by it nothing is called late too early."""
        wall, mono = self._read()
        expected = self._trusted[0] + timedelta(seconds=mono - self._trusted[1])
        return min(wall, expected) + self._clock.moved_by

    def jumped_by(self) -> timedelta:
        """How far the time told is from the time expected."""
        wall, mono = self._read()
        return wall - self._trusted[0] - timedelta(seconds=mono - self._trusted[1])

    def _believe(self, seen: "_Reading") -> bool:
        self._trusted, self._since = seen, None
        self.ended += 1
        return False

    def _read(self) -> "_Reading":
        return self._clock.now() - self._clock.moved_by, self._clock.monotonic()


_Reading = tuple[datetime, float]


def _apart(before: _Reading, now: _Reading) -> timedelta:
    return abs(now[0] - before[0] - timedelta(seconds=now[1] - before[1]))
