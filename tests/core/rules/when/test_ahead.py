"""What is planned or moved: a day that is just over is asked, what is said with its year or is near stays exact."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.when import Ambiguous, Exact, Why, find_ahead, find_time
from bot.core.rules.workdays import Workdays
from tests.core.rules.when.test_say import MOMENTS

NOW = datetime(2026, 11, 28, 10, tzinfo=SHANGHAI)
DAYS = Workdays()


@pytest.mark.parametrize(
    "text",
    ["11月20日14:00", "11月28日8:00", "9月1日9点", "8月1日9点", "中秋晚上7点", "重阳节9点", "国庆节9点", "立冬9点"],
)
def test_a_day_that_is_over_and_not_long_ago_is_asked(text: str) -> None:
    found = find_ahead(text, NOW, DAYS)
    assert found is not None
    assert isinstance(found.reading, Ambiguous)
    assert found.reading.why is Why.YEAR


@pytest.mark.parametrize(
    "text",
    ["2027年11月20日9点", "明年11月20日9点", "5月4日9点", "春节9点", "元旦9点", "周五9点", "20号9点", "12月31日23:00"],
)
def test_what_is_near_or_says_its_year_stays_exact(text: str) -> None:
    found = find_ahead(text, NOW, DAYS)
    assert found is not None
    assert isinstance(found.reading, Exact)
    assert found == find_time(text, NOW, DAYS)


@given(MOMENTS, st.integers(1, 170))
def test_no_date_of_the_last_months_is_ever_read_as_next_years(now: datetime, ago: int) -> None:
    day = now - timedelta(days=ago)
    found = find_ahead(f"{day.month}月{day.day}日9:00", now, DAYS)
    assert found is not None
    assert not isinstance(found.reading, Exact)
