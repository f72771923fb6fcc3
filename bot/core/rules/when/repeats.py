"""重复的时间: when something comes again and when next; in local wall time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.core.rules.when.day_rules import (
    DAY,
    LAST_YEAR,
    DayRule,
    EveryWorkday,
    Lunar,
    MonthDays,
    Monthly,
    NthWorkday,
    Shift,
)
from bot.core.rules.when.results import HourGiven, NoTime, Why, without
from bot.core.rules.workdays import Certainty, Workdays

MAX_COUNT: Final = 1000
MOST_EMPTY: Final = 20_000
"""Days that are looked at for the next occurrence: no rule of ours is silent for longer."""


@dataclass(frozen=True, slots=True)
class Interval:
    """每几分钟: every so many minutes, counted from one occurrence."""

    minutes: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Occurrence:
    """一次: the instant, and whether it hangs on a workday that is only worked out (预计): then it may still move."""

    at: datetime
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """重复: a rule of days and an hour, from a day on, until a day or so many times; ``begins`` is when it was set."""

    rule: DayRule | Interval
    at: time
    begins: datetime
    shift: Shift | None = None
    since: date | None = None
    until: date | None = None
    count: int | None = None
    hour: HourGiven = field(default=HourGiven.SAID, compare=False)

    @property
    def shortens(self) -> bool:
        """Whether some months have no such day and take their last one: the receipt says so."""
        rule = self.rule
        if isinstance(rule, Lunar):
            return max(rule.dates) > 29
        if not isinstance(rule, Monthly) or not isinstance(rule.pick, MonthDays):
            return False
        shortest = min(28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31 for month in rule.months)
        return max(rule.pick.days) > shortest

    def after(self, moment: datetime, workdays: Workdays) -> Occurrence | None:
        """The next occurrence, strictly later than ``moment``; None if it has ended."""
        if self.count is None:
            return next(self._from(moment, workdays), None)
        for at, found in enumerate(self._from(self.begins, workdays)):
            if at >= self.count:
                return None
            if found.at > moment:
                return found
        return None

    def coming(self, moment: datetime, workdays: Workdays, most: int) -> list[Occurrence]:
        """The next occurrences, at most so many."""
        found: list[Occurrence] = []
        while len(found) < most and (one := self.after(moment, workdays)) is not None:
            found.append(one)
            moment = one.at
        return found

    def _from(self, moment: datetime, workdays: Workdays) -> Iterator[Occurrence]:
        for found in self._endless(moment, workdays):
            if self.until is not None and found.at.date() > self.until:
                return
            yield found

    def _endless(self, moment: datetime, workdays: Workdays) -> Iterator[Occurrence]:
        if isinstance(self.rule, Interval):
            yield from _ticks(self.rule, moment)
            return
        start = moment.date() if self.since is None else max(moment.date(), self.since)
        reach = 0 if self.shift is None else abs(self.shift.by) * (3 if self.shift.workdays else 1) + 20
        for base in self.rule.days(start - reach * DAY, workdays):
            if (base - start).days > MOST_EMPTY:
                return
            day = self.shift.moved(base, workdays) if self.shift else base
            at = datetime.combine(day, self.at, tzinfo=moment.tzinfo)
            if at > moment and (self.since is None or day >= self.since):
                yield Occurrence(at, self._estimated(base, day, workdays))

    def _estimated(self, base: date, day: date, workdays: Workdays) -> bool:
        if self.shift is not None and self.shift.workdays:
            return workdays.estimated(min(base, day), max(base, day))
        if isinstance(self.rule, EveryWorkday):
            return workdays.day(day).certainty is Certainty.ESTIMATED
        if isinstance(self.rule, Monthly) and isinstance(self.rule.pick, NthWorkday):
            first = base.replace(day=1)
            return workdays.estimated(first, (first + 31 * DAY).replace(day=1) - DAY)
        return False


def _ticks(rule: Interval, moment: datetime) -> Iterator[Occurrence]:
    step = timedelta(minutes=rule.minutes)
    behind = max(0, (moment - rule.since) // step + 1)
    at = rule.since + behind * step
    while at.year < LAST_YEAR:
        yield Occurrence(at)
        at += step


@dataclass(frozen=True, slots=True)
class AmbiguousRepeat:
    """有两种读法的重复: what it may mean, the more usual first; none where only ``why`` helps."""

    readings: tuple[Repeat, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class RefusedRepeat:
    """读不成的重复: why, and the nearest right ones."""

    code: NoTime
    nearest: tuple[Repeat, ...] = ()


RepeatReading = Repeat | AmbiguousRepeat | RefusedRepeat


@dataclass(frozen=True, slots=True)
class FoundRepeat:
    """句子里的重复: what was read, and where its words stand in the text; ``rest`` is the text without them."""

    reading: RepeatReading
    spans: tuple[tuple[int, int], ...]
    text: str

    @property
    def rest(self) -> str:
        """The text without the words of the time."""
        return without(self.text, self.spans)
