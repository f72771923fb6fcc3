"""Reading the age band."""

import pytest

from bot.core.rules.joining import age_band_told, read_age_band
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
        ("100", AgeBand.ADULT),
        ("120岁", AgeBand.ADULT),
    ],
)
def test_an_age_in_years_gives_its_band(told: str, band: AgeBand):
    assert read_age_band(told) is band


@pytest.mark.parametrize("told", ["", "很年轻", "14", "1990-01-01", "-1", "1000", "ⅩⅣ", "0"])
def test_words_that_are_no_age_band_are_none_or_a_single_age(told: str) -> None:
    assert age_band_told(told) in (None, AgeBand.MINOR if told == "14" else None)


@pytest.mark.parametrize(
    ("told", "band"),
    [
        ("不满14", AgeBand.UNDER_14),
        ("不满 14 岁", AgeBand.UNDER_14),
        ("13", AgeBand.UNDER_14),
        ("14–17", AgeBand.MINOR),
        ("14-17", AgeBand.MINOR),
        ("１４—１７", AgeBand.MINOR),
        ("14至17岁", AgeBand.MINOR),
        ("17岁", AgeBand.MINOR),
        ("18以上", AgeBand.ADULT),
        ("18+", AgeBand.ADULT),
        ("18", AgeBand.ADULT),
    ],
)
def test_age_bands_are_read_as_people_write_them(told: str, band: AgeBand) -> None:
    assert age_band_told(told) is band
