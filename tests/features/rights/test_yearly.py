"""年度审计: the responsible persons are reminded in December and in January, each time once (P33); what is shipped."""

from datetime import date, datetime, timedelta

import pytest

from bot.clock import SHANGHAI
from bot.core.rules.people import Role
from bot.core.rules.workdays import Workdays
from bot.features.rights.rules.yearly import audit_due, audit_now
from bot.store.store import Store
from tests.contracts import source
from tests.harness import Talkers
from tests.people_built import make_org, make_person
from tests.said import Said
from tests.ticking import do_due

DAYS = Workdays()


@pytest.mark.rule("P33")
def test_due_on_the_last_workday_on_or_before_31_january() -> None:
    assert audit_due(2025, DAYS) == date(2026, 1, 30)
    assert all(DAYS.is_workday(audit_due(year, DAYS)) for year in range(2024, 2032))


@pytest.mark.rule("P33")
def test_in_december_before_it_is_due_and_on_the_day_and_on_no_other_day() -> None:
    days = [date(2025, 11, 1) + timedelta(days=n) for n in range(120)]
    found = {audit.stage: day for day in reversed(days) if (audit := audit_now(day, DAYS)) is not None}
    assert found == {1: date(2025, 12, 1), 2: DAYS.before(date(2026, 1, 30), 5), 3: date(2026, 1, 30)}
    years = {audit.year for day in days if (audit := audit_now(day, DAYS)) is not None}
    assert years == {2025}
    assert audit_now(date(2026, 2, 1), DAYS) is None


@pytest.mark.rule("P33")
async def test_every_responsible_person_hears_it_once_and_nobody_else(any_store: Store) -> None:
    org = await make_org(any_store)
    for number, role in (("1", Role.PRIVACY_OFFICER), ("2", Role.ORGAN_ADMIN)):
        await make_person(any_store, org, f"同事{number}", number=number, roles=(role,))
    talk = await Talkers.open(any_store)
    talk.advance(datetime(2026, 12, 1, 10, 0, tzinfo=SHANGHAI) - talk.clock.now())
    for _ in range(2):
        await do_due(any_store, talk.clock.now(), "rights.yearly_audit")
        await talk.sender.pump()
        talk.advance(timedelta(hours=2))
    assert talk.shown("1") == [Said("rights/yearly_audit", year=2026)]
    assert talk.shown("2") == []


@pytest.mark.rule("P33", "P34")
@pytest.mark.parametrize(
    "page",
    [
        *("privacy-notice", "consent-texts", "impact-assessment", "processing-register", "minors-audit"),
        "../incident",
    ],
)
def test_the_templates_and_the_runbook_are_shipped(page: str) -> None:
    assert len((source.DOCS / "templates" / f"{page}.zh-CN.md").read_text(encoding="utf-8")) > 200
