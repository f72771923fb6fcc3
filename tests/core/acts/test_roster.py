"""名册 in the tables: all or nothing, twice is once, one live code for each unbound person."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.clock import ManualClock
from bot.core.acts.roster import PersonUnknown, RosterApplied, SeveralPeople, import_roster, invite
from bot.core.acts.roster_people import RosterRefused, name_index
from bot.core.reads.people import name_of, name_to_choose
from bot.core.rules.bind import CODE_LIFE, normalise_code
from bot.core.rules.namesakes import shown
from bot.core.rules.people import CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.roster import NOTE, PEOPLE_COLUMNS, Cells, OrgRow, PersonRow, parse_people
from bot.store.audit import verify
from bot.store.base import Base, new_id
from bot.store.delivery import AuditEntry, DataKey
from bot.store.people import Account, BindCode, OrgUnit, Person, RoleGrant
from bot.store.sealing import key_of
from bot.store.store import Store


def org(code: str, parent: str = "", name: str = "", line: int = 2) -> OrgRow:
    return OrgRow(line, code, name or f"{code} 委", parent, OrgLevel.COUNTY, OrgKind.GEOGRAPHIC)


def people(*rows: str) -> list[PersonRow]:
    """Lines of four columns, or of five: the last is 备注."""
    cells = [
        Cells(n, dict(zip((*PEOPLE_COLUMNS, NOTE), row.split(","), strict=False))) for n, row in enumerate(rows, 2)
    ]
    found, faults = parse_people(cells)
    assert faults == []
    return found


ORGS = [org("QH", "GT"), org("GT")]  # the child stands first


async def bring(store: Store, orgs: list[OrgRow], *rows: str) -> RosterApplied:
    async with store.unit() as unit:
        return await import_roster(unit, orgs, people(*rows))


async def rows_of(store: Store, *columns: Any) -> list[tuple[Any, ...]]:
    async with store.read() as session:
        return [tuple(row) for row in await session.execute(select(*columns))]


async def counts(store: Store) -> dict[str, int]:
    async with store.read() as session:
        return {
            table.name: (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in Base.metadata.sorted_tables
        }


async def bind(store: Store, code: str) -> int:
    """Stands in for 绑定: what the import sees afterwards is an account."""
    async with store.unit() as unit:
        typed = unit.vault.mac("codes", normalise_code(code) or "")
        found = await unit.session.execute(select(BindCode).where(BindCode.code_hash == typed))
        used = found.scalar_one()
        used.used_at = unit.now
        unit.session.add(
            Account(
                person_id=used.person_id,
                channel="onebot11",
                native=b"",
                native_index=new_id().to_bytes(8, "big"),
                bot_id="1",
                bound_at=unit.now,
            )
        )
        return used.person_id


@pytest.mark.parametrize(
    ("orgs", "rows", "where"),
    [
        ([org("QH", "X9")], [], [("上级编码", "unknown_org")]),
        ([org("GT", "QH"), org("QH", "GT")], [], [("上级编码", "cycle")] * 2),
        (ORGS, ["林晓舟,QH,专职,否", "何予安,X9,挂职,否"], [("组织编码", "unknown_org")]),
    ],
)
async def test_a_roster_with_one_bad_row_leaves_nothing(
    any_store: Store, orgs: list[OrgRow], rows: list[str], where: list[tuple[str, str]]
) -> None:
    before = await counts(any_store)
    with pytest.raises(RosterRefused) as refused:
        await bring(any_store, orgs, *rows)
    faults = (*refused.value.orgs, *refused.value.people)
    assert [(fault.column, fault.reason) for fault in faults] == where
    assert await counts(any_store) == before


async def test_a_roster_that_fails_in_the_middle_leaves_nothing(any_store: Store) -> None:
    before = await counts(any_store)

    def fail(_done: int) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 whatever it is, nothing may stay
        async with any_store.unit() as unit:
            await import_roster(unit, ORGS, people("林晓舟,QH,专职,否"), progress=fail)
    assert await counts(any_store) == before


async def test_a_move_that_closes_a_circle_over_what_exists_is_refused(any_store: Store) -> None:
    await bring(any_store, [*ORGS, org("QHF", "QH")])
    with pytest.raises(RosterRefused):
        await bring(any_store, [org("GT", "QHF")])


async def test_organisations_get_paths_below_their_parents_and_keep_them_after_a_move(any_store: Store) -> None:
    await bring(any_store, [*ORGS, org("QHF", "QH")])
    done = await bring(any_store, [org("NW"), org("QH", "NW", "新名")])
    assert (done.orgs_added, done.orgs_changed) == (1, 1)
    found = {
        code: (org_id, path) for code, org_id, path in await rows_of(any_store, OrgUnit.code, OrgUnit.id, OrgUnit.path)
    }
    ids = {code: org_id for code, (org_id, _) in found.items()}
    assert found["GT"][1] == f"/{ids['GT']}/"
    assert found["QHF"][1] == f"/{ids['NW']}/{ids['QH']}/{ids['QHF']}/"
    assert ("QH", "新名") in await rows_of(any_store, OrgUnit.code, OrgUnit.name)


async def test_people_are_sealed_each_under_their_own_key_and_found_by_name(any_store: Store) -> None:
    await bring(any_store, ORGS, "林晓舟,QH,专职/书记,是", "林晓舟,GT,管理员,否", "@SUM(A1),QH,兼职,否")
    (qh,) = [i for code, i in await rows_of(any_store, OrgUnit.code, OrgUnit.id) if code == "QH"]
    found = await rows_of(any_store, Person.id, Person.name, Person.name_index, Person.key_id, Person.org_id)
    assert len({key for *_, key, _ in found}) == 3
    names = []
    async with any_store.read() as session:
        for person, name, index, _, org_id in found:
            assert "林晓舟".encode() not in name
            names.append(await any_store.vault.read(session, f"people:{person}:name", name))
            assert index == name_index(any_store.vault, org_id, names[-1] or "")
    assert sorted(map(str, names)) == ["@SUM(A1)", "林晓舟", "林晓舟"]
    assert name_index(any_store.vault, qh, "林 晓舟") in [row[2] for row in found]
    owners = {owner for (owner,) in await rows_of(any_store, DataKey.owner)}
    assert {f"person:{row[0]}" for row in found} <= owners
    grants = await rows_of(any_store, RoleGrant.role, RoleGrant.cadre_kind, RoleGrant.is_leadership)
    assert (Role.CADRE, CadreKind.FULL_TIME, True) in grants
    assert (Role.SECRETARY, None, True) in grants
    assert (Role.ORGAN_ADMIN, None, False) in grants


async def test_a_second_run_adds_nothing_and_a_bound_person_gets_no_second_code(any_store: Store) -> None:
    rows = ["林晓舟,QH,专职,否", "何予安,QH,挂职,否"]
    first = await bring(any_store, ORGS, *rows)
    bound = await bind(any_store, next(c.code for c in first.codes if c.name == "林晓舟"))
    before = await counts(any_store)
    second = await bring(any_store, ORGS, *rows)
    assert second.bound == 1
    assert [code.name for code in second.codes] == ["何予安"]
    changed = (second.orgs_added, second.orgs_changed, second.people_added, second.grants_given, second.grants_ended)
    assert changed == (0, 0, 0, 0, 0)
    after = await counts(any_store)
    before["audit_entries"] += 1
    assert after == before
    assert bound in [person for (person,) in await rows_of(any_store, Account.person_id)]


async def test_a_fresh_code_kills_the_unused_one_and_keeps_the_used_one(any_store: Store, clock: ManualClock) -> None:
    first = await bring(any_store, ORGS, "林晓舟,QH,专职,否", "何予安,QH,挂职,否")
    await bind(any_store, next(c.code for c in first.codes if c.name == "林晓舟"))
    clock.advance(timedelta(hours=1))
    async with any_store.unit() as unit:
        issued = await invite(unit, "QH", " 何 予安 ")
        again = await invite(unit, "QH", "林晓舟")
    live = await rows_of(any_store, BindCode.code_hash, BindCode.used_at, BindCode.expires_at)
    unused = {code_hash: until for code_hash, used, until in live if used is None}
    assert set(unused) == {any_store.vault.mac("codes", code.code) for code in (issued, again)}
    assert set(unused.values()) == {clock.now() + CODE_LIFE}
    assert len(live) == 3


async def test_codes_stand_in_no_table_and_no_repr(any_store: Store) -> None:
    done = await bring(any_store, ORGS, "林晓舟,QH,专职,否")
    assert done.codes[0].code not in repr(done) + repr(done.codes[0])
    assert "林晓舟" not in repr(done) + repr(done.codes[0]) + repr(people("林晓舟,QH,专职,否"))
    for table in Base.metadata.sorted_tables:
        assert done.codes[0].code not in str(await rows_of(any_store, table)), table.name


@pytest.mark.parametrize(("code", "name"), [("QH", "没有"), ("X9", "林晓舟"), ("GT", "林晓舟"), ("", ""), ("QH", "%")])
async def test_somebody_who_is_not_in_the_roster_gets_no_code(any_store: Store, code: str, name: str) -> None:
    await bring(any_store, ORGS, "林晓舟,QH,专职,否")
    with pytest.raises(PersonUnknown):
        async with any_store.unit() as unit:
            await invite(unit, code, name)


async def test_a_role_that_disappears_ends_and_one_that_comes_back_begins_anew(
    any_store: Store, clock: ManualClock
) -> None:
    await bring(any_store, ORGS, "林晓舟,QH,专职/管理员,否", "何予安,QH,值班,否")
    start = clock.now()
    clock.advance(timedelta(days=1))
    done = await bring(any_store, ORGS, "林晓舟,QH,专职,否")  # who is not listed stays as they are
    assert (done.grants_given, done.grants_ended) == (0, 1)
    ended = clock.now()
    columns = (RoleGrant.role, RoleGrant.since, RoleGrant.until)
    assert set(await rows_of(any_store, *columns)) == {
        ("cadre", start, None), ("organ_admin", start, ended), ("duty_officer", start, None),
    }  # fmt: skip
    clock.advance(timedelta(days=1))
    done = await bring(any_store, ORGS, "林晓舟,QH,管理员/兼职,是")
    assert (done.grants_given, done.grants_ended) == (2, 0)
    found = set(await rows_of(any_store, *columns, RoleGrant.cadre_kind, RoleGrant.is_leadership))
    assert ("organ_admin", clock.now(), None, None, True) in found
    assert ("cadre", start, None, "part_time", True) in found


async def test_roles_that_no_roster_gives_are_left_alone(any_store: Store) -> None:
    await bring(any_store, ORGS, "林晓舟,QH,专职,否")
    async with any_store.unit() as unit:
        person, org_id = (await unit.session.execute(select(Person.id, Person.org_id))).one()
        unit.session.add(RoleGrant(person_id=person, org_id=org_id, role=Role.YOUTH, since=unit.now))
    await bring(any_store, ORGS, "林晓舟,QH,书记,否")
    ends = dict(await rows_of(any_store, RoleGrant.role, RoleGrant.until))
    assert (ends["youth"], ends["secretary"]) == (None, None)
    assert ends["cadre"] is not None


async def test_an_import_leaves_one_audit_row_with_numbers_only(any_store: Store) -> None:
    await bring(any_store, ORGS, "林晓舟,QH,专职,否")
    ((action, role, facts),) = await rows_of(any_store, AuditEntry.action, AuditEntry.actor_role, AuditEntry.facts)
    assert (action, role) == ("roster.imported", "operator")
    assert all(isinstance(value, int) for value in facts.values())
    async with any_store.read() as session:
        assert await verify(session, any_store.vault) == (1, [])


async def test_two_imports_at_once_add_nobody_twice(any_store: Store) -> None:
    rows = [f"人{n},QH,专职,否" for n in range(30)]
    await asyncio.gather(bring(any_store, ORGS, *rows), bring(any_store, ORGS, *rows))
    found = await counts(any_store)
    assert (found["people"], found["org_units"], found["bind_codes"]) == (30, 2, 30)


async def test_more_people_than_one_statement_takes(any_store: Store) -> None:
    seen: list[int] = []
    async with any_store.unit() as unit:
        done = await import_roster(
            unit, ORGS, people(*(f"人{n},QH,专职,否" for n in range(2_345))), progress=seen.append
        )
    assert (done.people_added, len({code.code for code in done.codes}), sum(seen)) == (2_345, 2_345, 2_345)


async def test_a_person_whose_name_index_was_taken_away_is_a_new_person(any_store: Store) -> None:
    """An erased person's name finds nobody: an import after the erasure does not bring the old row back."""
    await bring(any_store, ORGS, "林晓舟,QH,专职,否")
    async with any_store.unit() as unit:
        await unit.session.execute(update(Person).values(name_index=None))
    assert (await bring(any_store, ORGS, "林晓舟,QH,专职,否")).people_added == 1


