"""The write-ahead log is folded into the database by the store itself, and nothing done looks undone by it."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bot.clock import ManualClock
from bot.store.delivery import Setting
from bot.store.engine import pragma
from bot.store.sealing import MasterKeys
from bot.store.store import Store

WORDS = "字" * 400


async def write(store: Store, name: str) -> None:
    async with store.unit() as unit:
        unit.session.add(Setting(name=name, value=WORDS, at=unit.now))


async def count(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(Setting))).scalar_one()


def log_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///") + "-wal")


async def test_the_log_does_not_grow_for_ever(store: Store, sqlite_url: str) -> None:
    """SQLite's own folding is off: it says nothing when its sync fails."""
    async with store.engines.writer.connect() as connection:
        assert await pragma(connection, "wal_autocheckpoint") == [(0,)]
    store.engines.fold_after = 20
    sizes: list[int] = []
    for number in range(200):
        await write(store, f"{number}")
        sizes.append(log_of(sqlite_url).stat().st_size)
    assert max(sizes[100:]) == max(sizes[:100]), "it begins at its beginning again"
    assert await count(store) == 200


async def test_a_folding_that_is_refused_does_not_make_a_done_change_look_undone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object) -> bool:
        raise OperationalError("PRAGMA", {}, Exception())

    store.engines.fold_after = 1
    with monkeypatch.context() as patch:
        patch.setattr(store.engines, "_checkpoint", refuses)
        await write(store, "a")
    await write(store, "b")
    assert await count(store) == 2


async def test_what_a_killed_process_left_in_its_log_is_in_the_database_file_before_anything_is_added(
    store: Store, sqlite_url: str, masters: MasterKeys, clock: ManualClock, tmp_path: Path
) -> None:
    await write(store, "a")
    (tmp_path / "killed").mkdir()
    for end in ("", "-wal"):
        (tmp_path / "killed" / f"zhixin.db{end}").write_bytes(
            log_of(sqlite_url).with_name(f"zhixin.db{end}").read_bytes()
        )
    url = f"sqlite+aiosqlite:///{tmp_path}/killed/zhixin.db"
    again = await Store.open(url, masters=masters, clock=clock)
    assert log_of(url).stat().st_size == 0
    assert await count(again) == 1
    await again.close()
