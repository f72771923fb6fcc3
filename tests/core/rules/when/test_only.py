"""只说了时间: an answer to 什么时候 is no 以后再说, and 明天再说 is no time."""

import pytest

from bot.core.rules.when import only_a_time

TIMES = """
明天下午3点 明天 明天下午 下午 今晚 晚上8点 周末 下周三 下周三吧 每周五20:00 每周一三五7:30 每天8:30 月底
12月5日 三天后 半小时后
明早8点 中午12点吧 除夕 到12月31日 工作日8:30 每天20:00到12月31日
"""
NONE = """
明天再说 晚点 以后再说 明天吧再想想 下午再定 到时候再说 有空再弄 改天 等会儿 周末再说吧 明天回你 今晚还要想想
算了 不急 好的 1 看团课
明天下午3点看团课
"""


@pytest.mark.parametrize("text", TIMES.split())
def test_a_time_alone_is_a_time(text: str) -> None:
    assert only_a_time(text)


@pytest.mark.parametrize("text", NONE.split())
def test_a_word_that_puts_off_or_anything_beside_it_is_none(text: str) -> None:
    assert not only_a_time(text)
