"""The one place that reads the clock; everything else is handed a ``Clock`` or a ``now``."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""All local dates and quiet hours are those of this zone (requirements section 7)."""


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
        return (datetime.now(UTC) + self._shift).astimezone(SHANGHAI)

    def move_to(self, instant: datetime | None) -> None:
        """Go on from another instant, or from the real one (None): rehearsals play their history with it."""
        self._shift = (instant - datetime.now(UTC)) if instant is not None else timedelta()

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
