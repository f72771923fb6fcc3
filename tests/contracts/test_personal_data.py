"""Whatever leads to a person is erased, exported and expires, or its feature says why not (``Feature.kept``).

Proven by doing: a row of every table about one person and one about another, and then a look at every row there is.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import BigInteger, LargeBinary

from bot.chat.text import labelled
from bot.clock import ManualClock
from bot.core.acts.erase import erase_person
from bot.core.feature import Look, features
from bot.features.rights.acts.expire import expire_kind, expiries
from bot.features.rights.reads.export import export_person, sections
from bot.store.base import Base
from bot.store.people import Person
from bot.store.store import Store
from tests.contracts import source
from tests.contracts.personal import NOBODY, Place, World, everything, is_person, make_world, places, sealed_with

ORGANISED = {("activities", "cadre_id"), ("talks", "cadre_id")}
ROSTER = {("chats", "owner_id"), ("role_grants", "person_id"), *ORGANISED}
"""What makes somebody a person of the roster, of whom only the youth's side goes (``Feature.rostered``)."""
NOT_HERE = {("audit_entries", "actor_id"), ("audit_entries", "subject_id"), ("people", "name_index")}
"""An act of their own; the roster."""
BY_THEMSELVES = {"accounts", "audit_entries", "people"}
"""Written with the person, or by every act."""
YEARS = timedelta(days=4 * 366)


def kept(which: str) -> set[str]:
    """The tables, or columns of tables (``wishes.cadre_id``), that are kept out of one of the three."""
    said = [key.split(": ") for feature in features() for key in feature.kept]
    return {place for place, what in said if what == which}


def unsaid(left: set[Place], which: str) -> set[str]:
    """What is left although no manifest says so, and what a manifest says although it is not left."""
    found = {f"{table}.{column}" for table, column in left}
    said = {name for place in kept(which) for name in found if name == place or name.startswith(f"{place}.")}
    needless = {place for place in kept(which) if not any(n == place or n.startswith(f"{place}.") for n in found)}
    return (found - said) | {f"{place} (not left)" for place in needless}


@pytest_asyncio.fixture
async def world(store: Store) -> World:
    return await make_world(store)


async def filled(world: World) -> World:
    for place in places():
        if place[0] not in BY_THEMSELVES and place not in ROSTER:
            await world.fill(place, world.one)
            await world.fill(place, world.other)
    return world


def leading(rows: dict[str, list[dict[str, Any]]], values: set[Any]) -> set[Place]:
    """Columns in which one of these values stands."""
    return {
        (name, column)
        for name, found in rows.items()
        for row in found
        for column, value in row.items()
        if hashable(value) and value in values
    }


def hashable(value: Any) -> bool:
    return not isinstance(value, dict | list)


def is_hash(kind: Any) -> bool:
    return isinstance(kind, LargeBinary) and kind.length == 32


def test_every_column_of_numbers_or_hashes_is_known_to_hold_a_person_or_not() -> None:
    unknown = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if not column.foreign_keys and not is_person(table, column) and column.name not in NOBODY
        if column.name != "id" and (isinstance(column.type, BigInteger) or is_hash(column.type))
    ]
    assert not unknown, "say in tests/contracts/personal.py whether these lead to a person"


def test_whatever_is_kept_says_which_of_the_three_and_why() -> None:
    tables = {table.__tablename__: feature.name for feature in features() for table in feature.tables}
    assert set(tables) == set(Base.metadata.tables), "each table belongs to one manifest"
    for feature in features():
        for key, why in feature.kept.items():
            place, which = key.split(": ")
            assert tables[place.split(".")[0]] == feature.name
            assert which in ("erasure", "export", "expiry")
            assert len(why.split()) > 3


@pytest.mark.rule("P7")
async def test_erasing_leaves_nothing_of_the_person_and_everything_of_the_other(world: World) -> None:
    await filled(world)
    store, values = world.store, world.stands_for(world.one)
    async with store.read() as session:
        key_id = (await session.get_one(Person, world.one.person_id)).key_id
    before = await everything(store)
    assert not set(places()) - ROSTER - NOT_HERE - leading(before, values), "these hold nothing of the person yet"
    async with store.unit() as unit:
        await erase_person(unit, world.one.person_id or 0, actor=world.one)
    after = await everything(store)
    left = leading(after, values)
    assert not left & ROSTER, "the person was not of the roster"
    assert unsaid(left | ROSTER, "erasure") == set()
    assert not [n for n, rows in after.items() for row in rows for v in row.values() if sealed_with(key_id, v)]
    mine = world.made_for[world.one.person_id or 0]
    for name, rows in before.items():
        for row in rows:
            of_the_person = values & {v for v in row.values() if hashable(v)} or (name, row.get("id")) in mine
            if not of_the_person and name != "ref_numbers" and row.get("id") != key_id:
                assert row in after[name], f"{name}: a row that is not theirs is gone or changed"


@pytest.mark.rule("P7")
async def test_the_export_shows_every_table_that_has_something_of_the_person(world: World) -> None:
    shown, store = {"people"}, world.store
    last = await exported(world)
    for table, column in places():
        if table in BY_THEMSELVES or (table, column) == ("talks", "cadre_id"):
            continue
        await world.fill((table, column), world.one)
        now = await exported(world)
        if now != last:
            shown.add(table)
        last = now
    shown |= {"accounts", "audit_entries"}
    assert unsaid({place for place in places() if place[0] not in shown}, "export") == set()
    async with store.unit() as unit:
        await unit.audit(world.cadre, "read.voice", subject_id=world.one.person_id)
    assert len((await exported(world))["audit"]) == len(last["audit"]) + 1
    assert last["accounts"]


async def exported(world: World) -> dict[str, Any]:
    async with world.store.read() as session:
        found = await export_person(session, world.store.vault, world.one.person_id or 0, now=world.store.clock.now())
    return found.sections


@pytest.mark.rule("P20")
async def test_whatever_is_over_expires(world: World, clock: ManualClock) -> None:
    await filled(world)
    clock.advance(YEARS)
    for kind in expiries():
        removed = 1
        while removed:
            async with world.store.unit() as unit:
                removed = await expire_kind(unit, kind, Look(clock.now()))
    left = leading(await everything(world.store), world.stands_for(world.one))
    assert unsaid(left | ROSTER - ORGANISED, "expiry") == set()


def test_the_files_and_the_answer_show_every_section_and_every_figure() -> None:
    page = (source.TEMPLATES / "export" / "data.html").read_text(encoding="utf-8")
    shown = re.findall(r'call section\("[^"]+", (\w+)\)', page)
    others = {section.name for section in sections()} - set(shown)
    assert set(shown) <= {section.name for section in sections()}, "data.html shows sections that there are"
    assert others <= labelled("export_section").keys(), "data.html shows every section, or a label names it"
    answer = (source.CHAT / "rights" / "held.txt.j2").read_text(encoding="utf-8")
    counted = {count.name for feature in features() for count in feature.held} - {"last_message_at"}
    worded = set(re.findall(r"figures\.(\w+)", answer))
    assert worded <= counted, "chat/rights/held.txt.j2 shows figures that there are"
    assert counted - worded <= labelled("held").keys(), "held.txt.j2 shows every figure, or a label names it"
