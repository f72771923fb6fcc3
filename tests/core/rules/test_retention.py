"""How long things are kept (P20)."""

from dataclasses import fields
from datetime import timedelta

import pytest

from bot.core.rules.retention import RetentionPeriods, RetentionTooLong


@pytest.mark.rule("P20")
@pytest.mark.parametrize("name", [f.name for f in fields(RetentionPeriods) if f.name != "consent_receipts"])
def test_a_period_may_be_shortened_but_never_lengthened(name: str) -> None:
    default = getattr(RetentionPeriods(), name)
    assert getattr(RetentionPeriods(**{name: default / 2}), name) == default / 2
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(**{name: default + timedelta(seconds=1)})
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(**{name: timedelta(seconds=-1)})


@pytest.mark.rule("P20")
def test_what_was_promised_is_the_longest() -> None:
    kept = RetentionPeriods()
    assert kept.consent_refusals == timedelta(days=90)
    assert kept.wishes == kept.voices == timedelta(days=365)


@pytest.mark.rule("P20")
def test_receipts_are_kept_three_years_at_least() -> None:
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(consent_receipts=timedelta(days=365))
    assert RetentionPeriods().consent_receipts >= timedelta(days=3 * 365)
