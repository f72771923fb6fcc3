"""操作留痕: append-only and chained; five ways to tamper are all found (P15, threat 22, S5)."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.clock import ManualClock
from bot.core.rules.people import Actor
from bot.store.audit import OLD_GENESIS, Fault, Told, heads_now, verify
from bot.store.chain import hash_of
from bot.store.delivery import AuditEntry, AuditHead
from bot.store.dialect import core
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.people_built import make_org

ADMIN = Actor(person_id=11, account_id=12)


async def write(store: Store, count: int) -> None:
    for number in range(count):
        async with store.unit(now=store.clock.now() + timedelta(milliseconds=37 * number)) as unit:
            await unit.audit(ADMIN, "talk.read", role="cadre", subject_id=number, ref=f"#T{number + 100}", rows=number)


async def faults(store: Store) -> tuple[int, list[Fault]]:
    async with store.read() as session:
        return await verify(session, store.vault)


async def tamper(store: Store, *statements: str) -> None:
    """As somebody with the file would: the triggers go first."""
    async with store.engines.writer.begin() as connection:
        if store.engines.is_sqlite:
            for verb in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER audit_entries_no_{verb}"))
        else:
            await connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        for statement in statements:
            await connection.exec_driver_sql(statement)


COPY = (
    "INSERT INTO audit_entries SELECT node, {seq}, at, actor_id, actor_role, action, subject_id, ref, facts, prev, hash"
    " FROM audit_entries WHERE seq = 3"
)
EARLIER = "(SELECT hash FROM audit_entries WHERE seq = 3)"
TAMPERINGS: dict[str, tuple[Sequence[str], Fault]] = {
    "flip": (["UPDATE audit_entries SET subject_id = 99 WHERE seq = 3"], Fault("main", 3, "changed")),
    "flip a fact": (["""UPDATE audit_entries SET facts = '{"rows":0}' WHERE seq = 3"""], Fault("main", 3, "changed")),
    "move in time": (["UPDATE audit_entries SET at = at + 1 WHERE seq = 3"], Fault("main", 3, "changed")),
    "delete": (["DELETE FROM audit_entries WHERE seq = 3"], Fault("main", 4, "missing")),
    "swap": (
        [
            "UPDATE audit_entries SET seq = 100 WHERE seq = 3",
            "UPDATE audit_entries SET seq = 3 WHERE seq = 4",
            "UPDATE audit_entries SET seq = 4 WHERE seq = 100",
        ],
        Fault("main", 3, "changed"),
    ),
    "truncate": (["DELETE FROM audit_entries WHERE seq > 3"], Fault("main", 3, "end")),
    "empty": (["DELETE FROM audit_entries"], Fault("main", 0, "end")),
    "cut, and the head moved to an earlier entry": (
        [
            f"UPDATE audit_heads SET seq = 3, hash = {EARLIER}",  # noqa: S608
            "DELETE FROM audit_entries WHERE seq > 3",
        ],
        Fault("main", 3, "head"),
    ),
    "the head's row alone deleted": (["DELETE FROM audit_heads"], Fault("main", 5, "end")),
    "insert at the end": ([COPY.format(seq=6)], Fault("main", 6, "changed")),
    "insert another node's": ([COPY.format(seq=1).replace("SELECT node", "SELECT 'x'")], Fault("x", 1, "changed")),
}


@pytest.mark.rule("P15")
@pytest.mark.parametrize("how", TAMPERINGS)
async def test_tampering_is_found(any_store: Store, how: str) -> None:
    await write(any_store, 5)
    assert await faults(any_store) == (5, [])
    statements, fault = TAMPERINGS[how]
    await tamper(any_store, *statements)
    assert fault in (await faults(any_store))[1]


@pytest.mark.rule("P15")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entries SET subject_id = 99", "DELETE FROM audit_entries", "TRUNCATE audit_entries"],
)
async def test_the_database_itself_refuses_a_change(any_store: Store, statement: str) -> None:
    if any_store.engines.is_sqlite and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM audit_entries WHERE seq = 1"  # SQLite has no TRUNCATE
    await write(any_store, 2)
    with pytest.raises(DBAPIError, match="append-only"):
        async with any_store.unit() as unit:
            await unit.session.execute(text(statement))
    assert await faults(any_store) == (2, [])


async def test_acts_at_the_same_time_and_several_in_one_make_one_chain(any_store: Store) -> None:
    async def act(number: int) -> None:
        async with any_store.unit() as unit:
            await unit.audit(ADMIN, "wish.claimed", subject_id=number)
            await unit.audit(None, "wish.told", facts_of={"n": number, "list": (1, 2)})

    await asyncio.gather(*(act(n) for n in range(10)))
    assert await faults(any_store) == (20, [])


async def test_an_act_that_failed_leaves_no_entry(any_store: Store) -> None:
    await write(any_store, 1)
    with pytest.raises(RuntimeError):  # noqa: PT012 the whole unit is what is looked at
        async with any_store.unit() as unit:
            await unit.audit(ADMIN, "talk.read")
            raise RuntimeError
    assert await faults(any_store) == (1, [])


async def test_a_chain_made_with_other_keys_does_not_verify(
    any_store: Store, any_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    await write(any_store, 2)
    async with any_store.read() as session:
        stranger: Any = Store(any_store.engines, any_store.vault, clock, "main").vault
        genuine = dict(stranger._purpose_keys)
        stranger._purpose_keys["audit"] = bytes(32)
        assert len((await verify(session, stranger))[1]) == 2
        stranger._purpose_keys.update(genuine)


async def test_any_instant_and_many_pages_verify(store: Store) -> None:
    """A hash over a rounded instant would call one honest entry in eighty a changed one."""
    async with store.unit() as unit:
        for number in range(2_100):
            unit.now += timedelta(milliseconds=7_919 * number + 13, microseconds=377)
            await unit.audit(ADMIN, "count", rows=number)
    assert await faults(store) == (2_100, [])


async def test_a_chain_that_somebody_else_continued_or_that_was_rolled_back_goes_on_from_its_real_end(
    any_store: Store,
) -> None:
    """Where the chain ends is remembered from commit to commit; that is a guess, which the table corrects."""
    store = any_store
    await write(store, 2)
    behind = store.chain_head
    await write(store, 2)
    store.chain_head = behind  # as if another process had written the last two
    await write(store, 1)
    with suppress(RuntimeError):
        async with store.unit() as unit:
            await unit.audit(ADMIN, "talk.read")
            await unit.write_audit()
            raise RuntimeError
    await write(store, 1)
    assert await faults(store) == (6, [])


# --- against somebody who has the database and no keys (S6) -----------------------------------------------------------


async def heads_of(store: Store) -> list[dict[str, Any]]:
    async with store.read() as session:
        return [dict(row) for row in (await session.execute(AuditHead.__table__.select())).mappings()]


async def test_both_tables_emptied_beside_data_is_a_fault_and_nothing_at_all_is_none(any_store: Store) -> None:
    assert await faults(any_store) == (0, [])
    await make_org(any_store)
    await write(any_store, 3)
    await tamper(any_store, "DELETE FROM audit_entries", "DELETE FROM audit_heads")
    assert Fault("", 0, "empty") in (await faults(any_store))[1]


async def test_every_trigger_that_is_gone_or_does_nothing_is_told(any_store: Store) -> None:
    await write(any_store, 2)
    await tamper(any_store)
    assert (await faults(any_store))[1] == [Fault("", 0, "trigger")] * 2


@pytest.mark.parametrize(
    "body",
    [
        "SELECT RAISE(ABORT, 'audit entries are append-only') WHERE 0",
        "SELECT 'RAISE(ABORT'",
        "SELECT 1 -- RAISE(ABORT, 'audit entries are append-only')\n",
        "SELECT RAISE(IGNORE)",
    ],
)
async def test_a_body_that_only_looks_like_a_refusal_is_told(store: Store, body: str) -> None:
    await write(store, 2)
    async with store.engines.writer.begin() as connection:
        await connection.exec_driver_sql("DROP TRIGGER audit_entries_no_update")
        await connection.exec_driver_sql(
            f"CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN {body}; END"
        )
    assert (await faults(store))[1] == [Fault("", 0, "trigger")]


async def test_a_trigger_for_one_column_or_one_that_somebody_added_is_told(store: Store, postgres_store: Store) -> None:
    async with store.engines.writer.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER helpful AFTER INSERT ON audit_entries BEGIN DELETE FROM audit_heads WHERE 0; END"
        )
    assert (await faults(store))[1] == [Fault("", 0, "trigger")]
    there = "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries"
    run = "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
    for other in (there.replace("UPDATE", "UPDATE OF ref"), there, f"{there} FOR EACH ROW WHEN (OLD.seq < 0)"):
        async with postgres_store.engines.writer.begin() as connection:
            await connection.exec_driver_sql("DROP TRIGGER audit_entries_no_change ON audit_entries")
            await connection.exec_driver_sql(f"{other} {run.removeprefix('FOR EACH ROW ') if 'ROW' in other else run}")
        assert (await faults(postgres_store))[1] == ([Fault("", 0, "trigger")] if other != there else [])
    async with postgres_store.engines.writer.begin() as connection:  # the next test finds it as it was
        await connection.exec_driver_sql("DROP TRIGGER audit_entries_no_change ON audit_entries")
        await connection.exec_driver_sql(f"{there} {run}")


async def test_a_trigger_of_the_same_name_that_refuses_nothing_is_told(store: Store, postgres_store: Store) -> None:
    async with store.engines.writer.begin() as connection:
        await connection.execute(text("DROP TRIGGER audit_entries_no_delete"))
        await connection.execute(
            text("CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT 1; END")
        )
    assert (await faults(store))[1] == [Fault("", 0, "trigger")]
    async with postgres_store.engines.writer.begin() as connection:
        refuses = await connection.scalar(text("SELECT pg_get_functiondef('refuse_audit_change'::regproc)"))
        await connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RETURN OLD; END $$"
            )
        )
    assert (await faults(postgres_store))[1] == [Fault("", 0, "trigger")] * 2
    async with postgres_store.engines.writer.begin() as connection:  # the next test finds it as it was
        await connection.execute(text(refuses))


@pytest.mark.rule("P15")
async def test_an_older_state_put_back_as_a_whole_is_found_by_a_head_told_outside(
    any_store: Store, clock: ManualClock
) -> None:
    await write(any_store, 3)
    heads = await heads_of(any_store)
    await write(any_store, 2)
    async with any_store.read() as session:
        told = await heads_now(session, any_store.vault)
    await tamper(any_store, "DELETE FROM audit_entries WHERE seq > 3")
    async with any_store.engines.writer.begin() as connection:
        await connection.execute(core(AuditHead).delete())
        await connection.execute(core(AuditHead).insert(), heads)
    async with any_store.read() as session:
        sound = (await verify(session, any_store.vault))[1]
        assert [fault for fault in sound if fault.what != "trigger"] == []
        assert Fault("main", 5, "behind") in (await verify(session, any_store.vault, told))[1]
    any_store.chain_head = None
    clock.advance(timedelta(hours=1))
    await write(any_store, 2)  # and goes on from there
    async with any_store.read() as session:
        assert Fault("main", 5, "told") in (await verify(session, any_store.vault, told))[1]


async def test_a_head_told_outside_that_is_in_the_chain_is_no_fault_however_much_came_after(any_store: Store) -> None:
    await write(any_store, 3)
    async with any_store.read() as session:
        told = await heads_now(session, any_store.vault)
    await write(any_store, 2)
    async with any_store.read() as session:
        assert await verify(session, any_store.vault, told) == (5, [])
        short = Told("main", 3, told[0].begins[:16])
        assert await verify(session, any_store.vault, [short]) == (5, [])
        wrong = Told("main", 2, told[0].begins[:16])
        assert await verify(session, any_store.vault, [wrong, Told("other", 1, "ab")]) == (
            5,
            [Fault("main", 2, "told"), Fault("other", 0, "end"), Fault("other", 1, "behind")],
        )


HARMS: dict[str, Sequence[str]] = {
    "the head taken away": ["DELETE FROM audit_heads"],
    "the head another hash": [f"UPDATE audit_heads SET hash = {EARLIER.replace('3', '2')}"],  # noqa: S608
    "the head's number moved on": ["UPDATE audit_heads SET seq = seq + 7"],
    "the head's number moved back": ["UPDATE audit_heads SET seq = 1"],
    "both emptied": ["DELETE FROM audit_entries", "DELETE FROM audit_heads"],
    "one behind the head": [COPY.format(seq=4)],
    "many behind the head": [COPY.format(seq=seq) for seq in (4, 5, 7, 8, 9, 14)],
    "one far behind": [COPY.format(seq=5)],
    "one at the last number there is": [COPY.format(seq=2**63 - 1), "DELETE FROM audit_heads"],
    "one behind the head, and the head gone": [COPY.format(seq=4), "DELETE FROM audit_heads"],
    "one before the first": [COPY.format(seq=-5)],
}
ODD_VALUES: dict[str, Sequence[str]] = {
    "the head's hash is words": ["UPDATE audit_heads SET hash = 'words', seq = 'three'"],
    "the head is empty": ["UPDATE audit_heads SET hash = x''"],
    "facts are no JSON": ["UPDATE audit_entries SET facts = 'x{' WHERE seq = 2"],
    "a time is words": ["UPDATE audit_entries SET at = 'never' WHERE seq = 2"],
    "a time beyond all calendars": ["UPDATE audit_entries SET at = 9000000000000000000 WHERE seq = 2"],
    "a hash is words": ["UPDATE audit_entries SET hash = 'words', prev = 'words' WHERE seq = 3"],
    "bytes that are no text": ["UPDATE audit_entries SET action = CAST(x'ff' AS TEXT) WHERE seq = 3"],
    "a node in bytes": [COPY.format(seq=9).replace("SELECT node", "SELECT x'6d61696e'")],
}


async def goes_on_and_is_told(store: Store, harm: Sequence[str]) -> None:
    """What is done after that is entered, and what was done to the chain is told for good."""
    store.chain_head = None
    await write(store, 3)
    await tamper(store, *harm)
    before, found = await faults(store)
    assert [fault for fault in found if fault.what != "trigger"]
    for fresh in (False, True, True):  # with what this process remembers, and after a restart
        if fresh:
            store.chain_head = None
        async with store.unit() as unit:
            await unit.audit(ADMIN, "talk.read")
            await unit.audit(ADMIN, "talk.read", subject_id=7)
    count, found = await faults(store)
    assert count == 0 or count >= before + 6
    assert [fault for fault in found if fault.what != "trigger"]


@pytest.mark.parametrize("harm", HARMS)
async def test_whoever_damages_the_chain_stops_nobody_and_is_told_for_ever(any_store: Store, harm: str) -> None:
    await make_org(any_store)
    await goes_on_and_is_told(any_store, HARMS[harm])


@pytest.mark.parametrize("harm", ODD_VALUES)
async def test_nor_by_values_that_no_entry_has(store: Store, harm: str) -> None:
    """SQLite takes any value in any column."""
    await goes_on_and_is_told(store, ODD_VALUES[harm])


async def test_a_chain_that_was_emptied_while_nobody_ran_is_told_by_its_next_first_entry(
    any_store: Store, any_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    await make_org(any_store)
    await write(any_store, 3)
    await tamper(any_store, "DELETE FROM audit_entries", "DELETE FROM audit_heads")
    again = await Store.open(any_url, masters=masters, clock=clock, lock=False)
    try:
        await write(again, 1)
        assert Fault("main", 1, "mended") in (await faults(again))[1]
    finally:
        await again.close()


async def test_a_chain_whose_key_is_gone_goes_on_and_is_told(
    any_store: Store, any_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    await make_org(any_store)
    await write(any_store, 3)
    await tamper(any_store, "DELETE FROM data_keys WHERE owner = 'purpose:audit'")
    again = await Store.open(any_url, masters=masters, clock=clock, lock=False)
    try:
        await write(again, 2)
        assert {fault.what for fault in (await faults(again))[1]} >= {"changed", "mended"}
    finally:
        await again.close()


async def test_a_chain_of_an_earlier_release_is_sound_and_gets_a_head_that_cannot_be_moved(any_store: Store) -> None:
    old: list[dict[str, Any]] = []
    prev = OLD_GENESIS
    for seq in (1, 2, 3):
        row = {"node": "main", "seq": seq, "at": any_store.clock.now(), "actor_id": None, "actor_role": "", "ref": ""}
        row |= {"action": "talk.read", "subject_id": seq, "facts": {}}
        digest = hash_of(any_store.vault, prev, row)
        old.append({**row, "prev": prev, "hash": digest})
        prev = digest
    async with any_store.engines.writer.begin() as connection:
        await connection.execute(core(AuditEntry).insert(), old)
        await connection.execute(core(AuditHead).insert(), [{"node": "main", "seq": 3, "hash": prev}])
    assert await faults(any_store) == (3, [])
    await write(any_store, 1)
    assert await faults(any_store) == (5, [])
    await tamper(
        any_store,
        "UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_entries WHERE seq = 4)",
        "DELETE FROM audit_entries WHERE seq > 4",
    )
    assert Fault("main", 4, "head") in (await faults(any_store))[1]
