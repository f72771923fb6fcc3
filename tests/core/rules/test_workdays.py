"""工作日: the official year, the estimated ones, the override table, and counting (requirements 7.5)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays

DAY = timedelta(days=1)
NEAR = st.dates(date(2003, 6, 1), date(2035, 6, 1))
PAIRS_2026 = [(37, 1), (43, 3), (40, 5), (44, 7), (40, 9), (44, 11)]


def _last_of(year: int, month: int) -> date:
    return (date(year, month, 28) + 4 * DAY).replace(day=1) - DAY


def test_4_may_is_no_workday_in_2026() -> None:
    found = Workdays().day(date(2026, 5, 4))
    assert (found.worked, found.certainty) == (False, Certainty.OFFICIAL)


@pytest.mark.parametrize("day", [date(2026, 2, 14), date(2026, 10, 10)])
def test_a_saturday_may_be_worked(day: date) -> None:
    assert day.weekday() == 5
    found = Workdays().day(day)
    assert (found.kind, found.certainty) == (DayKind.MAKEUP_WORKDAY, Certainty.OFFICIAL)
    assert Workdays().is_workday(day)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 2), "元旦"),
        (date(2026, 2, 14), "春节"),
        (date(2026, 2, 20), "春节"),
        (date(2026, 4, 6), "清明节"),
        (date(2026, 5, 4), "劳动节"),
        (date(2026, 5, 9), "劳动节"),
        (date(2026, 9, 20), "国庆节"),
        (date(2026, 9, 26), "中秋节"),
        (date(2025, 6, 2), "端午节"),
    ],
)
def test_free_and_made_up_days_of_a_notice_are_named_in_chinese(day: date, name: str) -> None:
    assert Workdays().day(day).name == name


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 1, 1), DayKind.STATUTORY),
        (date(2026, 1, 2), DayKind.REST),
        (date(2026, 5, 2), DayKind.STATUTORY),
        (date(2026, 5, 3), DayKind.REST),
        (date(2026, 5, 9), DayKind.MAKEUP_WORKDAY),
    ],
)
def test_a_notice_tells_statutory_days_from_days_in_lieu(day: date, kind: DayKind) -> None:
    assert Workdays().day(day).kind is kind


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2027, 1, 1), DayKind.STATUTORY, "元旦"),
        (date(2027, 1, 4), DayKind.WORKDAY, ""),
        (date(2027, 2, 5), DayKind.STATUTORY, "春节"),
        (date(2027, 2, 9), DayKind.REST, "春节"),
        (date(2027, 2, 10), DayKind.REST, "春节"),
        (date(2027, 2, 11), DayKind.WORKDAY, ""),
        (date(2027, 4, 5), DayKind.STATUTORY, "清明节"),
        (date(2027, 5, 1), DayKind.STATUTORY, "劳动节"),
        (date(2027, 5, 3), DayKind.REST, "劳动节"),
        (date(2027, 6, 1), DayKind.WORKDAY, ""),
        (date(2028, 1, 3), DayKind.REST, "元旦"),
        (date(2028, 1, 4), DayKind.WORKDAY, ""),
        (date(2028, 5, 28), DayKind.STATUTORY, "端午节"),
        (date(2028, 5, 29), DayKind.REST, "端午节"),
        (date(2028, 10, 3), DayKind.STATUTORY, "国庆节、中秋节"),
        (date(2031, 10, 1), DayKind.STATUTORY, "国庆节、中秋节"),
        (date(2031, 1, 25), DayKind.STATUTORY, "春节"),
    ],
)
def test_a_year_without_a_notice_is_worked_out_by_the_rule_and_says_so(day: date, kind: DayKind, name: str) -> None:
    assert Workdays().day(day) == DayInfo(kind, name, Certainty.ESTIMATED)


@pytest.mark.parametrize(
    ("month", "worked"),
    [(3, (25, 26, 27, 30, 31)), (6, (24, 25, 26, 29, 30)), (9, (24, 28, 29, 30)), (12, (25, 28, 29, 30, 31))],
)
def test_the_last_week_of_each_quarter_of_2026(month: int, worked: tuple[int, ...]) -> None:
    last = _last_of(2026, month)
    days = [last - n * DAY for n in range(6, -1, -1)]
    assert tuple(day.day for day in days if Workdays().is_workday(day)) == worked
    assert Workdays().between(days[0], last) == len(worked)


@pytest.mark.parametrize(("count", "month"), PAIRS_2026)
def test_the_windows_of_two_months_of_2026(count: int, month: int) -> None:
    assert Workdays().between(date(2026, month, 1), _last_of(2026, month + 1)) == count


def test_27_workdays_are_left_after_24_november_2026() -> None:
    assert Workdays().between(date(2026, 11, 25), date(2026, 12, 31)) == 27


def test_a_deadline_on_a_rest_day_is_due_earlier() -> None:
    assert Workdays().last_on_or_before(date(2025, 11, 30)) == date(2025, 11, 28)
    assert Workdays().last_on_or_before(date(2026, 11, 30)) == date(2026, 11, 30)


def test_an_override_beats_the_package_and_the_rule() -> None:
    own = DayInfo(DayKind.REST, "停课", Certainty.OVERRIDE)
    worked = DayInfo(DayKind.MAKEUP_WORKDAY, "春节", Certainty.OVERRIDE)
    workdays = Workdays({date(2026, 11, 25): own, date(2027, 2, 5): worked})
    assert workdays.day(date(2026, 11, 25)) == own
    assert workdays.is_workday(date(2027, 2, 5))
    assert workdays.between(date(2026, 11, 25), date(2026, 12, 31)) == 26


def test_crossing_new_year_while_the_next_year_is_missing_counts_and_says_estimated() -> None:
    workdays = Workdays()
    assert workdays.after(date(2026, 12, 30), 3) == date(2027, 1, 5)
    assert workdays.between(date(2026, 12, 28), date(2027, 1, 8)) == 9
    assert workdays.estimated(date(2026, 12, 28), date(2027, 1, 1))
    assert not workdays.estimated(date(2026, 12, 28), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 11, 14), None),
        (date(2026, 11, 15), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2027, 6, 1), 2027),
    ],
)
def test_a_missing_year_is_told_from_15_november_on(today: date, missing: int | None) -> None:
    assert Workdays().missing_year(today) == missing


def test_a_year_that_stands_in_the_table_is_not_missing() -> None:
    rest = DayInfo(DayKind.STATUTORY, "元旦", Certainty.OVERRIDE)
    assert Workdays({date(2027, 1, 1): rest}).missing_year(date(2026, 12, 1)) is None


@pytest.mark.parametrize("year", [1, 1582, 1900, 2033, 2100, 2500, 9998])
def test_no_year_fails(year: int) -> None:
    assert Workdays().between(date(year, 1, 1), date(year, 12, 31)) > 200


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        Workdays().after(date(2026, 11, 24), -1)


@given(NEAR, st.integers(0, 80))
def test_after_and_between_agree(start: date, n: int) -> None:
    workdays = Workdays()
    end = workdays.after(start, n)
    assert workdays.between(start + DAY, end) == n
    assert n == 0 or workdays.is_workday(end)
    assert workdays.after(start, n + 1) > end


@given(NEAR, st.integers(0, 60), st.integers(0, 60))
def test_spans_add_up(first: date, some: int, more: int) -> None:
    workdays = Workdays()
    middle, last = first + some * DAY, first + (some + more) * DAY
    whole = workdays.between(first, last)
    assert whole == workdays.between(first, middle) + workdays.between(middle + DAY, last)
    assert 0 <= whole <= (last - first).days + 1


@given(NEAR)
def test_the_last_workday_is_worked_and_none_lies_between(day: date) -> None:
    workdays = Workdays()
    found = workdays.last_on_or_before(day)
    assert workdays.is_workday(found)
    assert workdays.between(found, day) == 1


@given(st.dates(date(2027, 1, 1), date(2100, 12, 31)))
def test_an_estimate_never_works_on_a_weekend(day: date) -> None:
    info = Workdays().day(day)
    assert not (info.worked and day.weekday() >= 5)
    assert info.kind is not DayKind.MAKEUP_WORKDAY


@pytest.mark.parametrize(
    ("day", "hour", "may"), [(24, 8, False), (24, 9, True), (24, 17, True), (24, 18, False), (28, 10, False)]
)
def test_who_is_in_office_is_reminded_in_office_hours_only(day: int, hour: int, may: bool) -> None:
    assert Workdays().in_office_hours(datetime(2026, 11, day, hour, tzinfo=SHANGHAI)) is may
