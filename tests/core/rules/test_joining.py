"""Reading the age band."""

import pytest

from bot.core.rules.joining import read_age_band
from bot.core.rules.people import AgeBand


@pytest.mark.parametrize("told", ["", "不知道", "3", "0", "-5", "121", "9999", "二十", "16 17", "１" * 5, "一" * 500])
def test_other_words_are_no_age(told: str):
    assert read_age_band(told) is None


@pytest.mark.parametrize(
    ("told", "band"),
    [
        ("13", AgeBand.UNDER_14),
        ("4岁", AgeBand.UNDER_14),
        ("14", AgeBand.MINOR),
        ("我今年 16 岁了", AgeBand.MINOR),
        ("17周岁", AgeBand.MINOR),
        ("１８", AgeBand.ADULT),
        ("18+", AgeBand.ADULT),
        ("已满35", AgeBand.ADULT),
        ("adult", AgeBand.ADULT),
    ],
)
def test_an_age_in_years_gives_its_band(told: str, band: AgeBand):
    assert read_age_band(told) is band
