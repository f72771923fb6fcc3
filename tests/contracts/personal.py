"""A row of every table about one person, and the same about another: built from the tables as they are declared.

A new table needs nothing here as long as dummy values do; a state that the code reads back stands in ``VALUES``.
"""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, String, Table, insert, select

from bot.core.reads.people import account_index
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.people import Actor, Role
from bot.features.relay.tables import End, Relay, Route, block_tag, person_index, seal_route, seat_indexes
from bot.store.base import Base, Instant, new_id
from bot.store.outbox import conversation
from bot.store.people import Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.databases import NOW
from tests.people_built import BOT, CHANNEL, make_cadre, make_chat, make_org, make_person, make_youth

Place = tuple[str, str]
"""A table and a column of it."""
WITHOUT_KEY: Final = frozenset(
    {
        ("audit_entries", "actor_id"),
        ("audit_entries", "subject_id"),
        ("crises", "duty_id"),
        ("outbox", "person_id"),
        ("people", "id"),
        ("prompts", "account_id"),
        ("prompts", "person_id"),
        ("prompts", "subject_id"),
        ("receipts", "person_id"),
    }
)
"""Columns that hold a person, or their account, without a foreign key."""
STAND_INS: Final = frozenset(
    {
        ("accounts", "native_index"),
        ("bind_attempts", "account_index"),
        ("outbox", "conv"),
        ("people", "name_index"),
        ("relay_afters", "cadre_index"),
        ("relay_afters", "tag"),
        ("relay_blocks", "tag"),
        ("relay_seats", "person_index"),
        ("relays", "cadre_index"),
    }
)
"""Keyed hashes by which a person is found."""
NOBODY: Final = {
    "sequence": "the gateway's counter",
    "seq": "a row's place in the audit chain",
    "prev": "the hash of a row",
    "hash": "the hash of a row",
    "key": "the hash of an event",
    "position": "a row's place in the outbox",
    "opened_place": "a place in the order of everything",
    "key_id": "a key; a person's own is looked for in sealed values",
    "chat_id": "a group",
    "org_id": "an organisation",
    "group_id": "a working group",
    "place": "a group, or the owner who is named by the reminder",
    "told_with": "another occurrence",
    "cursor": "how far a question has been sent; empty once it has gone to everybody",
    "share_batch": "a random number for several wishes",
    "code_hash": "a random code",
    "token_hash": "a random token",
    "native_index": "the hash of a message's number (talk_messages)",
}
"""Other columns of numbers and hashes, by their names."""
VALUES: Final[dict[str, dict[str, Any]]] = {
    "activities": {"state": "ended"},
    "activity_parts": {"state": "confirmed"},
    "consents": {"scope": "talk_notes"},
    "consultations": {"state": "closed"},
    "crises": {"state": "closed"},
    "good_practices": {"state": "adopted"},
    "outbox": {"state": "sent", "conv_kind": "private"},
    "prompts": {"state": "answered"},
    "quota_waivers": {"undone_at": NOW},
    "reminders": {"state": "over"},
    "reminder_occurrences": {"state": "sent"},
    "resource_matches": {"state": "ended"},
    "rights_requests": {"state": "done"},
    "support_requests": {"state": "answered"},
    "talk_parts": {"role": "youth"},
    "talks": {"state": "closed"},
    "voices": {"state": "closed"},
    "wishes": {"state": "withdrawn", "kind": "other"},
}
OWN: Final = ("person_id", "author_id", "owner_id")
"""Columns of the person whose words a row has."""
OVER: Final = frozenset({"closed_at", "done_at", "settled_at"})
"""When a thing was over: every row is about something that is."""
ENDED: Final = frozenset(
    {
        ("good_practices", "answered_at"),
        ("grassroots_links", "ended_at"),
        ("mentor_links", "ended_at"),
        ("reminders", "ended_at"),
        ("support_requests", "answered_at"),
        ("working_groups", "ended_at"),
    }
)
"""The same, by a name that elsewhere stands for something that only expires with its person."""
_numbers = itertools.count(10_000)


def is_person(table: Table, column: Column[Any]) -> bool:
    """Whether a column holds somebody's id or what stands for it."""
    return (table.name, column.name) in WITHOUT_KEY | STAND_INS or any(
        key.column.table.name == "people" for key in column.foreign_keys
    )


def places() -> list[Place]:
    """Every column that holds a person."""
    return [(t.name, c.name) for t in Base.metadata.sorted_tables for c in t.columns if is_person(t, c)]


