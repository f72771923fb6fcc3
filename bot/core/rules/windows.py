"""周期: windows of the calendar that duties count in, and the days on which they are due (A1, A6, A11; R3.4, R6.12)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.core.rules.lunar import new_year
from bot.core.rules.workdays import Workdays

_DAY: Final = timedelta(days=1)
LAST_WEEK: Final = 7
"""Days of a quarter's last week (A6)."""
SERVICE_MONTH_FROM: Final = (12, 20)
"""集中服务青年月 begins on this day and ends on 元宵节 (A11)."""
STORIES_DUE: Final = (11, 30)
"""Month and day by which candidates for 最美青春故事 go to the League's centre (R3.4)."""


@dataclass(frozen=True, slots=True)
class Window:
    """周期: calendar pairs of months or quarters; first and last day (A1)."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def months_window(day: date, months: int) -> Window:
    """The window of so many calendar months that ``day`` is in, counted from January: pairs, quarters, halves."""
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    behind = first.month + months
    following = date(first.year + behind // 13, (behind - 1) % 12 + 1, 1)
    return Window(first, following - _DAY)


def quarter(day: date) -> Window:
    """The quarter that ``day`` is in."""
    return months_window(day, 3)


def last_week_of_quarter(day: date) -> Window:
    """The last 7 calendar days of the quarter that ``day`` is in (A6)."""
    last = quarter(day).last
    return Window(last - (LAST_WEEK - 1) * _DAY, last)


def report_due(day: date, workdays: Workdays) -> date:
    """The last workday in the last week of the quarter that ``day`` is in: then its report is due (R6.12, A6)."""
    return workdays.last_on_or_before(quarter(day).last)


def workdays_before_due(due: date, ns: tuple[int, ...], workdays: Workdays) -> tuple[date, ...]:
    """So many workdays before something is due: T-14, T-7, T-3, T-1."""
    return tuple(workdays.before(due, n) for n in ns)


def service_month(day: date) -> Window:
    """集中服务青年月: the one that ``day`` is in, or the next one to come (R3.5, A11)."""
    for year in (day.year - 1, day.year):
        last = new_year(year + 1) + 14 * _DAY
        if day <= last:
            return Window(date(year, *SERVICE_MONTH_FROM), last)
    raise ValueError("no day is after the service month that begins in its own year")


def stories_due(year: int, workdays: Workdays) -> date:
    """The last workday on or before 30 November (R3.4)."""
    return workdays.last_on_or_before(date(year, *STORIES_DUE))
