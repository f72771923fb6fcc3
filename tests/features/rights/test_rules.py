"""Rules of data rights and of how long things are kept (P7, P10, P20)."""

from dataclasses import fields
from datetime import timedelta

import pytest

from bot.core.rules.people import AgeBand
from bot.core.rules.retention import RetentionPeriods, RetentionTooLong
from bot.features.rights.rules.rights import age_band_told


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


@pytest.mark.parametrize("name", [f.name for f in fields(RetentionPeriods) if f.name != "consent_receipts"])
def test_a_period_may_be_shortened_but_never_lengthened(name: str) -> None:
    default = getattr(RetentionPeriods(), name)
    assert getattr(RetentionPeriods(**{name: default / 2}), name) == default / 2
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(**{name: default + timedelta(seconds=1)})
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(**{name: timedelta(seconds=-1)})


def test_receipts_are_kept_three_years_at_least() -> None:
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(consent_receipts=timedelta(days=365))
    assert RetentionPeriods().consent_receipts >= timedelta(days=3 * 365)
