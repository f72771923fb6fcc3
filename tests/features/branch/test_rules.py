"""三会两制一课: what is due in which period, which item and which day is meant (6.3)."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.refusal import Refusal
from bot.core.rules.workdays import Workdays
from bot.features.branch.acts.enter import day_of
from bot.features.branch.reads.routine import ROUTINE
from bot.features.branch.rules.routine import (
    BranchDayMissing,
    BranchItemUnknown,
    BranchPrivate,
    BranchProcessLong,
    BranchProcessShort,
    BranchSecret,
    Each,
    checked_branch_process,
    owed,
    period_start,
    take_routine_item,
)

ROOM = "三楼会议室"
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday


def test_the_routine_has_the_frequencies_of_the_rules():
    due = {item.key: (item.each, item.times) for item in ROUTINE}
    assert due["branch_assembly"] == (Each.QUARTER, 1)
    assert due["branch_committee"] == (Each.MONTH, 1)
    assert due["league_lesson"] == (Each.YEAR, 4)
    assert due["member_appraisal"] == due["annual_registration"] == (Each.YEAR, 1)


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.sampled_from(Each))
def test_a_period_has_begun_and_is_no_longer_than_a_year(today: date, each: Each):
    start = period_start(each, today)
    assert start <= today
    assert start.year == today.year
    assert period_start(each, start) == start


def test_what_was_held_before_the_period_is_still_due():
    today = date(2026, 11, 25)
    held = [("branch_assembly", date(2026, 9, 30)), ("branch_committee", date(2026, 11, 1)), ("none", today)]
    found = {one.item.key: one for one in owed(ROUTINE, held, today)}
    assert (found["branch_assembly"].missing, found["branch_assembly"].last) == (1, date(2026, 9, 30))
    assert found["branch_committee"].missing == 0
    assert found["league_lesson"].missing == 4
    assert found["branch_group_meeting"].missing == 0


def test_what_is_to_come_does_not_count_yet():
    found = {one.item.key: one for one in owed(ROUTINE, [("theme_day", date(2026, 11, 26))], date(2026, 11, 25))}
    assert found["theme_day"].missing == 1


@pytest.mark.parametrize(
    ("typed", "key", "rest"),
    [
        ("支部大会 昨天", "branch_assembly", "昨天"),
        ("支委会，昨天", "branch_committee", "昨天"),
        ("团小组会昨天", "branch_group_meeting", "昨天"),
        ("主题团日：昨天", "theme_day", "昨天"),
        ("团课", "league_lesson", ""),
    ],
)
def test_the_longest_word_for_an_item_is_meant(typed: str, key: str, rest: str):
    item, left = take_routine_item(ROUTINE, typed)
    assert (item.key, left) == (key, rest)


@pytest.mark.parametrize("typed", ["", "打球", "大会", "昨天 支部大会"])
def test_words_that_begin_with_no_item_are_refused(typed: str):
    with pytest.raises(BranchItemUnknown):
        take_routine_item(ROUTINE, typed)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("昨天晚上 三楼会议室", date(2026, 11, 24)),
        ("11月20日 三楼会议室", date(2026, 11, 20)),
        ("周五晚上 三楼会议室", date(2026, 11, 20)),
        ("今天早上8点 三楼会议室", date(2026, 11, 25)),
        ("前天 三楼会议室", date(2026, 11, 23)),
    ],
)
def test_the_day_is_the_last_such_day_that_is_over(typed: str, day: date):
    assert day_of(typed, NOW, Workdays()) == (day, ROOM)


@pytest.mark.parametrize(
    "typed", ["三楼会议室", "明天 三楼会议室", "周末 三楼会议室", "2月30日 三楼会议室", "后天晚上"]
)
def test_no_day_two_days_and_days_to_come_are_refused(typed: str):
    with pytest.raises(BranchDayMissing):
        day_of(typed, NOW, Workdays())


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", BranchProcessShort),
        ("长" * 501, BranchProcessLong),
        ("学习【机密】文件", BranchSecret),
        ("联系 13800138000 的人到会", BranchPrivate),
    ],
)
def test_a_process_that_no_record_holds_is_refused(text: str, refusal: type[Refusal]):
    with pytest.raises(refusal):
        checked_branch_process(text)
