"""日期: dates of the calendar, with what they would be if they are over; for ``days`` and ``lunar_days``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import NoTime, Why
from bot.core.rules.workdays import Workdays

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
RECENT: Final = timedelta(days=60)
"""A date without a year that is over for no longer than this is asked: next year's, or a slip?"""


@dataclass(frozen=True, slots=True)
class Day:
    """哪一天: the days it may be, and ``then``, what it is if the first is over.

    ``why`` is set where it must be asked in any case; ``today`` where it must be asked if the hour is still ahead.
    """

    options: tuple[date, ...] = ()
    why: Why | None = None
    then: date | None = None
    today: bool = False
    refused: NoTime | None = None
    estimated: bool = False
    weekday: bool = False
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """一段日子: a week, month, quarter or year in which a day is named."""

    first: date
    last: date
    then: Callable[[], "Scope"] | None = None
    """The next one, where it was not said which."""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class DateReader:
    """读日期: reads dates for one moment."""

    now: datetime
    workdays: Workdays
    past: bool = False
    """Whether the day is over: 周五 is the last one, and ``then`` the one before it."""

    @property
    def today(self) -> date:
        return self.now.date()

    def _year(self, said: str) -> int:
        ahead = {"今": 0, "明": 1, "后": 2, "来": 1, "去": -1, "前": -2}.get(said[0])
        if ahead is not None:
            return self.today.year + ahead
        year = number(said.partition("年")[0]) or 0
        return year if year > 99 else 2000 + year

    def _dated(self, year: int | None, month: int, day: int) -> Day:
        if not 1 <= month <= 12 or day < 1:
            return Day(refused=NoTime.NO_SUCH_DAY)
        if year is not None:
            found = date_of(year, month, day)
            return Day((found,)) if found else self._no_such(year, month, day)
        this = date_of(self.today.year, month, day)
        if self.past:
            return self._last_dated(month, day)
        if (month, day) == (2, 29):
            return self._leap_day()
        if this is None:
            return self._no_such(self.today.year, month, day)
        following = date(this.year + 1, month, day)
        if this >= self.today:
            return Day((this,), then=following)
        return Day((following,), Why.YEAR if self.today - this <= RECENT else None)

    def _last_dated(self, month: int, day: int) -> Day:
        """The latest such date that is not to come."""
        found = [date_of(self.today.year - ago, month, day) for ago in range(9)]
        over = [one for one in found if one is not None and one <= self.today]
        return Day((over[0],), then=over[1] if len(over) > 1 else None) if over else Day(refused=NoTime.NO_SUCH_DAY)

    def _turned(self, day: date) -> date:
        """A day of this week, or of the next or last one if it is over or to come."""
        if self.past:
            return day if day <= self.today else day - WEEK
        return day if day >= self.today else day + WEEK

    def _leap_day(self) -> Day:
        """29 February: where the next February has none, its end may be meant."""
        february = date(self.today.year, 2, 1)
        if month_end(february) < self.today:
            february = date(self.today.year + 1, 2, 1)
        end = month_end(february)
        if end.day == 29:
            return Day((end,))
        leap = next(year for year in range(end.year, end.year + 9) if date_of(year, 2, 29))
        return Day((date(leap, 2, 29), end), Why.SHORT_MONTH)

    def _no_such(self, year: int, month: int, day: int) -> Day:
        last = month_end(date(year, month, 1))
        if last < self.today:
            last = month_end(date(year + 1, month, 1))
        near = (last, last + DAY) if day <= 31 else ()
        return Day(near, refused=NoTime.NO_SUCH_DAY)

    def _day_of_month(self, day: int, scope: Scope | None) -> Day:
        if not 1 <= day <= 31:
            return Day(refused=NoTime.NO_SUCH_DAY)
        if scope is not None and (scope.last - scope.first).days < 31:
            found = date_of(scope.first.year, scope.first.month, day)
            return Day((found,)) if found else self._no_such(scope.first.year, scope.first.month, day)
        first = self.today.replace(day=1)
        found = date_of(first.year, first.month, day)
        if self.past:
            firsts = [months_before(first, ago) for ago in range(4)]
            over = [one for at in firsts if (one := date_of(at.year, at.month, day)) and one <= self.today]
            return Day((over[0],), then=over[1])
        following = month_end(first) + DAY
        if found is None and day > self.today.day:
            later = date_of(following.year, following.month, day)
            return Day(tuple(one for one in (later, month_end(first)) if one), Why.SHORT_MONTH)
        then = date_of(following.year, following.month, day)
        if found is not None and found >= self.today:
            return Day((found,), then=then)
        if then is None:
            after = month_end(following) + DAY
            options = (date_of(after.year, after.month, day), month_end(following))
            return Day(tuple(one for one in options if one), Why.SHORT_MONTH)
        return Day((then,))


def date_of(year: int, month: int, day: int) -> date | None:
    """The date; None if there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_end(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def days_of(first: date, last: date) -> list[date]:
    """Every day from one to another."""
    return [first + n * DAY for n in range((last - first).days + 1)]


def months_before(first: date, ago: int) -> date:
    """The first day of the month so many months before."""
    for _ in range(ago):
        first = (first - DAY).replace(day=1)
    return first


def stretch(year: int, month0: int, length: int) -> Scope:
    """``length`` months from the one that is ``month0`` months after January."""
    first = date(year + month0 // 12, month0 % 12 + 1, 1)
    end = month0 + length - 1
    return Scope(first, month_end(date(year + end // 12, end % 12 + 1, 1)))


def at_edge(edge: str, scope: Scope) -> Day:
    """The day at the beginning or the end of a stretch."""
    if edge in ("底", "末"):
        return Day((scope.last,))
    return Day((scope.first,) if edge == "初" else (), Why.VAGUE)


def nth(days: list[date], n: str, back: str, *, first: bool) -> Day:
    """The n-th of some days, from the end by ``back``."""
    at = 0 if first else (number(n) or 0) - 1 if n else -(number(back) or 1 if back else 1)
    if not -len(days) <= at < len(days):
        return Day(refused=NoTime.NO_SUCH_DAY)
    return Day((days[at],))


def together(day: Day, other: Day) -> Day:
    """A date and its weekday, or two days that do not fit each other."""
    if other.weekday and day.options and len(day.options) == 1 and day.why is None:
        (at,) = day.options
        wanted = other.options[0].weekday()
        if at.weekday() == wanted:
            return day
        return Day((at, at + (wanted - at.weekday()) * DAY), Why.CONFLICT)
    if day.weekday and other.options and not other.weekday:
        return together(other, day)
    if day.options == other.options:
        return day
    return Day(tuple(dict.fromkeys((*day.options, *other.options))), Why.SEVERAL)
