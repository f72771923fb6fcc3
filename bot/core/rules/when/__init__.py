"""什么时候: the times that people write, once or again and again, read without guessing (commands.md, Time words)."""

from bot.core.rules.when.ahead import find_ahead
from bot.core.rules.when.only import only_a_time
from bot.core.rules.when.repeating import find_repeat, read_repeat
from bot.core.rules.when.repeats import (
    AmbiguousRepeat,
    FoundRepeat,
    Occurrence,
    RefusedRepeat,
    Repeat,
    RepeatReading,
)
from bot.core.rules.when.results import Ambiguous, Exact, Found, HourGiven, NoTime, Reading, Refused, Why
from bot.core.rules.when.saying import say_exact, say_repeat, say_time
from bot.core.rules.when.single import find_time, read_time

__all__ = [
    "Ambiguous",
    "AmbiguousRepeat",
    "Exact",
    "Found",
    "FoundRepeat",
    "HourGiven",
    "NoTime",
    "Occurrence",
    "Reading",
    "Refused",
    "RefusedRepeat",
    "Repeat",
    "RepeatReading",
    "Why",
    "find_ahead",
    "find_repeat",
    "find_time",
    "only_a_time",
    "read_repeat",
    "read_time",
    "say_exact",
    "say_repeat",
    "say_time",
]