# --- one person or two ------------------------------------------------------------------------------------------------


async def names(store: Store) -> int:
    """How many people there are."""
    return len(await rows_of(store, Person.id))


async def test_a_name_with_another_dot_is_the_same_person_in_the_next_file_too(any_store: Store) -> None:
    await bring(any_store, ORGS, "买买提·艾力,QH,专职,否")
    for other in ("买买提•艾力", "买买提．艾力", "买买提 ‧ 艾力"):
        assert (await bring(any_store, [], f"{other},QH,专职,否")).people_added == 0


async def test_a_person_stored_under_the_dot_of_an_earlier_version_is_found_and_kept_under_the_present_key(
    any_store: Store,
) -> None:
    await bring(any_store, ORGS, "买买提·艾力,QH,专职,否")
    ((org_id,),) = await rows_of(any_store, Person.org_id)
    old = any_store.vault.mac("index", "name", org_id, "买买提•艾力")
    async with any_store.unit() as unit:
        await unit.session.execute(update(Person).values(name_index=old))
        await invite(unit, "QH", "买买提·艾力")
    assert (await bring(any_store, [], "买买提·艾力,QH,专职,否")).people_added == 0
    assert await rows_of(any_store, Person.name_index) == [(name_index(any_store.vault, org_id, "买买提艾力"),)]


