"""Every sealed column there is, found by its type: what one value has become stops nothing else, and lengths are few.

A new table with a sealed column needs nothing here.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import LargeBinary, Table, select, update
from sqlalchemy.exc import IntegrityError

from bot.clock import ManualClock
from bot.core.acts.erase import erase_person
from bot.core.feature import Look
from bot.features.rights.acts.expire import expire_kind, expiries
from bot.features.rights.reads.export import export_person
from bot.store.base import Base, new_id
from bot.store.people import Person
from bot.store.sealing import HEADER_BYTES, SIZES, key_of
from bot.store.store import Store
from tests.contracts.personal import World, is_person, make_world
from tests.contracts.test_personal_data import ROSTER, YEARS

TAG_BYTES: Final = 16
NOT_SEALED: Final = {("data_keys", "wrapped")}
BY_THEMSELVES: Final = {"accounts", "people", "relays"}
"""Written with the person, or in a form of its own."""
WORDS: Final = ("短", "夜班连上，不敢跟老师说" * 20)


def sealed_columns() -> dict[str, list[str]]:
    """By table: bytes of no given length."""
    return {
        table.name: names
        for table in Base.metadata.sorted_tables
        if (
            names := [
                column.name
                for column in table.columns
                if isinstance(column.type, LargeBinary)
                and column.type.length is None
                and (table.name, column.name) not in NOT_SEALED
            ]
        )
    }


SEALED: Final = sealed_columns()


@pytest_asyncio.fixture
async def world(store: Store) -> World:
    """A youth and another one, each with a value in every sealed column, short and long."""
    world = await make_world(store)
    for who in (world.one, world.other):
        for words in WORDS:
            async with store.unit() as unit:
                person = await unit.session.get_one(Person, who.person_id)
                for of, columns in SEALED.items():
                    table = Base.metadata.tables[of]
                    if of in BY_THEMSELVES:
                        continue
                    row = uuid4().bytes if "key" in table.columns else new_id()
                    given: dict[str, Any] = {name: row for name in ("id", "key") if name in table.columns}
                    given |= {
                        column: await unit.seal(person.key_id, f"{of}:{row!r}:{column}", words) for column in columns
                    }
                    with suppress(IntegrityError):  # of some things there is one at a time
                        async with unit.session.begin_nested():
                            await world._put(unit, table, given | _whose(world, table, who), who)
        async with store.unit() as unit:
            await world._relay(unit, who, as_cadre=False)
    return world


def _whose(world: World, table: Table, who: Any) -> dict[str, Any]:
    """The first column that holds a person leads to this one."""
    for column in table.columns:
        if is_person(table, column) and not column.primary_key and (table.name, column.name) not in ROSTER:
            value = world._value((table.name, column.name), who)
            return {column.name: value, **({"person_id": who.person_id} if column.name == "account_id" else {})}
    return {}


async def values(store: Store) -> list[tuple[str, str, bytes]]:
    async with store.read() as session:
        return [
            (name, column, value)
            for name, columns in SEALED.items()
            for column in columns
            for value in (await session.execute(select(Base.metadata.tables[name].c[column]))).scalars()
            if value
        ]


async def test_every_sealed_column_is_filled_and_its_lengths_are_among_eight(world: World) -> None:
    found = await values(world.store)
    assert {(name, column) for name, column, _ in found} >= {
        (name, column) for name, columns in SEALED.items() if name not in ("people", "accounts") for column in columns
    }
    overhead = HEADER_BYTES + TAG_BYTES
    assert {(name, column, len(value)) for name, column, value in found if len(value) - overhead not in SIZES} == set()
    assert len({len(value) for _, _, value in found}) <= len(SIZES)


DAMAGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "a bit": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "cut": lambda sealed: sealed[: HEADER_BYTES + 3],
    "another key": lambda sealed: sealed[:1] + (7).to_bytes(8, "big") + sealed[9:],
    "swapped": lambda sealed: sealed[:9] + sealed[9:][::-1],
    "nothing": lambda sealed: b"",
}


@pytest.mark.parametrize("how", DAMAGES)
async def test_what_cannot_be_opened_stops_neither_the_rest_nor_its_export_expiry_or_erasure(
    world: World, clock: ManualClock, how: str
) -> None:
    store = world.store
    async with store.unit() as unit:
        mine = (await unit.session.get_one(Person, world.one.person_id)).key_id
        for name, columns in SEALED.items():
            for column in columns:
                cell = Base.metadata.tables[name].c[column]
                for value in (await unit.session.execute(select(cell).where(cell.is_not(None)))).scalars().all():
                    if key_of(value) == mine or name == "relays":
                        await unit.session.execute(
                            update(cell.table).where(cell == value).values({column: DAMAGES[how](value)})
                        )
    for who in (world.one, world.other):
        async with store.read() as session:
            assert (await export_person(session, store.vault, who.person_id or 0, now=clock.now())).sections
    async with store.unit() as unit:
        await erase_person(unit, world.other.person_id or 0, actor=world.other)
    clock.advance(YEARS)
    for kind in expiries():
        removed = 1
        while removed:
            async with store.unit() as unit:
                removed = await expire_kind(unit, kind, Look(clock.now()))
    async with store.unit() as unit:
        await erase_person(unit, world.one.person_id or 0, actor=world.one)
    async with store.read() as session:
        left = await session.execute(
            select(Person.id).where(Person.id.in_([world.one.person_id, world.other.person_id]))
        )
    assert left.scalars().all() == []