@dataclass
class World:
    """A youth, another one, the cadre of both, and which rows were made only for whom."""

    store: Store
    one: Actor
    other: Actor
    cadre: Actor
    numbers: dict[int, str]
    made_for: dict[int, set[tuple[str, Any]]] = field(default_factory=dict)

    def stands_for(self, who: Actor) -> set[Any]:
        """Every value by which a row leads to this person."""
        vault, person_id = self.store.vault, who.person_id or 0
        cadres = (self.cadre.person_id or 0, person_id)
        return {
            person_id,
            who.account_id,
            account_index(vault, CHANNEL, "", self.numbers[person_id]),
            conversation(vault, Address(CHANNEL, BOT, ChatKind.PRIVATE, self.numbers[person_id])),
            *seat_indexes(vault, person_id),
            *(block_tag(vault, cadre_id, person_id) for cadre_id in cadres),
        }

    async def fill(self, place: Place, who: Actor) -> None:
        """A row of this table in which this column leads to this person, and everything else to their cadre."""
        async with self.store.unit() as unit:
            if place[0] in ("relays", "relay_seats"):
                await self._relay(unit, who, as_cadre=place[0] == "relays")
            else:
                given = {place[1]: self._value(place, who)}
                if place[1] == "account_id":
                    given["person_id"] = who.person_id
                await self._put(unit, Base.metadata.tables[place[0]], given, who)

    def _value(self, place: Place, who: Actor) -> Any:
        vault, person_id = self.store.vault, who.person_id or 0
        match place[1]:
            case "account_id":
                return who.account_id
            case "account_index":
                return account_index(vault, CHANNEL, "", self.numbers[person_id])
            case "conv":
                return conversation(vault, Address(CHANNEL, BOT, ChatKind.PRIVATE, self.numbers[person_id]))
            case "cadre_index":
                return person_index(vault, person_id)
            case "tag":
                return block_tag(vault, self.cadre.person_id or 0, person_id)
            case _:
                return person_id

    async def _relay(self, unit: Unit, who: Actor, *, as_cadre: bool) -> None:
        """Somebody waits for a talk through the bot: its route is sealed, so a dummy would not do."""
        youth, cadre = (self.cadre, who) if as_cadre else (who, self.cadre)
        relay_id = new_id()
        key_id = await unit.vault.new_key(unit.session, f"relay:{relay_id}")
        route = Route(End(youth.person_id or 0), End(cadre.person_id or 0))
        unit.session.add(
            Relay(
                id=relay_id,
                state="asked" if who is self.other else "waiting",  # so that nobody moves up when the one goes
                anonymous=False,
                cadre_index=person_index(unit.vault, cadre.person_id or 0),
                key_id=key_id,
                route=await seal_route(unit, relay_id, key_id, route),
                expires_at=unit.now,
            )
        )
        await unit.session.flush()
        self._mine(who).add(("relays", relay_id))
        self._mine(who).add(("data_keys", key_id))
        if not as_cadre:
            seat = {"person_index": person_index(unit.vault, youth.person_id or 0), "side": "youth"}
            await self._put(unit, Base.metadata.tables["relay_seats"], seat | {"relay_id": relay_id}, who)

    async def _put(self, unit: Unit, table: Table, given: dict[str, Any], who: Actor) -> Any:
        """Insert one row, with rows of its own for whatever it needs; its id."""
        row = ({"id": new_id()} if "id" in table.columns else {}) | VALUES.get(table.name, {}) | given
        for column in table.columns:
            if column.name not in row and (column.default is None or column.foreign_keys):
                row[column.name] = await self._dummy(unit, table, column, row, who)
        await unit.session.execute(insert(table).values(row))
        self._mine(who).add((table.name, row.get("id")))
        return row.get("id")

    async def _dummy(self, unit: Unit, table: Table, column: Column[Any], row: dict[str, Any], who: Actor) -> Any:
        for key in column.foreign_keys:
            if column.nullable:
                return None
            if key.column.table.name == "people":
                return self.cadre.person_id
            return await self._put(unit, key.column.table, {}, who)
        if column.name in OVER or (table.name, column.name) in ENDED:
            return unit.now
        if column.nullable and column.name != "text":
            return None
        return await self._plain(unit, table, column, row, who)

    async def _plain(self, unit: Unit, table: Table, column: Column[Any], row: dict[str, Any], who: Actor) -> Any:
        match column.type:
            case Instant():
                return unit.now
            case Boolean():
                return False
            case Integer() if column.name == "year":
                return unit.now.year
            case Date():
                return unit.now.date()
            case JSON():
                return {}
            case String(length=length):
                return str(next(_numbers))[: length or 8]
            case LargeBinary(length=32):
                return secrets.token_bytes(32)
            case LargeBinary():
                person = await unit.session.get_one(Person, self._owner(row, who).person_id)
                return await unit.seal(person.key_id, f"{table.name}:{row['id']}:{column.name}", "…")
            case _ if column.name == "key_id":
                key_id = await unit.vault.new_key(unit.session, f"{table.name}:{next(_numbers)}")
                self._mine(who).add(("data_keys", key_id))
                return key_id
            case _:
                return next(_numbers)

    def _owner(self, row: dict[str, Any], who: Actor) -> Actor:
        """Under whose key the words of a row are: of whoever they are about, not of whoever deals with it."""
        return who if any(row.get(column) == who.person_id for column in OWN) else self.cadre

    def _mine(self, who: Actor) -> set[tuple[str, Any]]:
        return self.made_for.setdefault(who.person_id or 0, set())


async def make_world(store: Store) -> World:
    """The three people, with accounts, and a group through which they are in contact."""
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    await make_person(store, org, "周老师", number="10003", roles=(Role.PRIVACY_OFFICER,))
    chat = await make_chat(store, org, cadre)
    one = await make_youth(store, org, "小赵", "20001", cadre=cadre, chat=chat)
    other = await make_youth(store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    numbers = {one.person_id or 0: "20001", other.person_id or 0: "20002"}
    return World(store, one, other, cadre, numbers)


async def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    async with store.read() as session:
        return {
            table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for table in Base.metadata.sorted_tables
        }


def sealed_with(key_id: int, value: Any) -> bool:
    """Whether a value was sealed under this key."""
    return isinstance(value, bytes) and value.startswith(b"\x01" + key_id.to_bytes(8, "big"))
