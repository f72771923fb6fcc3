"""The bot with a wall clock that can be set from outside: it adds the seconds in ``clock.offset`` of its folder.

Ticks come every half second, and a suspicion lasts four, so that a test need not wait for ten minutes.
"""

import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import bot.clock
import bot.schedule.runner
from bot.cli import main

OFFSET = "clock.offset"


class Settable(datetime):
    """``now`` is what somebody set the machine's clock to."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        try:
            seconds = float(Path(OFFSET).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            seconds = 0.0
        return super().now(tz) + timedelta(seconds=seconds)


if __name__ == "__main__":
    bot.clock.datetime = Settable  # type: ignore[misc]
    bot.clock.SUSPECT_FOR = timedelta(seconds=4)  # type: ignore[misc]
    bot.schedule.runner.TICK_SECONDS = 0.5  # type: ignore[misc]
    sys.argv = ["zhixin", "run"]
    main()
