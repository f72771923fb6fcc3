"""With equally many due, what time brings, mending and new references cost the same however many rows there are.

What is counted is the work of SQLite's virtual machine, not time: a statement that looks at every row shows at once.
"""

import shutil
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event, text

from bot.clock import ManualClock
from bot.core.acts.repair_times import mend_times
from bot.core.feature import Look, features
from bot.features.rights.acts.expire import expire_kind, expiries
from bot.schedule.ticks import all_ticks
from bot.store.base import Base, Instant
from bot.store.refs import new_ref
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.databases import NOW
from tests.filled import UNTOUCHED, fill

FEW: Final = 300
DUE: Final = 20
"""Rows of every table that have been there for years."""
LONG_AGO: Final = 11 * 366 * 86_400_000
"""Also what lies ten years ahead is due then."""
OFFICE_HOUR: Final = NOW
LEEWAY: Final = 1.3
SLACK: Final = 300
"""Steps that a draw of references or a page of an index may differ by."""
EVERY: Final = 10
"""Steps of the virtual machine between two counts."""
Work = Callable[[Store], Coroutine[Any, Any, object]]


@contextmanager
def steps(store: Store) -> Iterator[list[int]]:
    """How many steps the virtual machine takes meanwhile, by the ten, on every connection of the store."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    def watch(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.run_async(lambda raw: raw.set_progress_handler(count, EVERY))

    def leave(connection: Any, _record: Any) -> None:
        connection.run_async(lambda raw: raw.set_progress_handler(None, EVERY))

    engines = [store.engines.reader.sync_engine, store.engines.writer.sync_engine]
    for engine in engines:
        event.listen(engine, "checkout", watch)
        event.listen(engine, "checkin", leave)
    try:
        yield counted
    finally:
        for engine in engines:
            event.remove(engine, "checkout", watch)
            event.remove(engine, "checkin", leave)


async def age(store: Store) -> None:
    """The first rows of every table are many years old; everything that comes after them is recent."""
    async with store.engines.writer.begin() as connection:
        for table in Base.metadata.sorted_tables:
            times = [column.name for column in table.columns if isinstance(column.type, Instant)]
            if not times or table.name in UNTOUCHED or table.name == "audit_entries":
                continue
            keys = ", ".join(column.name for column in table.primary_key)
            values = ", ".join(f'"{name}" = "{name}" - {LONG_AGO}' for name in times)
            oldest = f"SELECT {keys} FROM {table.name} LIMIT {DUE}"  # noqa: S608 our own names
            await connection.execute(text(f"UPDATE {table.name} SET {values} WHERE ({keys}) IN ({oldest})"))  # noqa: S608


def works() -> dict[str, Work]:
    """What is counted, by name; the rest of a store stays as it is."""
    looks = {f"look {tick.name}": partial(_look, name=tick.name) for feature in features() for tick in feature.ticks}
    kinds = {f"expiry {kind}": partial(_expire, kind=kind) for kind in expiries()}
    return {"mending": _mend, "reference": _refer, **kinds, **looks}


async def _look(store: Store, name: str) -> None:
    await all_ticks(store)[name](OFFICE_HOUR)


async def _expire(store: Store, kind: str) -> None:
    async with store.unit(now=OFFICE_HOUR) as unit:
        await expire_kind(unit, kind, Look(OFFICE_HOUR))


async def _refer(store: Store) -> None:
    async with store.unit(now=OFFICE_HOUR) as unit:
        await new_ref(unit, "W")


async def _mend(store: Store) -> None:
    assert await mend_times(store, OFFICE_HOUR) == 0


async def _costs(folder: Path, template: Path, masters: MasterKeys, rows: int) -> dict[str, int]:
    """The steps of each work in a store of so many rows."""
    path = folder / f"{rows}.db"
    shutil.copyfile(template, path)
    store = await Store.open(f"sqlite+aiosqlite:///{path}", masters=masters, clock=ManualClock(OFFICE_HOUR))
    try:
        async with store.engines.writer.begin() as connection:
            await fill(connection, rows)
        await age(store)
        async with store.unit():
            pass  # so that the store knows when it was written last
        counted: dict[str, int] = {}
        for name, work in works().items():
            with steps(store) as taken:
                await work(store)
            counted[name] = taken[0] * EVERY
        return counted
    finally:
        await store.close()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "many",
    [
        pytest.param(6_000, id="short"),
        pytest.param(300_000, id="long", marks=pytest.mark.nightly),
    ],
)
async def test_what_is_due_costs_the_same_in_a_store_of_any_size(
    tmp_path: Path, sqlite_template: Path, masters: MasterKeys, many: int
) -> None:
    few = await _costs(tmp_path, sqlite_template, masters, FEW)
    more = await _costs(tmp_path, sqlite_template, masters, many)
    dearer = {name: (few[name], more[name]) for name in few if more[name] > few[name] * LEEWAY + SLACK}
    assert dearer == {}
