"""摘要的日子: on which mornings somebody in office hears what is worth doing (R2.9, R2.10, R6.12)."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.five_ones import CADRE_QUOTAS
from bot.core.rules.people import CadreKind
from bot.core.rules.windows import Window, last_week_of_quarter, quarter, report_due, workdays_before_due
from bot.core.rules.workdays import Workdays

LAST_DAYS: Final = 7
"""Days of a window's last week."""
WEEKS_LEFT: Final = (3, 1)
"""Weeks before the end of a quarter in which an organ is told."""
REPORT_AHEAD: Final = (14, 7, 3, 1)
"""Workdays before the report is due."""
_DAY: Final = timedelta(days=1)


class Occasion(StrEnum):
    """摘要的由头: why today."""

    HALF = "half"
    THREE_QUARTERS = "three_quarters"
    LAST_WEEK = "last_week"
    """Of the window, or of the quarter, in which everybody with unfinished entries is told (R6.12)."""
    MIDDLE = "middle"
    WEEKS_LEFT = "weeks_left"
    REPORT = "report"


def cadre_days(kind: CadreKind | None, on: date, workdays: Workdays) -> dict[date, Occasion]:
    """The mornings of the windows that ``on`` is in: a part-time cadre hears only near the end of the quarter."""
    rule = CADRE_QUOTAS[kind or CadreKind.PART_TIME]
    window = rule.window(on)
    found = {_worked(last_week_of_quarter(on), workdays): Occasion.LAST_WEEK}
    found[_worked(Window(window.last - (LAST_DAYS - 1) * _DAY, window.last), workdays)] = Occasion.LAST_WEEK
    if (kind or CadreKind.PART_TIME) is not CadreKind.PART_TIME:
        for quarters, occasion in ((2, Occasion.HALF), (3, Occasion.THREE_QUARTERS)):
            day = window.first + _length(window) * quarters // 4 * _DAY
            found.setdefault(_worked(Window(day, window.last), workdays), occasion)
    return found


def organ_days(on: date, workdays: Workdays) -> dict[date, Occasion]:
    """The mornings of an organ's quarter: its middle, three weeks and one week before its end."""
    window = quarter(on)
    middle = window.first + _length(window) // 2 * _DAY
    found = {_worked(Window(middle, window.last), workdays): Occasion.MIDDLE}
    for weeks in WEEKS_LEFT:
        found[_worked(Window(window.last - (weeks * 7 - 1) * _DAY, window.last), workdays)] = Occasion.WEEKS_LEFT
    return found


def reporter_days(on: date, workdays: Workdays) -> dict[date, Occasion]:
    """The mornings of whoever files the report of the quarter: 14, 7, 3 and 1 workdays before it is due."""
    days = workdays_before_due(report_due(on, workdays), REPORT_AHEAD, workdays)
    return dict.fromkeys(days, Occasion.REPORT)


def _length(window: Window) -> int:
    return (window.last - window.first).days + 1


def _worked(window: Window, workdays: Workdays) -> date:
    """The first workday of it, or the last one before it: nobody is told on a day of rest."""
    return next((day for day in _days(window) if workdays.is_workday(day)), workdays.last_on_or_before(window.first))


def _days(window: Window) -> Iterator[date]:
    day = window.first
    while day <= window.last:
        yield day
        day += _DAY


__all__ = ["Occasion", "cadre_days", "organ_days", "reporter_days"]
