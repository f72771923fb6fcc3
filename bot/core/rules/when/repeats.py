"""重复的时间: on which days and at which hour something comes again, and when next; in local wall time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.core.rules.lunar import lunar_months
from bot.core.rules.when.festivals import lunar_in, named_day
from bot.core.rules.when.results import HourGiven, NoTime, Why, without
from bot.core.rules.workdays import Certainty, Workdays

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
LAST_YEAR: Final = 9990
MAX_COUNT: Final = 1000
MOST_EMPTY: Final = 20_000
"""Days that are looked at for the next occurrence: no rule of ours is silent for longer."""


@dataclass(frozen=True, slots=True)
class EveryDays:
    """每几天: every so many days, counted from one on which it falls."""

    every: int
    since: date

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on."""
        behind = max(0, -(-(start - self.since).days // self.every))
        day = self.since + behind * self.every * DAY
        while day.year < LAST_YEAR:
            yield day
            day += self.every * DAY


@dataclass(frozen=True, slots=True)
class EveryWorkday:
    """每个工作日: every day on which people work."""

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on."""
        day = start
        while day.year < LAST_YEAR:
            if workdays.is_workday(day):
                yield day
            day += DAY


@dataclass(frozen=True, slots=True)
class Weekly:
    """每几周: on some weekdays (0 is Monday) of every so many weeks, counted from a Monday."""

    weekdays: tuple[int, ...]
    every: int = 1
    since: date = date(2024, 1, 1)

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on."""
        monday = start - start.weekday() * DAY
        monday += (self.since - monday).days // 7 % self.every * WEEK
        while monday.year < LAST_YEAR:
            yield from (day for day in (monday + n * DAY for n in self.weekdays) if day >= start)
            monday += self.every * WEEK


@dataclass(frozen=True, slots=True)
class MonthDays:
    """几号: days of a month; where it is shorter its last day."""

    days: tuple[int, ...]

    def within(self, first: date, last: date, workdays: Workdays) -> list[date]:
        """The days in this month."""
        return sorted({first + (min(day, last.day) - 1) * DAY for day in self.days})


@dataclass(frozen=True, slots=True)
class FromEnd:
    """倒数第几天: 1 is the last day of a month."""

    back: int

    def within(self, first: date, last: date, workdays: Workdays) -> list[date]:
        """The days in this month."""
        return [last - (self.back - 1) * DAY]


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """第几个周几: the n-th such weekday of a month, from its end if below 0; a month without a fifth is left out."""

    n: int
    weekday: int

    def within(self, first: date, last: date, workdays: Workdays) -> list[date]:
        """The days in this month."""
        days = [first + at * DAY for at in range(last.day) if (first.weekday() + at) % 7 == self.weekday]
        at = self.n - 1 if self.n > 0 else self.n
        return [days[at]] if -len(days) <= at < len(days) else []


@dataclass(frozen=True, slots=True)
class NthWorkday:
    """第几个工作日: the n-th workday of a month, from its end if below 0."""

    n: int

    def within(self, first: date, last: date, workdays: Workdays) -> list[date]:
        """The days in this month."""
        days = [day for day in (first + at * DAY for at in range(last.day)) if workdays.is_workday(day)]
        at = self.n - 1 if self.n > 0 else self.n
        return [days[at]] if -len(days) <= at < len(days) else []


MonthPick = MonthDays | FromEnd | NthWeekday | NthWorkday
ALL_MONTHS: Final = tuple(range(1, 13))


@dataclass(frozen=True, slots=True)
class Monthly:
    """每几月: a pick in each of these months; one month is once a year, every third once a quarter."""

    months: tuple[int, ...]
    pick: MonthPick

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on."""
        first = start.replace(day=1)
        while first.year < LAST_YEAR:
            following = (first + 31 * DAY).replace(day=1)
            if first.month in self.months:
                yield from (day for day in self.pick.within(first, following - DAY, workdays) if day >= start)
            first = following


@dataclass(frozen=True, slots=True)
class Lunar:
    """农历: lunar days of every month, or once a year; leap months count monthly, not yearly."""

    month: int | None
    dates: tuple[int, ...]

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on; the last of a shorter month."""
        for year in range(start.year - 1, LAST_YEAR):
            for one in lunar_months(year):
                if self.month is None or (one.month == self.month and not one.leap):
                    days = sorted({one.first + (min(day, one.days) - 1) * DAY for day in self.dates})
                    yield from (day for day in days if day >= start)


@dataclass(frozen=True, slots=True)
class NamedDay:
    """叫得出名的日子: 除夕, a solar term, 母亲节; every year."""

    name: str

    def days(self, start: date, workdays: Workdays) -> Iterator[date]:
        """The days on which it falls, from ``start`` on."""
        for year in range(start.year, LAST_YEAR):
            day = named_day(self.name, year)
            if day >= start:
                yield day


@dataclass(frozen=True, slots=True)
class Interval:
    """每几分钟: every so many minutes, counted from one occurrence."""

    minutes: int
    since: datetime


DayRule = EveryDays | EveryWorkday | Weekly | Monthly | Lunar | NamedDay


@dataclass(frozen=True, slots=True)
class Shift:
    """提前或推后: so many days or workdays after the day, before it if below 0."""

    by: int
    workdays: bool = False

    def moved(self, day: date, workdays: Workdays) -> date:
        """The day that is meant."""
        if not self.workdays:
            return day + self.by * DAY
        return workdays.after(day, self.by) if self.by > 0 else workdays.before(day, -self.by)


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


def lunar_yearly(month: int, day: int) -> bool:
    """Whether a lunar month ever has such a day."""
    return any(lunar_in(year, month, day) for year in range(2000, 2020))
