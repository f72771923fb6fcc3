"""重复的日子: rules of the days on which something falls, counted in days of the calendar, never in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.core.rules.lunar import lunar_months
from bot.core.rules.when.festivals import lunar_in, named_day
from bot.core.rules.workdays import Workdays

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
LAST_YEAR: Final = 9990


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


def lunar_yearly(month: int, day: int) -> bool:
    """Whether a lunar month ever has such a day."""
    return any(lunar_in(year, month, day) for year in range(2000, 2020))
