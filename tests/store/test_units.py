"""One write transaction: all or nothing, once per event, one winner in a race (reliability sections 4, 8 and 17)."""

import asyncio
import sqlite3
from datetime import timedelta

import pytest
from nonebot.exception import FinishedException
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.clock import ManualClock
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Say
from bot.store.base import Base
from bot.store.delivery import EventKey, OutboxMessage, Setting
from bot.store.engine import DatabaseInUse
from bot.store.sealing import MasterKeys
from bot.store.store import BATCH, COMMAND, Store, StoreClosed, WriterTurn
from bot.store.unit import Redelivered, Unit
from tests.patience import PATIENCE

SEATS = "seats"


class Told(Say):
    """Something to push."""

    template = "test/told"


ADDRESS = Address("onebot11", "10001", ChatKind.PRIVATE, "20001")


def setting(store: Store, name: str, value: str = "1") -> Setting:
    return Setting(name=name, value=value, at=store.clock.now())


async def names(store: Store) -> list[str]:
    async with store.read() as session:
        return list((await session.execute(select(Setting.name).order_by(Setting.name))).scalars())


async def waiting(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(OutboxMessage))).scalar_one()


async def test_a_failed_unit_stores_nothing_and_takes_no_key(any_store: Store) -> None:
    key = any_store.event_key("onebot11", "10001", "g1", "u1", "m1", 0)
    with pytest.raises(RuntimeError):  # noqa: PT012 the whole unit is what is looked at
        async with any_store.unit(key) as unit:
            unit.session.add(setting(any_store, "a"))
            await unit.session.flush()
            raise RuntimeError
    assert await names(any_store) == []
    async with any_store.unit(key) as unit:  # the same event may be tried again
        unit.session.add(setting(any_store, "a"))
    assert await names(any_store) == ["a"]


async def test_a_redelivered_event_has_no_second_effect(any_store: Store) -> None:
    key = any_store.event_key("onebot11", "10001", "g1", "u1", "m1", 0)
    for _ in range(2):
        try:
            async with any_store.unit(key) as unit:
                await unit.push(ADDRESS, Told())
        except Redelivered:
            break
    else:
        pytest.fail("the second run was let in")
    assert await waiting(any_store) == 1


async def test_one_of_two_copies_at_once_has_the_effect(any_store: Store) -> None:
    key = any_store.event_key("onebot11", "10001", "g1", "u1", "m1", 0)

    async def run() -> bool:
        try:
            async with any_store.unit(key) as unit:
                await unit.push(ADDRESS, Told())
        except Redelivered:
            return False
        return True

    assert sorted(await asyncio.gather(run(), run(), run())) == [False, False, True]
    assert await waiting(any_store) == 1


async def test_events_that_differ_in_one_part_have_different_keys(store: Store) -> None:
    parts = ["onebot11", "10001", "g1", "u1", "m1", "1795485600"]
    keys = {store.event_key(*parts[:i], "other", *parts[i + 1 :]) for i in range(len(parts))}
    assert len(keys | {store.event_key(*parts)}) == 7
    assert store.event_key("ab", "c") != store.event_key("a", "bc")


async def test_what_waits_for_the_commit_runs_after_it_and_not_after_a_rollback(any_store: Store) -> None:
    seen: list[str] = []
    woken: list[set[str]] = []
    any_store.on_wake(lambda bots: woken.append(set(bots)))
    with pytest.raises(RuntimeError):  # noqa: PT012 the whole unit is what is looked at
        async with any_store.unit() as unit:
            unit.after_commit(lambda: seen.append("lost"))
            await unit.push(ADDRESS, Told())
            raise RuntimeError
    assert (seen, woken) == ([], [])
    async with any_store.unit() as unit:
        unit.after_commit(lambda: seen.append("kept"))
        await unit.push(ADDRESS, Told())
        assert (seen, woken) == ([], [])
    assert (seen, woken) == (["kept"], [{"10001"}])


async def test_trap_a_a_handler_that_fails_leaves_nothing_behind(any_store: Store) -> None:
    """A dependency that commits on a clean exit commits after a failed handler; a unit does not."""

    async def handler(unit: Unit) -> None:
        unit.session.add(setting(any_store, "half"))
        await unit.session.flush()
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        async with any_store.unit() as unit:
            await handler(unit)
    assert await names(any_store) == []


