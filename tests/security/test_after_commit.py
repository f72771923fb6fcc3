"""What is durable is never called lost, and what was erased does not stay in the write-ahead log (sections 4 and 9)."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bot.clock import ManualClock
from bot.store.delivery import DataKey, Setting
from bot.store.migrate import upgrade
from bot.store.sealing import MasterKeys
from bot.store.store import Store

MARK = "canary-erased-4711"


def setting(store: Store, name: str, value: str = "") -> Setting:
    return Setting(name=name, value=value, at=store.clock.now())


async def test_a_listener_that_breaks_does_not_make_a_done_change_look_undone(any_store: Store) -> None:
    """The caller would be told 未记录 although it was recorded, and would send it again."""
    heard: list[object] = []

    def broken(*_: object) -> None:
        raise RuntimeError

    any_store.on_signal(broken)
    any_store.on_signal(lambda topic, value: heard.append(value))
    async with any_store.unit() as unit:
        unit.session.add(setting(any_store, "a"))
        unit.after_commit(broken)
        unit.signal("chat", "888")
    assert heard == ["888"]
    async with any_store.read() as session:
        assert (await session.execute(select(Setting.name))).scalar_one() == "a"


async def test_a_checkpoint_that_fails_does_not_make_an_erasure_look_undone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> bool:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(store.engines, "checkpoint", fails)
        async with store.unit() as unit:
            unit.erased = True


async def test_listeners_hear_of_an_erasure_before_the_log_is_emptied(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Emptying it may take a while; the recorder must not go on with what it knew before."""
    order: list[str] = []
    store.on_signal(lambda *_: order.append("told"))
    empty = store.engines.checkpoint

    async def checkpoint() -> bool:
        order.append("emptied")
        return await empty()

    monkeypatch.setattr(store.engines, "checkpoint", checkpoint)
    async with store.unit() as unit:
        unit.signal("chat", "888")
        unit.erased = True
    assert order == ["told", "emptied"]


async def test_a_long_read_delays_the_emptying_and_nobody_else(store: Store, sqlite_url: str) -> None:
    wal = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///") + "-wal").read_bytes
    async with store.unit() as unit:
        unit.session.add(setting(store, "a", MARK))
    async with store.read() as session:
        await session.execute(select(Setting))  # its snapshot needs the log
        async with asyncio.timeout(8):
            async with store.unit() as unit:
                await unit.session.execute(delete(Setting))
                unit.erased = True
            async with store.unit() as unit:
                unit.session.add(setting(store, "b"))
        assert MARK.encode() in wal()
    async with store.unit():
        pass  # the next change of anybody, or the next tick
    assert MARK.encode() not in wal()


async def test_a_destroyed_key_is_not_brought_back_by_a_reader_with_an_older_view(any_store: Store) -> None:
    async with any_store.unit() as unit:
        key_id = await unit.vault.new_key(unit.session, "person:1")
    async with any_store.read() as session:
        await session.execute(select(DataKey.id))
        async with any_store.unit() as unit:
            await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
            unit.destroyed(key_id)
        await any_store.vault.ready(session, key_id)
    with pytest.raises(KeyError):
        any_store.vault.seal(key_id, "any:where:else", "…")


async def test_a_destruction_that_was_rolled_back_leaves_the_key_in_use(any_store: Store) -> None:
    async with any_store.unit() as unit:
        key_id = await unit.vault.new_key(unit.session, "person:1")
    with pytest.raises(ZeroDivisionError):
        await _destroys_and_fails(any_store, key_id)
    async with any_store.read() as session:
        await any_store.vault.ready(session, key_id)
    assert any_store.vault.seal(key_id, "any:where:else", "…")


async def _destroys_and_fails(store: Store, key_id: int) -> None:
    async with store.unit() as unit:
        await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
        unit.destroyed(key_id)
        raise ZeroDivisionError


def modes_in(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_mode & 0o777 for one in folder.glob("fresh.db*")}


async def test_the_database_is_made_for_its_owner_only(tmp_path: Path, masters: MasterKeys, clock: ManualClock) -> None:
    """Whatever the mode of the folder: a mounted volume is often open to all."""
    path = tmp_path / "fresh.db"
    url = f"sqlite+aiosqlite:///{path}"
    await upgrade(url)
    store = await Store.open(url, masters=masters, clock=clock)
    async with store.unit() as unit:
        unit.session.add(setting(store, "a"))
    modes = modes_in(tmp_path)
    await store.close()
    assert {"fresh.db", "fresh.db-wal", "fresh.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}