async def test_two_people_of_one_name_each_have_their_code_and_their_note_stands_with_the_name(
    any_store: Store,
) -> None:
    lines = ("王芳,QH,专职,否,一中", "王芳,QH,兼职,否,二中")
    done = await bring(any_store, ORGS, *lines)
    assert (done.people_added, [code.name for code in done.codes]) == (
        2,
        [shown("王芳", note) for note in ("一中", "二中")],
    )
    again = await bring(any_store, [], *lines)
    assert (again.people_added, again.grants_given, again.grants_ended) == (0, 0, 0)
    async with any_store.unit() as unit:
        assert (await invite(unit, "QH", "王芳", "二中")).name == shown("王芳", "二中")
        with pytest.raises(SeveralPeople) as several:
            await invite(unit, "QH", "王芳")
    assert sorted(several.value.notes) == ["一中", "二中"]


async def test_a_note_that_is_new_for_the_only_one_of_a_name_is_theirs(any_store: Store) -> None:
    await bring(any_store, ORGS, "王芳,QH,专职,否")
    assert (await bring(any_store, [], "王芳,QH,专职,否,一中")).people_added == 0
    assert (await bring(any_store, [], "王芳,QH,专职,否")).people_added == 0  # the column may be left out again
    assert (await bring(any_store, [], "王芳,QH,专职,否,一中", "王芳,QH,专职,否,二中")).people_added == 1
    assert await names(any_store) == 2


