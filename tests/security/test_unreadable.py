"""S12: a sealed value that was damaged, moved or lost its key stops nothing but itself (13.4)."""

import itertools
import sqlite3
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from loguru import logger
from sqlalchemy import LargeBinary

from bot.core.feature import load_tables
from bot.core.installation import Installation
from bot.core.reads.unreadable import unreadable
from bot.schedule.ticks import all_ticks
from bot.store.base import Base
from bot.store.sealing import MasterKeys
from tests.contracts.town import NUMBERS, Town, listen
from tests.databases import in_own_loop
from tests.harness import load_plugins
from tests.ticking import do_due

WRITTEN: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent.parent / "contracts" / "authorisation.toml").read_text(encoding="utf-8")
)
GROUPS: Final[dict[str, list[str]]] = WRITTEN.pop("groups") | {"everyone": list(NUMBERS)}
NOT_SEALED: Final = {"data_keys.wrapped"}
load_tables()
SEALED: Final = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, LargeBinary)
    and column.type.length is None
    and f"{table.name}.{column.name}" not in NOT_SEALED
]
"""Every column that holds sealed values: hashes and indexes have a length."""
DAMAGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "turned": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "emptied": lambda sealed: b"",
    "cut": lambda sealed: sealed[:15],
    "rubbish": lambda sealed: b"\xff" * 40,
    "key gone": lambda sealed: sealed[:1] + b"\0\0\0\0\0\0\0\7" + sealed[9:],
}


@pytest.fixture(scope="module")
def said() -> Iterator[list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        yield listen(patch)


@pytest.fixture(scope="module")
def built(
    said: list[str], masters: MasterKeys, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Town:
    made = Town(tmp_path_factory.mktemp("town"), masters, said)
    in_own_loop(made.build(sqlite_template))
    return made


@pytest_asyncio.fixture
async def town(built: Town) -> AsyncIterator[Town]:
    await built.fresh("calm")
    yield built
    await built.close()


@pytest.fixture
def broken() -> Iterator[list[str]]:
    """What failed: commands and ticks say so in the log."""
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), level="ERROR", filter=_fails)
    yield lines
    logger.remove(sink)


def _fails(record: Any) -> bool:
    return any(words in record["message"] for words in ("failed", "broke", "stumbled"))


def damage(town: Town, how: str, *columns: tuple[str, str]) -> int:
    """Damage every value of these columns beside the running bot; returns how many."""
    count = 0
    with sqlite3.connect(town.folder / "now.db", timeout=30) as database:
        database.create_function("damaged", 1, DAMAGES[how])
        for table, column in columns:
            change = f"UPDATE {table} SET {column} = damaged({column}) WHERE length({column}) > 0"  # noqa: S608
            found = database.execute(change)
            count += found.rowcount
    database.close()
    return count


def sayings() -> Iterator[tuple[str, str, str, str]]:
    """Every command by one role that may: state, role, place, words."""
    for rule in WRITTEN.values():
        for place in ("private", "linked"):
            roles = [role for name in rule.get(place, []) for role in GROUPS.get(name, [name])]
            for role in roles[:1] + roles[-1:]:
                yield rule.get("state", "calm"), role, place, rule["words"]


@pytest.mark.parametrize("how", DAMAGES)
async def test_no_command_and_no_tick_breaks_on_what_cannot_be_opened(town: Town, broken: list[str], how: str) -> None:
    load_plugins()
    but_addresses = [place for place in SEALED if place != ("accounts", "native")]
    for state, cells in itertools.groupby(sorted(set(sayings())), lambda cell: cell[0]):
        await town.fresh(state)
        assert damage(town, how, *but_addresses) > 20
        for number, (_, role, place, words) in enumerate(cells):
            if number % 40 == 0:
                await town.fresh(state)
                damage(town, how, *but_addresses)
            outcome = await town.types(role, place, words)
            assert (role, words, "common/not_recorded" in outcome.templates) == (role, words, False)
    await town.fresh("calm")
    damage(town, how, *SEALED)
    assert town._store is not None
    for days in (0, 1, 8, 40, 400):
        await do_due(town._store, town.clock.now().replace(hour=10) + timedelta(days=days), *_tick_names(town))
    assert broken == []


def _tick_names(town: Town) -> list[str]:
    assert town._store is not None
    return list(all_ticks(town._store, Installation()))


async def test_one_wish_that_cannot_be_opened_stands_in_its_list_beside_the_others(town: Town) -> None:
    whole = await town.types("host", "private", "心愿列表")
    lines = "\n".join(whole.shown).count("#W")
    with sqlite3.connect(town.folder / "now.db", timeout=30) as database:
        database.execute("UPDATE wishes SET text = x'00' WHERE ref = ?", (int(town.facts["wish"][1:]),))
    database.close()
    shown = "\n".join((await town.types("host", "private", "心愿列表")).shown)
    assert (shown.count("#W"), shown.count(unreadable())) == (lines, 1)


async def test_an_export_says_of_each_value_that_it_cannot_be_opened_and_holds_the_rest(town: Town) -> None:
    with sqlite3.connect(town.folder / "now.db", timeout=30) as database:
        database.execute("UPDATE wishes SET text = x'00' WHERE ref = ?", (int(town.facts["wish"][1:]),))
        database.execute("UPDATE people SET name = x'00'")
    database.close()
    shown = "\n".join((await town.types("youth_adult", "private", "导出我的数据")).shown)
    assert shown.count(unreadable()) >= 2
    assert "想有人陪我跑步" in shown
