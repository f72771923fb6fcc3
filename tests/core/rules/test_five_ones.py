"""五个一: windows, what counts, and that no number above the notice's can be set (R2.9, R2.10, R6.9, A1, S1.6)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.five_ones import (
    NUMBER,
    ActivityKind,
    Confirmed,
    FiveOnesItem,
    QuotaRule,
    Window,
    five_ones,
    once_each,
    quota_rule,
)
from bot.core.rules.people import CadreKind
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays

TODAY = date(2026, 11, 24)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
FULL = quota_rule(CadreKind.FULL_TIME)


def item(confirmed: Confirmed = Confirmed.YES, on: date = TODAY, kind: ActivityKind = ActivityKind.TALK):
    return FiveOnesItem(kind, on, confirmed)


@pytest.mark.rule("P40")
def test_the_number_is_the_notices_and_only_a_waiver_lowers_it() -> None:
    assert five_ones(FULL, [item()], TODAY, Workdays()).due == NUMBER - 1 == 4
    assert five_ones(FULL, [item()], TODAY, Workdays(), waived=2).due == 2
    assert five_ones(FULL, [], TODAY, Workdays(), waived=9).due == 0


@pytest.mark.rule("P39")
def test_what_has_begun_and_has_no_process_yet_is_listed_and_not_done() -> None:
    state = five_ones(FULL, [item(Confirmed.UNTOLD), item()], TODAY, Workdays())
    assert (state.done, state.counted, len(state.items)) == (1, 1, 2)


@pytest.mark.rule("P39")
@pytest.mark.parametrize("confirmed", [Confirmed.WAITING, Confirmed.NO])
def test_what_nobody_confirmed_does_not_count(confirmed: Confirmed) -> None:
    state = five_ones(FULL, [item(confirmed)] * 7, TODAY, Workdays())
    assert (state.done, state.counted, state.due, state.kinds) == (7, 0, NUMBER, ())
    assert state.waiting == (7 if confirmed is Confirmed.WAITING else 0)


@pytest.mark.parametrize("on", [date(2026, 10, 31), date(2027, 1, 1)])
def test_what_belongs_to_another_window_does_not_count(on: date) -> None:
    assert five_ones(FULL, [item(on=on)], TODAY, Workdays()).done == 0


def test_more_than_enough_leaves_nothing_due() -> None:
    assert five_ones(FULL, [item()] * 6, TODAY, Workdays()).due == 0


@pytest.mark.parametrize(
    ("kind", "day", "first", "last"),
    [
        (CadreKind.FULL_TIME, TODAY, date(2026, 11, 1), date(2026, 12, 31)),
        (CadreKind.SECONDED, date(2026, 12, 31), date(2026, 11, 1), date(2026, 12, 31)),
        (CadreKind.FULL_TIME, date(2028, 2, 29), date(2028, 1, 1), date(2028, 2, 29)),
        (CadreKind.SECONDED, date(2026, 3, 1), date(2026, 3, 1), date(2026, 4, 30)),
        (CadreKind.PART_TIME, TODAY, date(2026, 10, 1), date(2026, 12, 31)),
        (CadreKind.PART_TIME, date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
        (None, TODAY, date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_windows_are_calendar_pairs_of_months_or_quarters(
    kind: CadreKind | None, day: date, first: date, last: date
) -> None:
    assert quota_rule(kind).window(day) == Window(first, last)


def test_on_24_november_2026_there_are_27_workdays_left() -> None:
    state = five_ones(FULL, [], TODAY, Workdays())
    assert (state.days_left, state.workdays_left, state.estimated) == (37, 27, False)


def test_on_the_last_day_nothing_is_left() -> None:
    state = five_ones(FULL, [], date(2026, 12, 31), Workdays())
    assert (state.days_left, state.workdays_left) == (0, 0)


def test_days_that_are_only_worked_out_say_so() -> None:
    assert five_ones(FULL, [], date(2027, 1, 4), Workdays()).estimated


def test_the_table_of_this_installation_counts() -> None:
    rest = Workdays({date(2026, 11, 25): DayInfo(DayKind.REST, "", Certainty.OVERRIDE)})
    assert five_ones(FULL, [], TODAY, rest).workdays_left == 26


def test_kinds_are_shown_most_first_and_any_five_do() -> None:
    items = [item(kind=ActivityKind.LEAGUE_LESSON), *[item()] * 4, item(Confirmed.NO, kind=ActivityKind.RECREATION)]
    state = five_ones(FULL, items, TODAY, Workdays())
    assert state.kinds == ((ActivityKind.TALK, 4), (ActivityKind.LEAGUE_LESSON, 1))
    assert state.due == 0


@given(DAYS, st.sampled_from(CadreKind))
def test_every_day_is_in_exactly_one_window_of_whole_months(day: date, kind: CadreKind) -> None:
    rule = quota_rule(kind)
    window = rule.window(day)
    assert day in window
    assert window.first.day == 1
    assert (window.last + timedelta(days=1)).day == 1
    assert {rule.window(window.first), rule.window(window.last)} == {window}
    assert rule.window(window.last + timedelta(days=1)).first == window.last + timedelta(days=1)


@given(st.lists(st.builds(item, st.sampled_from(Confirmed), DAYS), max_size=30), DAYS, st.integers(0, NUMBER))
def test_counts_fit_together(items: list[FiveOnesItem], today: date, waived: int) -> None:
    state = five_ones(QuotaRule(2), items, today, Workdays(), waived=waived)
    assert state.counted + state.waiting <= state.done <= len(items)
    assert state.due == max(0, NUMBER - waived - state.counted)
    assert sum(count for _, count in state.kinds) == state.counted
    assert 0 <= state.workdays_left <= state.days_left


# --- once each -------------------------------------------------------------------------------------------------------


def told(source: str, hour: int, confirmed: Confirmed, kind: ActivityKind = ActivityKind.TALK) -> FiveOnesItem:
    """One item from two to four o'clock, or later by so many hours."""
    at = datetime(2026, 11, 24, hour, tzinfo=SHANGHAI)
    return FiveOnesItem(kind, at.date(), confirmed, (at, at + timedelta(hours=2)), source)


def test_a_recorded_talk_and_an_activity_of_kind_talk_at_the_same_time_are_one() -> None:
    items = [told("talk", 14, Confirmed.NO), told("activity", 15, Confirmed.YES), told("activity", 17, Confirmed.NO)]
    assert once_each(items) == [items[1], items[2]]


def test_two_talks_of_one_source_and_other_kinds_stay_two() -> None:
    talks = [told("talk", 14, Confirmed.YES), told("talk", 15, Confirmed.YES)]
    lesson = [told("activity", 14, Confirmed.YES, ActivityKind.LEAGUE_LESSON)]
    assert len(once_each(talks + lesson)) == 3
    assert len(once_each([item(), item()])) == 2