async def test_a_line_that_could_be_two_people_is_refused_and_nothing_is_written(any_store: Store) -> None:
    await bring(any_store, ORGS, "王芳,QH,专职,否")
    before = await counts(any_store)
    with pytest.raises(RosterRefused) as refused:
        await bring(any_store, [], "林晓舟,QH,专职,否", "王芳,QH,专职,否,一中", "王芳,QH,专职,否,二中")
    assert [(f.line, f.column, f.reason) for f in refused.value.people] == [
        (3, "姓名", "note_new"),
        (4, "姓名", "note_new"),
    ]
    assert await counts(any_store) == before
    assert (await bring(any_store, [], "王芳,QH,专职,否", "王芳,QH,专职,否,二中")).people_added == 1
    with pytest.raises(RosterRefused):
        await bring(any_store, [], "王芳,QH,专职,否,三中", "王芳,QH,兼职,否,四中")


async def test_a_note_is_sealed_with_its_person(any_store: Store) -> None:
    await bring(any_store, ORGS, "王芳,QH,专职,否,一中")
    ((person, note, key),) = await rows_of(any_store, Person.id, Person.note, Person.key_id)
    assert any_store.vault.open(f"people:{person}:note", note) == "一中"
    async with any_store.read() as session:
        assert await name_to_choose(session, any_store.vault, person) == shown("王芳", "一中")
        assert await name_of(session, any_store.vault, person) == "王芳"
    assert key_of(note) == key