async def test_trap_b_finish_inside_a_unit_neither_stores_nor_sends(any_store: Store) -> None:
    with pytest.raises(FinishedException):  # noqa: PT012 the whole unit is what is looked at
        async with any_store.unit() as unit:
            unit.session.add(setting(any_store, "half"))
            await unit.push(ADDRESS, Told())
            raise FinishedException
    assert await names(any_store) == []
    assert await waiting(any_store) == 0


async def test_trap_e_of_eight_who_want_one_seat_exactly_one_gets_it(
    any_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    """Two stores on one database, so that the database decides and not our queue in memory."""
    stores = [await Store.open(any_url, masters=masters, clock=clock, lock=False) for _ in range(2)]
    async with stores[0].unit() as unit:
        unit.session.add(setting(stores[0], SEATS, "1"))

    async def sign_up(number: int) -> bool:
        async with stores[number % 2].unit() as unit:
            row = (
                await unit.session.execute(select(Setting).where(Setting.name == SEATS).with_for_update())
            ).scalar_one()
            await asyncio.sleep(0)
            if int(row.value) == 0:
                return False
            row.value = str(int(row.value) - 1)
            unit.session.add(setting(stores[0], f"seat of {number}"))
        return True

    assert sum(await asyncio.gather(*(sign_up(n) for n in range(8)))) == 1
    assert len(await names(stores[0])) == 2
    for store in stores:
        await store.close()


async def test_trap_g_a_read_neither_waits_for_a_writer_nor_sees_its_half(any_store: Store) -> None:
    async with any_store.unit() as unit:
        unit.session.add(setting(any_store, "half"))
        await unit.session.flush()
        async with asyncio.timeout(PATIENCE):
            assert await names(any_store) == []
    assert await names(any_store) == ["half"]


def test_trap_h_no_relationship_loads_by_itself() -> None:
    loading = [str(r) for m in Base.registry.mappers for r in m.relationships if r.lazy not in ("raise", True)]
    assert loading == []


async def test_a_read_sees_one_state_and_cannot_write(any_store: Store) -> None:
    async with any_store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Setting))).scalar_one() == 0
        async with any_store.unit() as unit:
            unit.session.add(setting(any_store, "late"))
        assert (await session.execute(select(func.count()).select_from(Setting))).scalar_one() == 0
        with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
            await session.execute(delete(Setting))
    assert await names(any_store) == ["late"]
    async with any_store.unit() as unit:  # the connection of the read may write again when it is used for a unit
        await unit.session.execute(delete(Setting))
    assert await names(any_store) == []


async def test_no_error_shows_the_values_that_were_bound(any_store: Store) -> None:
    with pytest.raises(IntegrityError) as first:  # noqa: PT012 the whole unit is what is looked at
        async with any_store.unit() as unit:
            for _ in range(2):
                await unit.session.execute(
                    text("INSERT INTO settings VALUES ('n', :value, 0)"), {"value": "canary-4711"}
                )
    assert "canary-4711" not in str(first.value)


async def test_a_second_process_on_the_same_file_is_refused(
    sqlite_url: str, store: Store, masters: MasterKeys, clock: ManualClock
) -> None:
    with pytest.raises(DatabaseInUse):
        await Store.open(sqlite_url, masters=masters, clock=clock)
    await store.close()
    again = await Store.open(sqlite_url, masters=masters, clock=clock)
    await again.close()


async def test_a_closed_store_takes_no_unit(any_store: Store) -> None:
    await any_store.close()
    with pytest.raises(StoreClosed):
        async with any_store.unit():
            pytest.fail("a unit began")


async def test_an_erasing_unit_leaves_nothing_in_the_write_ahead_log(store: Store, sqlite_url: str) -> None:
    async with store.unit() as unit:
        unit.session.add(setting(store, "a", "canary-4712"))
    path = sqlite_url.removeprefix("sqlite+aiosqlite:///")
    read = await asyncio.to_thread(_bytes, path)
    assert b"canary-4712" in read
    async with store.unit() as unit:
        await unit.session.execute(delete(Setting))
        unit.erased = True
    assert b"canary-4712" not in await asyncio.to_thread(_bytes, path)


