"""On which mornings somebody in office is told; each a workday (R2.9, R2.10, R6.12)."""

from datetime import date, timedelta

import pytest

from bot.core.rules.people import CadreKind
from bot.core.rules.workdays import Workdays
from bot.features.digest.rules.days import Occasion, cadre_days, organ_days, reporter_days

W = Workdays()
AUTUMN = date(2026, 11, 20)


def test_a_full_time_cadre_hears_at_half_at_three_quarters_and_in_the_last_week() -> None:
    days = cadre_days(CadreKind.FULL_TIME, AUTUMN, W)
    assert days == {
        date(2026, 12, 1): Occasion.HALF,
        date(2026, 12, 16): Occasion.THREE_QUARTERS,
        date(2026, 12, 25): Occasion.LAST_WEEK,
    }


def test_a_part_time_cadre_hears_near_the_end_of_the_quarter_only() -> None:
    assert cadre_days(CadreKind.PART_TIME, AUTUMN, W) == {date(2026, 12, 25): Occasion.LAST_WEEK}
    assert cadre_days(None, AUTUMN, W) == cadre_days(CadreKind.PART_TIME, AUTUMN, W)


def test_in_the_last_week_of_a_quarter_that_ends_no_window_a_full_time_cadre_hears_too() -> None:
    days = cadre_days(CadreKind.FULL_TIME, date(2026, 9, 10), W)  # September and October are one window
    assert days[date(2026, 9, 24)] is Occasion.LAST_WEEK


def test_an_organ_hears_in_the_middle_three_weeks_and_one_week_before_the_end() -> None:
    assert organ_days(AUTUMN, W) == {
        date(2026, 11, 16): Occasion.MIDDLE,
        date(2026, 12, 11): Occasion.WEEKS_LEFT,
        date(2026, 12, 25): Occasion.WEEKS_LEFT,
    }


def test_whoever_reports_hears_fourteen_seven_three_and_one_workdays_before() -> None:
    assert list(reporter_days(AUTUMN, W)) == [
        date(2026, 12, 11),
        date(2026, 12, 22),
        date(2026, 12, 28),
        date(2026, 12, 30),
    ]


@pytest.mark.parametrize("year", range(2025, 2036))
def test_nobody_is_told_on_a_day_of_rest(year: int) -> None:
    for n in range(365):
        day = date(year, 1, 1) + timedelta(days=n)
        for kind in CadreKind:
            assert all(W.is_workday(one) for one in cadre_days(kind, day, W))
        if n % 30 == 0:
            assert all(W.is_workday(one) for one in [*organ_days(day, W), *reporter_days(day, W)])
