"""暂缓删除的话: the clause, the day and the reason, as people write them (P21, P28)."""

from datetime import date, datetime, time, timedelta

import pytest

from bot.clock import SHANGHAI
from bot.core.rules.access import NoReason
from bot.features.hold.rules.hold import (
    MAX_HOLD,
    HoldTooLong,
    HoldWords,
    NoAuthority,
    NoClause,
    checked_authority,
    read_hold,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.mark.rule("P21")
@pytest.mark.parametrize(
    ("text", "clause", "day", "reason"),
    [
        ("网络保护条例第38条 30天 公安已经立案", "网络保护条例第38条", date(2026, 12, 24), "公安已经立案"),
        ("未保法 第72条 2027-03-01 公安已经立案", "未保法 第72条", date(2027, 3, 1), "公安已经立案"),
        ("网络保护条例38，到3月1日，公安已经立案", "网络保护条例38，到", date(2027, 3, 1), "公安已经立案"),
        ("条例38 12月31号 公安已经立案了", "条例38", date(2026, 12, 31), "公安已经立案了"),
        ("条例第３８条 ６个月 公安已经立案", "条例第３８条", date(2027, 5, 23), "公安已经立案"),
        ("条例第38条 2027年1月5日 公安 已经立案", "条例第38条", date(2027, 1, 5), "公安 已经立案"),
    ],
)
def test_clause_day_and_reason_are_told_apart(text: str, clause: str, day: date, reason: str) -> None:
    until = datetime.combine(day, time(23, 59), tzinfo=SHANGHAI)
    assert read_hold(text, NOW) == HoldWords(clause, until, secret=False, reason=reason)


@pytest.mark.rule("P21")
def test_it_is_kept_from_its_person_by_word_only() -> None:
    assert read_hold("条例第38条 30天 不告知 对方会报复", NOW).secret


@pytest.mark.rule("P21")
@pytest.mark.parametrize("text", ["", "条例第38条", "30天 公安已经立案", "条例第38条 很久 公安已经立案"])
def test_without_a_clause_or_a_day_there_is_no_hold(text: str) -> None:
    with pytest.raises(NoClause):
        read_hold(text, NOW)


@pytest.mark.rule("P21")
@pytest.mark.parametrize("day", ["2026-11-24", "2020-01-01", "2026-02-30", "400天", "2年", "2028-01-01"])
def test_a_day_that_is_over_in_no_calendar_or_too_far_is_refused(day: str) -> None:
    with pytest.raises(HoldTooLong):
        read_hold(f"条例第38条 {day} 公安已经立案", NOW)


@pytest.mark.rule("P21")
def test_the_longest_day_is_taken_and_no_reason_is_refused() -> None:
    last = (NOW + MAX_HOLD).date()
    assert read_hold(f"条例第38条 {last.isoformat()} 公安已经立案", NOW).until.date() == last
    with pytest.raises(NoReason):
        read_hold("条例第38条 30天", NOW)
    assert timedelta(days=366) >= MAX_HOLD


@pytest.mark.rule("P28")
@pytest.mark.parametrize("text", ["", "公", "清河县公安局，" + "他说" * 30, "公安局 13800138000", "【绝密】公安局"])
def test_where_it_was_reported_is_a_place_and_no_story(text: str) -> None:
    with pytest.raises(NoAuthority):
        checked_authority(text)


@pytest.mark.rule("P28")
def test_a_place_is_taken() -> None:
    place = "清河县公安局 城关派出所"
    assert checked_authority(f" {place}  ") == place
