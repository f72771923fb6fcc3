"""Reading the age band."""

import pytest

from bot.core.rules.joining import age_band_told
from bot.core.rules.people import AgeBand

NO_AGE = ["", "不知道", "3", "0", "-5", "121", "9999", "16 17", "１" * 5, "一" * 500]
ANY_AGE = ["未成年", "虚岁15", "14以上", "08年的", "高一的"]


@pytest.mark.parametrize("told", NO_AGE + ANY_AGE)
def test_other_words_are_no_age(told: str):
    assert age_band_told(told) is None


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
    assert age_band_told(told) is band


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
        ("快14了", AgeBand.UNDER_14),
        ("刚满14", AgeBand.MINOR),
        ("快18了", AgeBand.MINOR),
        ("17岁半", AgeBand.MINOR),
        ("二十", AgeBand.ADULT),
        ("成年了", AgeBand.ADULT),
    ],
)
def test_age_bands_are_read_as_people_write_them(told: str, band: AgeBand) -> None:
    assert age_band_told(told) is band
