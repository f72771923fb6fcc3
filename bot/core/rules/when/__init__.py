"""什么时候: the times that people write, once or again and again, read without guessing (commands.md, Time words)."""

from bot.core.rules.when.results import (
    Ambiguous,
    Exact,
    Found,
    HourGiven,
    NoTime,
    Reading,
    Refused,
    Why,
)
from bot.core.rules.when.saying import say_exact, say_time
from bot.core.rules.when.single import find_time, read_time

__all__ = [
    "Ambiguous",
    "Exact",
    "Found",
    "HourGiven",
    "NoTime",
    "Reading",
    "Refused",
    "Why",
    "find_time",
    "read_time",
    "say_exact",
    "say_time",
]
