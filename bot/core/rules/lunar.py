"""农历: lunar months and days, and the solar terms; nothing else imports the package behind it (requirements 7.2, 7.4).

It loads when first asked, not at start.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

TERMS: Final = (
    "小寒", "大寒", "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至",
    "小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至",
)  # fmt: skip
"""节气 from January on: two a month, each in the same few days of every year."""
_JULIAN: Final = 1_721_424.5
"""The Julian day at which day 0 of ``date.toordinal`` begins."""


@dataclass(frozen=True, slots=True)
class LunarMonth:
    """农历月: its number, whether it is the leap one, its first day and its length."""

    month: int
    leap: bool
    first: date
    days: int


@dataclass(frozen=True, slots=True)
class LunarDay:
    """农历日: year (that of its 正月初一), month, whether that is the leap one, and day."""

    year: int
    month: int
    leap: bool
    day: int


@lru_cache(maxsize=128)
def lunar_months(year: int) -> tuple[LunarMonth, ...]:
    """The 12 or 13 months of the lunar year that begins in ``year``."""
    from lunar_python import LunarYear

    return tuple(
        LunarMonth(abs(one.getMonth()), one.getMonth() < 0, _date(one.getFirstJulianDay()), one.getDayCount())
        for one in LunarYear.fromYear(year).getMonths()
        if one.getYear() == year
    )


def lunar_date(year: int, month: int, day: int, *, leap: bool = False) -> date | None:
    """The date of a lunar day; None where that month has no such day, or the year no such leap month."""
    for one in lunar_months(year):
        if (one.month, one.leap) == (month, leap) and 1 <= day <= one.days:
            return one.first + timedelta(days=day - 1)
    return None


def lunar_day(day: date) -> LunarDay:
    """The lunar day of a date."""
    year = day.year if day >= lunar_months(day.year)[0].first else day.year - 1
    of_year = [one for one in lunar_months(year) if one.first <= day][-1]
    return LunarDay(year, of_year.month, of_year.leap, (day - of_year.first).days + 1)


def new_year(year: int) -> date:
    """春节: 正月初一."""
    return lunar_months(year)[0].first


def new_years_eve(year: int) -> date:
    """除夕 in this calendar year: the day before 正月初一, never "12/30" (requirements 7.2)."""
    return new_year(year) - timedelta(days=1)


@lru_cache(maxsize=1024)
def solar_term(year: int, name: str) -> date:
    """The day of one of ``TERMS``."""
    from lunar_python import LunarYear

    # The package's table begins with 冬至 of the year before, preceded by 大雪.
    days = LunarYear.fromYear(year).getJieQiJulianDays()
    found = [_date(day) for day in days]
    return found[TERMS.index(name) + 2]


def _date(julian: float) -> date:
    return date.fromordinal(max(1, min(int(julian - _JULIAN), date.max.toordinal())))
