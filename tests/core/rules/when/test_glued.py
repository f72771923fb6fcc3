"""A day and an hour mean the same however they are put together: with a space, without, turned round, with a comma.

Where they run into each other (每月十五二十点) it is asked or refused; another instant is never read.
"""

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from bot.core.rules.lunar import lunar_day
from bot.core.rules.when import Repeat, read_repeat
from bot.core.rules.workdays import Workdays
from tests.speech.times import AMBIGUOUS, NONE, REFUSE, understood

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday
AGAIN = """
每天 工作日 每个工作日 每周五 每周一三五 每周二四 每周六日 每周一到周五 每周一至周五 每周一到五 周一至周五每天
每两周周三 每月1日 每月1号和15号 每月十五号 每月二十五日 每月最后一天 每月最后一个周五 每月第三个星期四
每月最后一个工作日 每月31日 每季度最后一周周一 每季度第一天 每年5月4日 每年五月四日 每年5月4日前3个工作日
每年2月29日 农历正月十五 中秋节 农历每月十五 每月农历初一 农历每月初一十五 农历每月二十八 腊月二十三 每年除夕
每年母亲节 每三天 每月底 单月1号 逢周三
"""
ONCE = """
明天 周五 下周三 下周一三五 12月5日 十二月五日 12.5 下个月一号 月底 除夕 元旦 冬至 正月十五 腊月二十三 大年初一 三天后
下下周一
"""
HOURS = ("8:30", "8点半", "八点半", "早上8点半", "上午八点半", "20:00", "晚上8点", "二十点")
TOGETHER = (
    "{day}{hour}",
    "{day}的{hour}",
    "{hour} {day}",
    "{day}，{hour}",
    "{day} {hour} 一起看团课",
    "{day}{hour}看团课",
)


@pytest.mark.parametrize("day", [*AGAIN.split(), *ONCE.split()])
def test_day_and_hour_are_the_same_however_they_stand_together(day: str) -> None:
    for hour in HOURS:
        meant = understood(f"{day} {hour}", NOW)
        for form in TOGETHER:
            said = form.format(day=day, hour=hour)
            assert understood(said, NOW) in (meant, AMBIGUOUS, REFUSE, NONE), said


@pytest.mark.parametrize("days", ["一三五", "一、三、五", "一 三 五", "一，三，五", "一和周三和周五", "一周三周五"])
@pytest.mark.parametrize("hour", ["7:30", " 7:30", "7点半早上", "早上七点半"])
def test_a_list_of_weekdays_keeps_every_day_of_it(days: str, hour: str) -> None:
    got = understood(f"每周{days}{hour}", NOW)
    assert got in ("2026-11-27T07:30:00 2026-11-30T07:30:00 2026-12-02T07:30:00", AMBIGUOUS, REFUSE)


@pytest.mark.parametrize("words", ["六楼开会", "三人一组", "一起看团课", "三个部门都来", "五一的事"])
def test_a_numeral_that_begins_other_words_is_no_day(words: str) -> None:
    assert understood(f"每周五 {words}", NOW).startswith("2026-11-27T09:00:00 2026-12-04T09:00:00")


@pytest.mark.parametrize(
    ("day", "number"), [("初八", 8), ("十八", 18), ("二十八", 28), ("廿八", 28), ("三十", 30), ("二十", 20)]
)
def test_a_lunar_day_is_never_taken_for_one_of_the_solar_month(day: str, number: int) -> None:
    got = read_repeat(f"农历每月{day}9:00", NOW, Workdays())
    assert isinstance(got, Repeat)
    days = [lunar_day(one.at.date()).day for one in got.coming(NOW, Workdays(), 12)]
    assert all(one == number or (number == 30 and one == 29) for one in days)
