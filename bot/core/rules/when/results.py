"""读出的时间: what a reader makes of the time in a text; nothing is ever guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HourGiven(StrEnum):
    """钟点的来历: said; by the part of the day that was said (晚上 20:00); or by default, and the receipt says so."""

    SAID = "said"
    PART = "part"
    DEFAULT = "default"


class Why(StrEnum):
    """为什么要问: what has two usual readings, or is missing."""

    HALF_OF_DAY = "half_of_day"
    """6, 7 or 8 o'clock without 早 or 晚."""
    HOUR_MISSING = "hour_missing"
    DAY_MISSING = "day_missing"
    WEEKDAY_TODAY = "weekday_today"
    """周三 said on a Wednesday."""
    WEEK = "week"
    """这周 and 下周 said on a Sunday; 下个周五."""
    WEEKEND = "weekend"
    MIDNIGHT = "midnight"
    """周五晚上12点: the beginning or the end of that day."""
    AFTER_MIDNIGHT = "after_midnight"
    """明天 said just after midnight."""
    NIGHT = "night"
    """明天半夜两点: before that day or after it."""
    TWO_CUSTOMS = "two_customs"
    """小年: the 23rd in the north, the 24th in the south."""
    TWO_CALENDARS = "two_calendars"
    """八月十五: solar or lunar."""
    CONFLICT = "conflict"
    """A date and a weekday that do not fit each other."""
    SEVERAL = "several"
    """周五或周六."""
    LIMIT = "limit"
    """月底前: a limit, no time."""
    VAGUE = "vague"
    """过一会儿."""
    YEAR = "year"
    """11月20日 said on 25 November: next year's, or a slip."""
    SHORT_MONTH = "short_month"
    """29号 in a February of 28 days."""
    INTERVAL = "interval"
    """每隔两周: every two weeks or every three."""


class NoTime(StrEnum):
    """为什么不行: what cannot be a time, or not one of ours."""

    NO_SUCH_DAY = "no_such_day"
    NO_SUCH_HOUR = "no_such_hour"
    CONTRADICTION = "contradiction"
    """早上20点."""
    PAST = "past"
    TO_COME = "to_come"
    """Tomorrow, where what is told is over."""
    NOT_SAID = "not_said"
    """改天, 有空的时候."""
    REPEATS = "repeats"
    """每周五, where one time is wanted."""
    TOO_OFTEN = "too_often"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Exact:
    """明确的时间: one instant, whether its hour was said, and the end where one was said.

    ``estimated``: it hangs on a workday that is only worked out (预计), so that it may still move.
    """

    at: datetime
    hour: HourGiven = HourGiven.SAID
    end: datetime | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """有两种读法: what it may mean, the more usual first; ``readings`` may be one, or none where only ``why`` helps."""

    readings: tuple[Exact, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class Refused:
    """读不成的时间: why, and the nearest right ones."""

    code: NoTime
    nearest: tuple[Exact, ...] = ()


Reading = Exact | Ambiguous | Refused


@dataclass(frozen=True, slots=True)
class Found:
    """句子里的时间: what was read, and where its words stand in the text; ``rest`` is the text without them."""

    reading: Reading
    spans: tuple[tuple[int, int], ...]
    text: str

    @property
    def rest(self) -> str:
        """The text without the words of the time."""
        return without(self.text, self.spans)


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text without some parts, single spaces where they stood."""
    kept: list[str] = []
    last = 0
    for start, end in spans:
        kept.append(text[last:start])
        last = end
    kept.append(text[last:])
    return " ".join(part for part in (one.strip(" \u3000,，、。;；") for one in kept) if part)
