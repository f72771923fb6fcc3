"""What is over: the same words mean the last such day, and what is to come is refused (记活动)."""

from datetime import datetime

import pytest
from hypothesis import given

from bot.clock import SHANGHAI
from bot.core.rules.when import Ambiguous, Exact, NoTime, Refused, find_time, read_time
from bot.core.rules.workdays import Workdays
from tests.core.rules.when.test_say import MOMENTS, WORDS, exacts

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("昨天下午三点", (11, 24, 15)),
        ("22号下午2点", (11, 22, 14)),
        ("30号上午9点", (10, 30, 9)),
        ("周五晚上7点", (11, 20, 19)),
        ("周三下午3点", (11, 18, 15)),
        ("上周五", (11, 20, 9)),
        ("国庆上午10点", (10, 1, 10)),
        ("中秋晚上7点", (9, 25, 19)),
        ("11月20日", (11, 20, 9)),
        ("10月最后一个周五", (10, 30, 9)),
        ("半小时前", (11, 25, 9)),
        ("三天前", (11, 22, 9)),
        ("晚上8点", (11, 24, 20)),
    ],
)
def test_the_last_such_time_is_meant(text: str, at: tuple[int, int, int]) -> None:
    reading = read_time(text, NOW, Workdays(), past=True)
    assert isinstance(reading, Exact)
    assert (reading.at.month, reading.at.day, reading.at.hour) == at


@pytest.mark.parametrize("text", ["明天", "今天下午3点", "下周一", "三天后", "2026年12月4日"])
def test_what_is_to_come_is_refused(text: str) -> None:
    reading = read_time(text, NOW, Workdays(), past=True)
    assert isinstance(reading, Refused)
    assert reading.code is NoTime.TO_COME


@pytest.mark.parametrize("text", ["周三上午9点", "周末", "月初", "昨天8点"])
def test_two_readings_are_asked_here_too(text: str) -> None:
    assert isinstance(read_time(text, NOW, Workdays(), past=True), Ambiguous)


@given(WORDS, MOMENTS)
def test_no_text_raises_and_what_is_exact_is_over(text: str, now: datetime) -> None:
    found = find_time(text, now, Workdays(), past=True)
    assert found is None or all(one.at <= now for one in exacts(found.reading))
