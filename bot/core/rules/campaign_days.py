"""活动窗口的日子: days of a campaign as a file says them: by calendar, moon, sun or workdays (R3, A11)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.core.rules.lunar import TERMS, lunar_date, new_years_eve, solar_term
from bot.core.rules.workdays import Workdays

_DAY: Final = re.compile(
    r"(?:(?P<year>\d{4})-)?(?P<month>\d{2})-(?P<day>\d{2})|农历(?P<moon>\d{2})-(?P<night>\d{2})|(?P<eve>除夕)"
    rf"|(?P<term>{'|'.join(TERMS)})",
    re.ASCII,
)
_SHIFT: Final = re.compile(r"(?P<shift>[+-]\d{1,3})天|(?P<workday>工作日)", re.ASCII)
_LEAP: Final = 2028
"""A year that has every month and day there is."""


class DayWrong(ValueError):
    """写错的日子: what cannot be a day of a campaign."""


@dataclass(frozen=True, slots=True)
class DayRule:
    """日子的写法: ``05-04``, ``2027-03-01``, ``农历01-15``, ``除夕``, ``清明``.

    After it ``-14天``, or ``工作日`` for the last workday on or before. ``year`` is set where the year was written.
    """

    said: str
    base: re.Match[str]
    shift: int
    workday: bool

    @classmethod
    def read(cls, said: object) -> "DayRule":
        """Refuses with ``DayWrong``, which names what was written."""
        text = said.strip() if isinstance(said, str) else ""
        base = _DAY.match(text)
        if base is None:
            raise DayWrong(str(said))
        rest, shift, workday = text[base.end() :], 0, False
        while rest:
            found = _SHIFT.match(rest)
            if found is None or workday:
                raise DayWrong(text)
            shift += int(found["shift"] or 0)
            workday, rest = found["workday"] is not None, rest[found.end() :]
        rule = cls(text, base, shift, workday)
        try:
            rule.on(rule.year or _LEAP, Workdays())
        except ValueError:
            raise DayWrong(text) from None
        return rule

    @property
    def year(self) -> int | None:
        """The one year it is for."""
        return int(self.base["year"]) if self.base["year"] else None

    def on(self, year: int, workdays: Workdays) -> date:
        """The day in a year; a day that the month lacks in this year is its last one."""
        day = self._base(year) + timedelta(days=self.shift)
        return workdays.last_on_or_before(day) if self.workday else day

    def from_on(self, first: date, workdays: Workdays) -> date:
        """The first such day on or after ``first``: a window may go on into the next year."""
        if self.year is not None:
            return self.on(self.year, workdays)
        found = [self.on(first.year + after, workdays) for after in range(3)]
        return next(day for day in found if day >= first)

    def _base(self, year: int) -> date:
        found = self.base
        if found["eve"]:
            return new_years_eve(year)
        if found["term"]:
            return solar_term(year, found["term"])
        if found["moon"]:
            month, night = int(found["moon"]), int(found["night"])
            day = lunar_date(year, month, night) or (lunar_date(year, month, 29) if night == 30 else None)
            if day is None:
                raise ValueError("no such lunar day")
            return day
        month, day_of_month = int(found["month"]), int(found["day"])
        if (month, day_of_month) == (2, 29) and year % 4:
            day_of_month = 28
        return date(year, month, day_of_month)