def _bytes(path: str) -> bytes:
    content = b""
    for name in (path, path + "-wal"):
        with open(name, "rb") as file:
            content += file.read()
    return content


async def test_the_writer_is_durable_and_strict(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "trusted_schema": 0}
    async with store.engines.writer.connect() as connection:
        for pragma, value in wanted.items():
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value, pragma


async def test_a_foreign_lock_delays_and_then_refuses_without_loss(store: Store, sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite+aiosqlite:///")
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    async with store.engines.writer.connect() as connection:
        await connection.run_sync(lambda c: c.connection.cursor().execute("PRAGMA busy_timeout=50"))
    with pytest.raises(OperationalError, match="locked"):
        async with store.unit() as unit:
            unit.session.add(setting(store, "refused"))
    foreign.execute("ROLLBACK")
    foreign.close()
    async with store.unit() as unit:
        unit.session.add(setting(store, "taken"))
    assert await names(store) == ["taken"]


# --- the writer's turn -----------------------------------------------------------------------------------------------


async def _line_up(turn: WriterTurn, order: list[str], name: str, priority: int) -> asyncio.Task[None]:
    async def write() -> None:
        async with turn(priority):
            order.append(name)

    task = asyncio.create_task(write())
    await asyncio.sleep(0)  # let it join the queue
    return task


async def test_commands_go_ahead_of_batches_that_wait_longer() -> None:
    turn, order = WriterTurn(), list[str]()
    async with turn(COMMAND):
        tasks = [await _line_up(turn, order, f"batch {n}", BATCH) for n in range(2)]
        tasks += [await _line_up(turn, order, f"command {n}", COMMAND) for n in range(2)]
        assert order == []
    await asyncio.gather(*tasks)
    assert order == ["command 0", "command 1", "batch 0", "batch 1"]


async def test_who_is_cancelled_while_waiting_does_not_lose_the_turn() -> None:
    turn, order = WriterTurn(), list[str]()
    async with turn(COMMAND):
        gone, stays = [await _line_up(turn, order, name, COMMAND) for name in ("gone", "stays")]
        gone.cancel()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    async with asyncio.timeout(PATIENCE), turn(COMMAND):
        assert order == ["stays"]


async def test_who_is_cancelled_just_when_the_turn_comes_hands_it_on() -> None:
    turn, order = WriterTurn(), list[str]()
    async with turn(COMMAND):
        gone, stays = [await _line_up(turn, order, name, COMMAND) for name in ("gone", "stays")]
    gone.cancel()  # the turn is given to it already, but it has not run yet
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    async with asyncio.timeout(PATIENCE), turn(COMMAND):
        assert order == ["stays"]


# --- cancellation around the commit ----------------------------------------------------------------------------------


async def test_cancelled_anywhere_and_tried_again_each_effect_is_there_once(any_store: Store) -> None:
    """D8 in small: a cancelled commit is often a done commit, so the same key is used again."""
    told: list[int] = []

    async def write(number: int) -> None:
        async with any_store.unit(any_store.event_key("cancel", number)) as unit:
            unit.after_commit(lambda: told.append(number))
            unit.session.add(setting(any_store, f"{number:03}"))

    async def cancelled_after(steps: int, number: int) -> None:
        task = asyncio.create_task(write(number))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await write(number)
        except Redelivered:
            return

    await asyncio.gather(*(cancelled_after(number // 2, number) for number in range(120)))
    assert await names(any_store) == [f"{number:03}" for number in range(120)]
    assert sorted(told) == list(range(120))
    pool = any_store.engines.writer.pool
    assert pool.checkedout() == 0  # type: ignore[attr-defined]
    async with any_store.read() as session:
        assert (await session.execute(select(func.count()).select_from(EventKey))).scalar_one() == 120


async def test_an_instant_comes_back_to_the_millisecond(any_store: Store) -> None:
    start = any_store.clock.now()
    instants = [start + timedelta(days=n * 7, milliseconds=n * 37 + 1) for n in range(300)]
    async with any_store.unit() as unit:
        unit.session.add_all([Setting(name=f"{n:03}", value="", at=at) for n, at in enumerate(instants)])
    async with any_store.read() as session:
        assert list((await session.execute(select(Setting.at).order_by(Setting.name))).scalars()) == instants
