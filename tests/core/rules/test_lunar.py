"""Lunar days and solar terms: the table of requirements 7.2, and what follows from the moon and the sun alone."""

import itertools
from datetime import date, timedelta
from math import floor, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.lunar import (
    TERMS,
    LunarDay,
    lunar_date,
    lunar_day,
    lunar_months,
    new_year,
    new_years_eve,
    solar_term,
)

DAY = timedelta(days=1)
YEARS = range(2020, 2056)
TABLE = """
2026 01-26 02-10 02-16 02-17 03-03 04-05 06-19 08-19 09-25 10-18
2027 01-15 01-30 02-05 02-06 02-20 04-05 06-09 08-08 09-15 10-08
2028 01-04 01-19 01-25 01-26 02-09 04-04 05-28 08-26 10-03 10-26
2029 01-22 02-06 02-12 02-13 02-27 04-04 06-16 08-16 09-22 10-16
2030 01-11 01-26 02-02 02-03 02-17 04-05 06-05 08-05 09-12 10-05
2031 01-01 01-16 01-22 01-23 02-06 04-05 06-24 08-24 10-01 10-24
"""


@pytest.mark.parametrize("row", TABLE.split("\n")[1:-1])
def test_festivals_are_those_of_the_table(row: str) -> None:
    said, *days = row.split()
    year = int(said)
    found = (
        lunar_date(year - 1, 12, 8),
        lunar_date(year - 1, 12, 23),
        new_years_eve(year),
        new_year(year),
        lunar_date(year, 1, 15),
        solar_term(year, "清明"),
        *(lunar_date(year, month, day) for month, day in ((5, 5), (7, 7), (8, 15), (9, 9))),
    )
    assert [f"{day:%m-%d}" for day in found if day is not None] == days


@pytest.mark.parametrize(("year", "month"), [(2028, 5), (2031, 3), (2033, 11)])
def test_leap_months_are_where_they_are(year: int, month: int) -> None:
    assert [one.month for one in lunar_months(year) if one.leap] == [month]
    assert lunar_date(year, month, 1, leap=True) != lunar_date(year, month, 1)


def test_years_without_a_leap_month_have_twelve() -> None:
    assert all(len(lunar_months(year)) == 12 + any(one.leap for one in lunar_months(year)) for year in YEARS)


def test_months_follow_each_other_without_a_gap_and_have_29_or_30_days() -> None:
    months = [one for year in YEARS for one in lunar_months(year)]
    assert {one.days for one in months} == {29, 30}
    assert all(one.first + one.days * DAY == other.first for one, other in itertools.pairwise(months))


def test_a_day_that_a_month_has_not_is_none() -> None:
    short = next(one for one in lunar_months(2026) if one.days == 29)
    assert lunar_date(2026, short.month, 30) is None
    assert lunar_date(2026, 6, 1, leap=True) is None


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_there_and_back(day: date) -> None:
    found = lunar_day(day)
    assert lunar_date(found.year, found.month, found.day, leap=found.leap) == day


def test_the_year_of_a_day_is_that_of_its_first_month() -> None:
    assert lunar_day(date(2027, 2, 5)) == LunarDay(2026, 12, False, 29)


def longitude(day: date) -> float:
    """The sun's apparent longitude at Beijing's midnight that begins a day, in degrees, to a hundredth (Meeus 25)."""
    centuries = (day.toordinal() + 1_721_424.5 - 8 / 24 + 70 / 86_400 - 2_451_545) / 36_525
    mean = 280.46646 + 36_000.76983 * centuries
    anomaly = (357.52911 + 35_999.05029 * centuries) * pi / 180
    centre = (
        (1.914602 - 0.004817 * centuries) * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    )
    node = (125.04 - 1_934.136 * centuries) * pi / 180
    return (mean + centre - 0.00569 - 0.00478 * sin(node)) % 360


def test_each_term_falls_on_the_day_on_which_the_sun_gets_there() -> None:
    unsure: list[tuple[int, str]] = []
    for year in YEARS:
        for at, name in enumerate(TERMS):
            wanted = (285 + 15 * at) % 360
            day = solar_term(year, name)
            before, after = ((longitude(one) - wanted + 180) % 360 - 180 for one in (day, day + DAY))
            if not before <= 0 < after:
                unsure.append((year, name))
                assert min(abs(before), abs(after)) < 0.002  # within three minutes of midnight
    assert len(unsure) <= 3


def new_moon(near: date) -> date:
    """The Beijing day of the new moon next to a date, by the mean moon and its largest terms (Meeus 49)."""
    year = near.year + (near - date(near.year, 1, 1)).days / 365.25
    k = round((year - 2000) * 12.3685)
    t = k / 1236.85
    moment = 2_451_550.09766 + 29.530588861 * k + 0.00015437 * t * t
    sun = (2.5534 + 29.1053567 * k) * pi / 180
    moon = (201.5643 + 385.81693528 * k) * pi / 180
    latitude = (160.7108 + 390.67050284 * k) * pi / 180
    node = (124.7746 - 1.56375588 * k) * pi / 180
    moment += -0.4072 * sin(moon) + 0.17241 * sin(sun) + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * latitude)
    moment += (
        0.00739 * sin(moon - sun)
        - 0.00514 * sin(moon + sun)
        + 0.00208 * sin(2 * sun)
        - 0.00111 * sin(moon - 2 * latitude)
    )
    moment += -0.00057 * sin(moon + 2 * latitude) + 0.00056 * sin(2 * moon + sun) - 0.00042 * sin(3 * moon)
    moment += 0.00042 * sin(sun + 2 * latitude) + 0.00038 * sin(sun - 2 * latitude) - 0.00024 * sin(2 * moon - sun)
    moment += -0.00017 * sin(node)
    return date.fromordinal(floor(moment - 70 / 86_400 + 8 / 24 - 1_721_424.5))


def test_each_month_begins_on_the_day_of_the_new_moon() -> None:
    other = [one.first for year in YEARS for one in lunar_months(year) if new_moon(one.first) != one.first]
    assert other == []
