"""诚信提示: which entries a person should look at (P39); nothing is punished by the program."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.windows import Window

BURST: Final = 3
"""So many entries before this one within ``BURST_WITHIN``: more than three in ten minutes."""
BURST_WITHIN: Final = timedelta(minutes=10)
ALIKE: Final = 90
"""Per cent of likeness from which two texts are nearly the same."""
LAST_DAYS: Final = timedelta(days=3)
"""The end of a window, in which entries crowd."""
CROWD: Final = 3
"""So many entries in these days, and at least half of all of the window, are a crowd."""
RUN: Final = 4
"""Activities in a row that are looked at together."""


class Note(StrEnum):
    """诚信提示: what a person should look at."""

    LATE = "late"
    """补录."""
    BURST = "burst"
    """Many entries in a few minutes."""
    ALIKE = "alike"
    """Nearly the words of another one."""
    SAME_TIME = "same_time"
    """In the same minute as another one."""
    PERIOD_END = "period_end"
    """Most of the window was entered in its last days."""
    SAME_YOUTHS = "same_youths"
    """Nobody but the same youths, several times in a row."""
    NO_FOLLOW_UP = "no_follow_up"
    """Several times in a row nobody was met again, and nothing was said of what follows."""


@dataclass(frozen=True, slots=True)
class Held:
    """办过的一次: an activity that counts: who said that they took part, and whether its process says what follows."""

    youths: frozenset[int] = field(repr=False)
    goes_on: bool


def crowds_the_end(entered: Sequence[date], window: Window) -> bool:
    """Whether entries of this window crowd in its last days; ``entered``: the day of each, the newest one among them.

    What is entered after the window is as late as what is entered on its last day.
    """
    last = [day for day in entered if day > window.last - LAST_DAYS]
    return len(last) >= CROWD and 2 * len(last) >= len(entered)


def same_youths(row: Sequence[Held]) -> bool:
    """Whether in the last ``RUN`` of these nobody came but those who were at one of them."""
    seen = [one.youths for one in row[-RUN:]]
    return len(seen) == RUN and all(seen) and len(frozenset[int]().union(*seen)) == max(map(len, seen))


def no_follow_up(row: Sequence[Held]) -> bool:
    """Whether in the last ``RUN`` of these nobody was met again, and none says what follows."""
    seen = [one.youths for one in row[-RUN:]]
    if len(seen) < RUN or not all(seen) or any(one.goes_on for one in row[-RUN:]):
        return False
    return len(frozenset[int]().union(*seen)) == sum(map(len, seen))


def in_order(found: set[Note]) -> tuple[Note, ...]:
    """As they are shown and kept."""
    return tuple(note for note in Note if note in found)
