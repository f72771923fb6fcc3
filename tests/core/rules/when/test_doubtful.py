"""What narrows a repetition in a way that no rule can say is asked; what only looks like it is read as before."""

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from tests.speech.times import AMBIGUOUS, understood

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday
ASKED = """
每天早晚8点 每天早晚各一次8点 下周一到周五每天8:00 下周每天晚上8点 这周五之前每天9点 本周每天20:00
从明天起连续7天早上8点 12月1日开始三天9:00
工作日和周六8:30 周六和工作日8:30 每周五20:00，节假日不发 每天8:00，周末除外 每天8:00放假不发
工作日8:30法定节假日除外 每天20:00周三跳过
"""
READ = [
    ("每周五20:00 报下周计划", "2026-11-27T20:00:00 2026-12-04T20:00:00"),
    ("从下周一开始每天8:00", "2026-11-30T08:00:00 2026-12-01T08:00:00"),
    ("下周一起每天8:00", "2026-11-30T08:00:00 2026-12-01T08:00:00"),
    ("到元旦为止每天20:00", "2026-11-25T20:00:00 2026-11-26T20:00:00"),
    ("每天20:00到12月31日", "2026-11-25T20:00:00 2026-11-26T20:00:00"),
    ("每十天一次9:00", "2026-11-26T09:00:00 2026-12-06T09:00:00"),
    ("每周五20:00 早晚天凉多穿", "2026-11-27T20:00:00 2026-12-04T20:00:00"),
    ("每周五20:00 放假也来", "2026-11-27T20:00:00 2026-12-04T20:00:00"),
]


@pytest.mark.parametrize("text", ASKED.split())
def test_what_no_rule_can_say_is_asked(text: str) -> None:
    assert understood(text, NOW) == AMBIGUOUS


@pytest.mark.parametrize(("text", "first"), READ)
def test_what_only_looks_like_it_is_read(text: str, first: str) -> None:
    assert understood(text, NOW).startswith(first)


def test_a_count_ends_it_and_a_how_often_does_not() -> None:
    assert understood("每周五20:00共一次", NOW) == "2026-11-27T20:00:00"
    assert understood("12·9 19:00", NOW) == understood("12.9 19:00", NOW) == "2026-12-09T19:00:00"
