"""工作日: which days are worked, how sure that is, and how deadlines count (requirements 7.3; P39, R6.12).

Nothing else imports the package of official days, and it loads when first asked, not at start.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bot.core.rules.lunar import lunar_date, new_years_eve, solar_term

SATURDAY: Final = 5
OFFICE_FROM: Final = time(9)
OFFICE_TO: Final = time(18)
"""Between these on workdays somebody in office may be reminded (requirements 7.3, 7.6)."""
_DAY: Final = timedelta(days=1)
MISSING_FROM: Final = (11, 15)
"""Month and day from which a missing next year is worth a warning (requirements 7.3)."""

NEW_YEAR, SPRING, TOMB, LABOUR, DRAGON, AUTUMN, NATIONAL = (
    "元旦",
    "春节",
    "清明节",
    "劳动节",
    "端午节",
    "中秋节",
    "国庆节",
)
_OFFICIAL_NAMES: Final[Mapping[str, str]] = {
    "New Year's Day": NEW_YEAR,
    "Spring Festival": SPRING,
    "Tomb-sweeping Day": TOMB,
    "Labour Day": LABOUR,
    "Dragon Boat Festival": DRAGON,
    "Mid-autumn Festival": AUTUMN,
    "National Day": NATIONAL,
}


class DayKind(StrEnum):
    """日子类型: what a day is for those who work Monday to Friday; in lieu of a statutory day is rest."""

    WORKDAY = "workday"
    REST = "rest"
    STATUTORY = "statutory"
    MAKEUP_WORKDAY = "makeup_workday"


class Certainty(StrEnum):
    """可靠程度: from the State Council's notice, from this installation's table, or worked out by the rule (预计)."""

    OFFICIAL = "official"
    OVERRIDE = "override"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class DayInfo:
    """一天: its kind, the holiday it belongs to (empty on an ordinary day) and how sure that is."""

    kind: DayKind
    name: str
    certainty: Certainty

    @property
    def worked(self) -> bool:
        """Whether people work."""
        return self.kind in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY)


class Workdays:
    """工作日: the table of this installation wins, then the official years, then the rule (requirements 7.3)."""

    __slots__ = ("_overrides", "_years")

    def __init__(self, overrides: Mapping[date, DayInfo] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._years = frozenset(day.year for day, info in self._overrides.items() if not info.worked)

    def day(self, day: date) -> DayInfo:
        """What this day is; never fails, whatever year it is."""
        own = self._overrides.get(day)
        if own is not None:
            return own
        certainty, special = _year(day.year)
        found = special.get(day)
        if found is not None:
            return found
        if (
            certainty is Certainty.ESTIMATED and day.year in self._years
        ):  # its notice is in the table, so this day is sure
            certainty = Certainty.OVERRIDE
        return DayInfo(DayKind.REST if day.weekday() >= SATURDAY else DayKind.WORKDAY, "", certainty)

    def is_workday(self, day: date) -> bool:
        """Whether people work on this day."""
        return self.day(day).worked

    def in_office_hours(self, now: datetime) -> bool:
        """Whether somebody in office may be reminded at this instant: on a workday from 09:00 to 18:00."""
        return OFFICE_FROM <= now.time() < OFFICE_TO and self.is_workday(now.date())

    def after(self, start: date, n: int) -> date:
        """The n-th workday after ``start``, which itself is not counted; 0 is ``start``."""
        if n < 0:
            raise ValueError("counts forward only")
        day = start
        while n:
            day += _DAY
            n -= self.is_workday(day)
        return day

    def before(self, end: date, n: int) -> date:
        """The n-th workday before ``end``, which itself is not counted; 0 is ``end``."""
        if n < 0:
            raise ValueError("counts backward only")
        day = end
        while n:
            day -= _DAY
            n -= self.is_workday(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many workdays there are from ``first`` to ``last``, both included."""
        return sum(self.is_workday(day) for day in _days(first, last))

    def last_on_or_before(self, day: date) -> date:
        """The last workday on or before ``day``: deadlines of submissions move earlier (requirements 7.3)."""
        while not self.is_workday(day):
            day -= _DAY
        return day

    def estimated(self, first: date, last: date) -> bool:
        """Whether a day of this span is only worked out (预计), so that a count over it may still change."""
        return any(self.day(day).certainty is Certainty.ESTIMATED for day in _days(first, last))

    def missing_year(self, today: date) -> int | None:
        """The year whose official days the operator should see to: this one, or from 15 November on the next one."""
        if not self.knows(today.year):
            return today.year
        if (today.month, today.day) >= MISSING_FROM and not self.knows(today.year + 1):
            return today.year + 1
        return None

    def knows(self, year: int) -> bool:
        """Whether the official days of this year are known, by the notice or by this installation's table."""
        return year in self._years or _year(year)[0] is Certainty.OFFICIAL


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY


@lru_cache(maxsize=64)
def _year(year: int) -> tuple[Certainty, Mapping[date, DayInfo]]:
    """How sure a year is, and its days that are no ordinary workday or weekend."""
    official = _official(year)
    return (Certainty.ESTIMATED, _estimated(year)) if official is None else (Certainty.OFFICIAL, official)


def _official(year: int) -> dict[date, DayInfo] | None:
    """The days of the State Council's notice; None outside the package's years."""
    import chinese_calendar

    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return None
    by_law = _statutory(year)
    found: dict[date, DayInfo] = {}
    for table, worked in ((chinese_calendar.holidays, False), (chinese_calendar.workdays, True)):
        for day, english in table.items():
            if day.year != year:
                continue
            own = DayKind.STATUTORY if day in by_law else DayKind.REST
            kind = DayKind.MAKEUP_WORKDAY if worked else own
            name = by_law.get(day) or _OFFICIAL_NAMES.get(english) or english
            found[day] = DayInfo(kind, name, Certainty.OFFICIAL)
    return found


def _estimated(year: int) -> dict[date, DayInfo]:
    """By the rule of 全国年节及纪念日放假办法: a clash with a weekend moves to the next workdays; none is made up."""
    by_law = _statutory(year)
    found = {day: DayInfo(DayKind.STATUTORY, name, Certainty.ESTIMATED) for day, name in by_law.items()}
    for day in sorted(by_law):
        if day.weekday() < SATURDAY:
            continue
        lieu = day
        while lieu in found or lieu.weekday() >= SATURDAY:
            lieu += _DAY
        found[lieu] = DayInfo(DayKind.REST, by_law[day], Certainty.ESTIMATED)
    return found


def _lunar(year: int, month: int, day: int) -> date:
    found = lunar_date(year, month, day)
    if found is None:
        raise ValueError("no such lunar day")
    return found


def _statutory(year: int) -> dict[date, str]:
    """The statutory days as in force since 2025; two that fall on one day share it (2031-10-01)."""
    festivals = (
        (NEW_YEAR, date(year, 1, 1), 1),
        (SPRING, new_years_eve(year), 4),
        (TOMB, solar_term(year, "清明"), 1),
        (LABOUR, date(year, 5, 1), 2),
        (DRAGON, _lunar(year, 5, 5), 1),
        (NATIONAL, date(year, 10, 1), 3),
        (AUTUMN, _lunar(year, 8, 15), 1),
    )
    found: dict[date, str] = {}
    for name, first, count in festivals:
        for day in _days(first, first + (count - 1) * _DAY):
            found[day] = f"{found[day]}、{name}" if day in found else name
    return found
