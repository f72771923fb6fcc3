"""S6: the head of the audit is told outside, each day to a file and each week to the privacy officer (threat 22)."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.acts.audit_head import begins_the_week
from bot.core.rules.people import Role
from bot.core.rules.workdays import Workdays
from bot.store.audit import verify
from bot.store.audit_heads import AuditFile, last_told, read_head, read_heads, shown_head
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.people_built import make_org, make_person
from tests.ticking import do_due

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=SHANGHAI)


async def act(store: Store, count: int = 1) -> None:
    for _ in range(count):
        async with store.unit() as unit:
            await unit.audit(None, "count", role="system")


async def test_each_day_the_head_goes_into_the_file_once_and_verifies(any_store: Store, tmp_path: Path) -> None:
    rules = AuditFile(tmp_path / "far" / "heads.log")
    assert rules.path is not None
    await act(any_store, 2)
    for hours in (1, 2, 25, 26):
        await do_due(any_store, MONDAY + timedelta(hours=hours), "core.audit_head", rules=rules)
        await act(any_store)
    told = list(read_heads(rules.path))
    assert [one.seq for one in told] == [2, 4]
    assert last_told(rules.path) == date(2026, 12, 1)
    assert rules.path.stat().st_mode & 0o777 == 0o600
    async with any_store.read() as session:
        assert await verify(session, any_store.vault, told) == (6, [])


async def test_a_file_out_of_reach_stops_nothing_and_a_torn_line_is_left_out(store: Store, tmp_path: Path) -> None:
    await act(store)
    (tmp_path / "no").write_text("a file, not a folder")
    await do_due(store, MONDAY, "core.audit_head", rules=AuditFile(tmp_path / "no" / "heads.log"))
    path = tmp_path / "heads.log"
    path.write_bytes(b"2026-11-30 main:3:" + b"a" * 64 + b"\n2026-12-01 main:4:abc\n\xff\xfe\nmain:1")
    assert [one.seq for one in read_heads(path)] == [3]


async def test_on_the_first_workday_of_a_week_the_privacy_officer_gets_it_once(any_store: Store) -> None:
    org = await make_org(any_store)
    officer = await make_person(any_store, org, "何立", number="30003", roles=(Role.PRIVACY_OFFICER,))
    await make_person(any_store, org, "吴建平", number="30002", roles=(Role.ORGAN_ADMIN,))
    await act(any_store)
    for when in (MONDAY, MONDAY + timedelta(hours=2), MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)):
        await do_due(any_store, when, "core.audit_week")
    async with any_store.read() as session:
        rows = (await session.execute(select(OutboxMessage.person_id))).scalars().all()
    assert rows == [officer.person_id]


def test_a_week_begins_with_its_first_workday() -> None:
    workdays = Workdays()
    begun = [day for n in range(14) if begins_the_week(day := date(2026, 11, 23) + timedelta(days=n), workdays)]
    assert begun == [date(2026, 11, 23), date(2026, 11, 30)]
    holiday = [day for n in range(10) if begins_the_week(day := date(2026, 10, 1) + timedelta(days=n), workdays)]
    assert all(workdays.is_workday(day) for day in holiday)


@pytest.mark.parametrize("text", ["", "main", "main:1", "main:1:abc", "main:x:" + "a" * 32, "main:1:" + "g" * 32])
def test_what_is_no_head_is_none(text: str) -> None:
    assert read_head(text) is None


def test_a_head_is_read_as_it_is_shown() -> None:
    told = read_head(" MAIN:12:" + "AB" * 32 + "\n")
    assert told is not None
    assert read_head(shown_head(told)) is not None
    assert told.begins.startswith(shown_head(told).split(":")[2])
