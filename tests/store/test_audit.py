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
from bot.store.audit import Fault, verify
from bot.store.sealing import MasterKeys
from bot.store.store import Store

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
    "insert at the end": ([COPY.format(seq=6)], Fault("main", 6, "changed")),
    "insert another node's": ([COPY.format(seq=1).replace("SELECT node", "SELECT 'x'")], Fault("x", 1, "changed")),
}


@pytest.mark.parametrize("how", TAMPERINGS)
async def test_tampering_is_found(any_store: Store, how: str) -> None:
    await write(any_store, 5)
    assert await faults(any_store) == (5, [])
    statements, fault = TAMPERINGS[how]
    await tamper(any_store, *statements)
    assert fault in (await faults(any_store))[1]


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
