"""What a reminder's words read as: when, and what is to be said; nothing is guessed (reminders: grammar)."""

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from bot.core.rules.workdays import Workdays
from bot.features.reminder.rules.reading import read_reminder, said_again, said_of

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=SHANGHAI)  # a Tuesday
W = Workdays()

EXACT = (
    ("每周五20:00 今晚一起看团课", "每周五 20:00", "今晚一起看团课"),
    ("今晚一起看团课 每周五20:00", "每周五 20:00", "今晚一起看团课"),
    ("每周五晚上8点提醒大家看青年大学习", "每周五 20:00", "看青年大学习"),
    ("工作日 8:30 晨读 到12月31日", "每个工作日 8:30 到2026年12月31日", "晨读"),
    ("交总结 每月31号 9:00 共5次", "每月31号 9:00 共5次", "交总结"),
    ("每两周周三 19:00 读书会", "每2周周三 19:00 从2026年11月30日起", "读书会"),
    ("每年5月4日前3个工作日 9:00 准备五四活动", "每年5月4号前3个工作日 9:00", "准备五四活动"),
    ("农历正月十五 9:00 送汤圆", "", "送汤圆"),
    ("明天下午3点 给小赵回话", "", "给小赵回话"),
    ("提醒大家明天下午三点开会", "", "开会"),
)


@pytest.mark.parametrize(("text", "said", "words"), EXACT)
def test_when_and_what_come_in_any_order(text: str, said: str, words: str) -> None:
    when, left = read_reminder(text, NOW, W)
    assert when.timing is not None
    assert (said_of(when.timing), left) == (said, words)
    again = said_again(said_of(when.timing), when.timing.begins_at, W)
    assert again.coming(NOW, W) == when.timing.coming(NOW, W)


@pytest.mark.parametrize("text", ["每天7点 打卡", "每隔两周周三19:00 读书会", "周末 打球"])
def test_two_readings_are_asked(text: str) -> None:
    when, _words = read_reminder(text, NOW, W)
    assert when.timing is None
    assert when.why.startswith("two_")


@pytest.mark.parametrize("text", ["每周八 开会", "25:00 开会", "2月30日 开会", "昨天下午3点 开会", "每3分钟 喝水"])
def test_what_cannot_be_is_refused_with_why(text: str) -> None:
    when, _words = read_reminder(text, NOW, W)
    assert when.timing is None
    assert when.why.startswith("no_")


@pytest.mark.parametrize("text", ["看团课", "", "谢谢大家", "记得带身份证"])
def test_words_without_a_time_are_no_time(text: str) -> None:
    when, words = read_reminder(text, NOW, W)
    assert (when.timing, when.why, words) == (None, "", text)
