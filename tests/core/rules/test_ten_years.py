"""Ten years of workdays against a reckoning of their own: by the sun, the moon and the rule as it is written (7.5).

Nothing of ``bot.core.rules.lunar`` is used: solar terms and new moons are reckoned as in ``test_lunar``.
"""

from datetime import date, timedelta

import pytest

from bot.core.rules.workdays import Certainty, DayKind, Workdays
from tests.core.rules.test_lunar import longitude, new_moon

DAY = timedelta(days=1)
DAYS = Workdays()
OFFICIAL = range(2017, 2027)
AHEAD = range(2027, 2037)
EXTRA = {2020: (date(2020, 1, 31), date(2020, 2, 2))}
"""Days off that came in the middle of a year: the spring of 2020."""


def on_longitude(year: int, degrees: float, month: int) -> date:
    """The day on which the sun gets there."""
    day = date(year, month, 1)
    while not (longitude(day) - degrees + 180) % 360 - 180 <= 0 < (longitude(day + DAY) - degrees + 180) % 360 - 180:
        day += DAY
    return day


def moons(first: date, last: date) -> list[date]:
    """The days of the new moons of a span."""
    found = {new_moon(first + timedelta(days=n)) for n in range(-20, (last - first).days + 20, 7)}
    return sorted(found)


def first_of_eleventh(year: int) -> date:
    """The month with the winter solstice is the eleventh."""
    solstice = on_longitude(year, 270, 12)
    return max(day for day in moons(date(year, 11, 1), date(year + 1, 1, 31)) if day <= solstice)


def months(year: int) -> dict[int, date]:
    """The first days of months 1 to 10 of the lunar year without its leap month, which has no principal term."""
    begin, end = first_of_eleventh(year - 1), first_of_eleventh(year)
    starts = [day for day in moons(begin, end + 20 * DAY) if begin <= day <= end]
    leap = len(starts) == 14
    found: dict[int, date] = {}
    number, seen = 11, False
    for at, day in enumerate(starts[:-1]):
        if at and leap and not seen and _no_term(day, starts[at + 1]):
            seen = True
            continue
        if at:
            number = number % 12 + 1
        if number <= 10:
            found[number] = day
    return found


def _no_term(first: date, following: date) -> bool:
    """Whether the sun enters no sign in this month."""
    return int(longitude(first) // 30) == int(longitude(following) // 30)


def by_law(year: int) -> set[date]:
    """The statutory days as in force since 2025: 13 of them."""
    lunar = months(year)
    spring, dragon, autumn = lunar[1], lunar[5] + 4 * DAY, lunar[8] + 14 * DAY
    tomb = on_longitude(year, 15, 4)
    fixed = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    days = {date(year, *one) for one in fixed} | {spring + n * DAY for n in range(-1, 3)}
    return days | {tomb, dragon, autumn}


def every_day(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


@pytest.mark.parametrize("year", [*OFFICIAL, *AHEAD])
def test_the_statutory_days_are_those_of_the_sun_and_the_moon(year: int) -> None:
    told = {day for day in every_day(year) if DAYS.day(day).kind is DayKind.STATUTORY}
    wanted = by_law(year)
    if year in OFFICIAL:  # what the notice names is of today's law; before 2025 the law had fewer days
        assert told <= wanted
        assert all(not DAYS.is_workday(day) or year < 2025 for day in wanted)
    else:
        assert told == wanted


@pytest.mark.parametrize("year", AHEAD)
def test_a_year_ahead_has_a_day_in_lieu_for_each_statutory_day_on_a_weekend_and_no_worked_weekend(year: int) -> None:
    law = by_law(year)
    off = {day for day in every_day(year) if not DAYS.is_workday(day)}
    weekends = {day for day in every_day(year) if day.weekday() >= 5}
    in_lieu = off - weekends - law
    assert off >= weekends | law
    assert len(in_lieu) == len(law & weekends)
    assert all(any(0 < (day - one).days <= 7 for one in law & weekends) for day in in_lieu)
    assert {DAYS.day(day).certainty for day in every_day(year)} == {Certainty.ESTIMATED}


@pytest.mark.parametrize("year", OFFICIAL)
def test_a_notice_gives_as_many_days_off_as_the_law_has(year: int) -> None:
    """What is worked on weekends pays for what is free between: 11 days since 2014, 13 since 2025."""
    weekdays = sum(day.weekday() < 5 for day in every_day(year))
    extra = EXTRA.get(year, ())
    free = weekdays - DAYS.between(date(year, 1, 1), date(year, 12, 31))
    # 中秋 and 国庆 on one day, and 除夕 left out, are what a notice may make of the law
    assert free - len([day for day in extra if day.weekday() < 5]) in ((13,) if year >= 2025 else (11, 12))
