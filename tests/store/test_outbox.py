"""待发消息: claimed under a fence, finished once, visible to the end (reliability section 6)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import delete, event, func, select, update

from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Say
from bot.store import leases, outbox, waiting
from bot.store.delivery import DataKey, EventKey, OutboxMessage
from bot.store.outbox import Outgoing
from bot.store.store import Store

BOT = "10001"
FRIEND = Address("onebot11", BOT, ChatKind.PRIVATE, "20001", "30001")
GROUP = Address("onebot11", BOT, ChatKind.GROUP, "30001")


@dataclass(frozen=True, slots=True)
class Told(Say):
    """Something to push."""

    template: ClassVar[str] = "test/told"
    words: str
    at: datetime


async def push(store: Store, words: str = "你好", address: Address = FRIEND, **options: Any) -> int | None:
    async with store.unit() as unit:
        return await unit.push(address, Told(words, store.clock.now()), **options)


async def claim(store: Store, owner: str = "n1", *, after: timedelta = timedelta()) -> list[Outgoing]:
    now = store.clock.now() + after
    async with store.read() as session:
        rows = await waiting.due(session, [BOT], now=now, limit=50)
    async with store.unit(now=now) as unit:
        return await leases.lease(unit.session, store.vault, [r.id for r in rows], owner=owner, now=now)


async def finish(store: Store, row: Outgoing, state: str, **options: Any) -> bool:
    async with store.unit() as unit:
        return await leases.finish(unit.session, row.id, row.fence, state=state, now=unit.now, **options)


async def row_of(store: Store, row_id: int | None) -> OutboxMessage:
    async with store.read() as session:
        return (await session.execute(select(OutboxMessage).where(OutboxMessage.id == row_id))).scalar_one()


async def test_a_row_comes_back_as_it_was_put_in(any_store: Store) -> None:
    await push(any_store, "想一起跑步😀", fallback=(GROUP, Told("群里说", any_store.clock.now())), file=("a.zip", 7))
    (row,) = await claim(any_store)
    assert (row.address, row.words.template, row.file) == (FRIEND, "test/told", ("a.zip", 7))
    assert row.words.data == {"words": "想一起跑步😀", "at": any_store.clock.now()}
    assert row.fallback is not None
    assert (row.fallback[0], row.fallback[1].data["words"]) == (GROUP, "群里说")


async def test_words_and_addressee_are_not_in_the_table(any_store: Store) -> None:
    row = await row_of(any_store, await push(any_store, "canary-4714"))
    for column in OutboxMessage.__table__.columns:
        value = getattr(row, column.name)
        plain = value if isinstance(value, bytes) else str(value).encode()
        assert b"canary-4714" not in plain, column.name
        assert b"20001" not in plain or isinstance(value, int), column.name


async def test_the_same_idempotency_key_is_queued_once(any_store: Store) -> None:
    for is_new in (True, False):
        async with any_store.unit() as unit:
            row = await unit.push(FRIEND, Told("好", unit.now), idem_key="rem:1:2:3")
            assert await unit.is_new(row) is is_new
            again = await unit.push(FRIEND, Told("好", unit.now), idem_key="rem:1:2:3")
            assert not await unit.is_new(again)
    assert len(await claim(any_store)) == 1


async def test_what_a_unit_says_is_one_statement_and_whoever_looks_for_it_before_finds_it(any_store: Store) -> None:
    written: list[str] = []
    event.listen(
        any_store.engines.writer.sync_engine,
        "before_cursor_execute",
        lambda _c, _k, sql, *_: written.append(sql) if sql.startswith("INSERT INTO outbox") else None,
    )
    async with any_store.unit() as unit:
        rows = [await unit.push(FRIEND, Told(str(n), unit.now)) for n in range(3)]
    assert len(written) == 1
    assert [r.id for r in await claim(any_store)] == rows
    async with any_store.unit() as unit:
        row = await unit.push(FRIEND, Told("晚一点", unit.now), idem_key="rem:2:1:1", person_id=7)
        await unit.session.scalar(select(func.count()).select_from(EventKey))
        assert len(written) == 1
        assert await outbox.take_back(unit.session, "rem:2:", person_id=7) == 1
    assert len(written) == 2
    assert (await row_of(any_store, row)).state == "cancelled"
    async with any_store.unit() as unit:
        row = await unit.push(FRIEND, Told("不说了", unit.now))
        await unit.session.execute(delete(OutboxMessage).where(OutboxMessage.id == row))
    async with any_store.read() as session:
        assert await session.get(OutboxMessage, row) is None


async def test_two_who_claim_at_once_share_no_row(any_store: Store) -> None:
    for number in range(10):
        await push(any_store, str(number))
    first, second = await asyncio.gather(claim(any_store, "n1"), claim(any_store, "n2"))
    assert len({r.id for r in (*first, *second)}) == len(first) + len(second) == 10


async def test_rows_come_by_urgency_and_then_in_order(any_store: Store) -> None:
    for words, priority in (("b", 5), ("c", 5), ("a", 1), ("d", 9)):
        await push(any_store, words, priority=priority)
    assert [r.words.data["words"] for r in await claim(any_store)] == ["a", "b", "c", "d"]


async def test_a_finish_with_an_old_fence_changes_nothing(any_store: Store) -> None:
    row_id = await push(any_store)
    (old,) = await claim(any_store, "n1")
    later = timedelta(minutes=2)
    async with any_store.unit() as unit:
        assert await leases.rescue(unit.session, owner="n2", now=unit.now + later) == 1
    assert not await finish(any_store, old, "sent", native_id="m1")
    row = await row_of(any_store, row_id)
    assert (row.state, row.error, row.attempts) == ("unknown", "died", 0)


async def test_a_finished_row_cannot_be_finished_again_and_keeps_no_words(any_store: Store) -> None:
    row_id = await push(any_store)
    (leased,) = await claim(any_store)
    assert await finish(any_store, leased, "sent", native_id="m1")
    assert not await finish(any_store, leased, "failed")
    row = await row_of(any_store, row_id)
    assert (row.state, row.payload, row.native_id, row.attempts) == ("sent", None, "m1", 1)
    assert row.sent_at == any_store.clock.now()


async def test_a_row_given_back_waits_and_counts_no_attempt(any_store: Store) -> None:
    row_id = await push(any_store)
    (leased,) = await claim(any_store)
    wait = any_store.clock.now() + timedelta(minutes=5)
    assert await finish(any_store, leased, "ready", not_before=wait, attempted=False)
    assert await claim(any_store) == []
    (again,) = await claim(any_store, after=timedelta(minutes=5))
    assert (again.id, again.attempts, again.fence) == (row_id, 0, leased.fence + 1)


async def test_a_row_past_its_time_is_not_sent_and_ends_visibly(any_store: Store) -> None:
    row_id = await push(any_store, cls="O")
    after = outbox.PUSH_LIFE
    assert await claim(any_store, after=after) == []
    async with any_store.unit() as unit:
        assert await leases.expire(unit.session, unit.vault, now=unit.now + after - timedelta(seconds=1)) == []
        assert len(await leases.expire(unit.session, unit.vault, now=unit.now + after)) == 1
    row = await row_of(any_store, row_id)
    assert (row.state, row.payload) == ("expired", None)


async def test_a_lease_that_runs_is_not_rescued_by_another_process(any_store: Store) -> None:
    await push(any_store)
    await claim(any_store, "n1")
    async with any_store.unit() as unit:
        assert await leases.rescue(unit.session, owner="n2", now=unit.now) == 0
        assert await leases.rescue(unit.session, owner="n1", now=unit.now) == 1  # n1 starts again: it died


async def test_a_row_whose_key_was_destroyed_is_cancelled_and_stops_no_other(any_store: Store) -> None:
    async with any_store.unit() as unit:
        key_id = await any_store.vault.new_key(unit.session, "person:1")
    gone = await push(any_store, "给已删除的人", key_id=key_id)
    kept = await push(any_store, "给别人")
    async with any_store.unit() as unit:
        await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
    any_store.vault.forget(key_id)
    assert [r.id for r in await claim(any_store)] == [kept]
    row = await row_of(any_store, gone)
    assert (row.state, row.error, row.payload) == ("cancelled", "unreadable", None)


async def test_a_payload_moved_to_another_row_is_cancelled_and_stops_no_other(any_store: Store) -> None:
    first, second, third = [await push(any_store, words) for words in "abc"]
    foreign = (await row_of(any_store, first)).payload
    async with any_store.unit() as unit:
        await unit.session.execute(update(OutboxMessage).where(OutboxMessage.id == second).values(payload=foreign))
    assert [r.id for r in await claim(any_store)] == [first, third]
    assert (await row_of(any_store, second)).state == "cancelled"
