"""A time inside a longer text: it is found in any order of the parts, and what is no time is left alone."""

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from bot.core.rules.when import Exact, find_time
from bot.core.rules.workdays import Workdays

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "when", "end", "rest"),
    [
        ("今晚七点在清溪社区打球", at(11, 25, 19), None, "在清溪社区打球"),
        ("志愿服务 周六下午两点 清溪社区 捡垃圾 限10人", at(11, 28, 14), None, "志愿服务 清溪社区 捡垃圾 限10人"),
        ("清溪社区 周六 捡垃圾 下午2点到4点", at(11, 28, 14), at(11, 28, 16), "清溪社区 捡垃圾"),
        ("打球 明天19:00–21:00", at(11, 26, 19), at(11, 26, 21), "打球"),
        ("周六下午两点 两小时 包饺子", at(11, 28, 14), at(11, 28, 16), "包饺子"),
        ("周五一起去", at(11, 27, 9), None, "一起去"),
        ("明天下午3点交周五的材料", at(11, 26, 15), None, "交周五的材料"),
        ("中秋晚会彩排 12月4日晚上7点", at(12, 4, 19), None, "中秋晚会彩排"),
        ("12月4号上午九点 国家宪法日普法", at(12, 4, 9), None, "国家宪法日普法"),
    ],
)
def test_the_time_is_found_and_cut_out(text: str, when: datetime, end: datetime | None, rest: str) -> None:
    found = find_time(text, NOW, Workdays())
    assert found is not None
    assert isinstance(found.reading, Exact)
    assert (found.reading.at, found.reading.end, found.rest) == (when, end, rest)


@pytest.mark.parametrize(
    "text",
    ["25块钱", "3班", "一点点", "周到", "下周报", "3月桃花", "你好", "", "三点建议", "大家晚上好", "开了一上午会"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert find_time(text, NOW, Workdays()) is None
