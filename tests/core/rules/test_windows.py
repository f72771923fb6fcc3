"""Windows of the calendar, and when something is due in them (A1, A6, A11, R3.4, R6.12)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.windows import (
    last_week_of_quarter,
    months_window,
    quarter,
    report_due,
    service_month,
    stories_due,
    workdays_before_due,
)
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays

DAY = timedelta(days=1)
DAYS = st.dates(date(2003, 1, 1), date(2099, 12, 31))


@given(DAYS, st.sampled_from([1, 2, 3, 6, 12]))
def test_windows_tile_the_year(day: date, months: int) -> None:
    window = months_window(day, months)
    assert day in window
    assert months_window(window.last + DAY, months).first == window.last + DAY
    assert (window.first.month - 1) % months == 0


@pytest.mark.parametrize(
    ("month", "first", "due"),
    [(2, (3, 25), (3, 31)), (5, (6, 24), (6, 30)), (7, (9, 24), (9, 30)), (12, (12, 25), (12, 31))],
)
def test_the_last_week_of_a_quarter_is_its_last_seven_days(
    month: int, first: tuple[int, int], due: tuple[int, int]
) -> None:
    week = last_week_of_quarter(date(2026, month, 10))
    assert (week.first, week.last) == (date(2026, *first), quarter(date(2026, month, 10)).last)
    assert report_due(date(2026, month, 10), Workdays()) == date(2026, *due)


@given(DAYS)
def test_a_report_is_due_on_a_workday_of_the_last_week_whatever_the_year(day: date) -> None:
    due = report_due(day, Workdays())
    assert due in last_week_of_quarter(day)
    assert Workdays().is_workday(due)


def test_reminders_of_a_report_fall_on_workdays_before_it() -> None:
    due = report_due(date(2026, 9, 1), Workdays())
    assert workdays_before_due(due, (14, 7, 3, 1), Workdays()) == (
        date(2026, 9, 10),
        date(2026, 9, 20),  # a Sunday that is worked
        date(2026, 9, 24),
        date(2026, 9, 29),
    )


def test_what_is_due_follows_a_notice_that_comes_later() -> None:
    told = Workdays({date(2027, 3, 31): DayInfo(DayKind.REST, "停课", Certainty.OVERRIDE)})
    assert (report_due(date(2027, 2, 1), Workdays()), report_due(date(2027, 2, 1), told)) == (
        date(2027, 3, 31),
        date(2027, 3, 30),
    )


@pytest.mark.parametrize(("year", "due"), [(2024, 29), (2025, 28), (2026, 30), (2027, 30)])
def test_stories_are_due_on_the_last_workday_of_november(year: int, due: int) -> None:
    assert stories_due(year, Workdays()) == date(year, 11, due)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2025, 12, 20), date(2026, 3, 3)),
        (date(2026, 3, 3), date(2025, 12, 20), date(2026, 3, 3)),
        (date(2026, 3, 4), date(2026, 12, 20), date(2027, 2, 20)),
        (date(2026, 12, 25), date(2026, 12, 20), date(2027, 2, 20)),
        (date(2028, 1, 5), date(2027, 12, 20), date(2028, 2, 9)),
    ],
)
def test_the_service_month_ends_on_the_lantern_festival(day: date, first: date, last: date) -> None:
    window = service_month(day)
    assert (window.first, window.last) == (first, last)
