"""名册的人: brings the people of a roster into the tables, each with their roles and a fresh bind code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Table, delete, insert, select, update

from bot.core.acts.react import happened
from bot.core.events import AdminEnded, OfficeEnded
from bot.core.rules.bind import CODE_LIFE, make_code
from bot.core.rules.namesakes import Namesake, shown, tell_apart
from bot.core.rules.people import Role
from bot.core.rules.roster import ROSTER_ROLES, Fault, PersonRow, name_key, older_keys
from bot.store.base import new_id
from bot.store.delivery import DataKey
from bot.store.people import Account, BindCode, Person, RoleGrant
from bot.store.sealing import Vault
from bot.store.unit import Unit

T = TypeVar("T")
# Whole chunks go through the tables themselves: the ORM sends such rows one by one.
DATA_KEYS, PEOPLE, ROLE_GRANTS, BIND_CODES = (
    cast(Table, model.__table__) for model in (DataKey, Person, RoleGrant, BindCode)
)
CHUNK: Final = 1_000
"""People brought in together, and rows of one statement."""


class RosterRefused(Exception):
    """The roster has faults: nothing of it was written."""

    def __init__(self, orgs: Sequence[Fault], people: Sequence[Fault]) -> None:
        super().__init__(f"{len(orgs) + len(people)} faults")
        self.orgs = tuple(orgs)
        self.people = tuple(people)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A bind code for one person, whose name carries the note; the only place where it stands in clear."""

    name: str = field(repr=False)
    org_code: str
    code: str = field(repr=False)
    expires_at: datetime


def name_index(vault: Vault, org_id: int, name: str) -> bytes:
    """Blind index of a name within an organisation: a person of the roster is (姓名, 组织编码, 备注)."""
    return vault.mac("index", "name", org_id, name_key(name))


def older_indexes(vault: Vault, org_id: int, name: str) -> list[bytes]:
    """Those under which an earlier version stored a name with dots in it."""
    return [vault.mac("index", "name", org_id, key) for key in older_keys(name)]


async def note_of(unit: Unit, person: Person) -> str:
    """备注: what tells a person from their namesakes."""
    return await unit.vault.read(unit.session, f"people:{person.id}:note", person.note) or "" if person.note else ""


async def issue(unit: Unit, people: Sequence[tuple[int, str, str]]) -> list[IssuedCode]:
    """Fresh codes for these people (id, name, organisation's code); their unused ones die."""
    for part in chunks(people):
        ids = [person for person, _, _ in part]
        await unit.session.execute(delete(BindCode).where(BindCode.person_id.in_(ids), BindCode.used_at.is_(None)))
    expires_at = unit.now + CODE_LIFE
    issued = [IssuedCode(name, org_code, make_code(), expires_at) for _, name, org_code in people]
    rows = [
        {
            "id": new_id(),
            "person_id": person,
            "code_hash": unit.vault.mac("codes", code.code),
            "expires_at": expires_at,
            "used_at": None,
        }
        for (person, _, _), code in zip(people, issued, strict=True)
    ]
    if rows:
        await unit.session.execute(insert(BIND_CODES), rows)
    return issued


class Crew:
    """Brings chunks of people into the tables and counts what changed."""

    def __init__(self, unit: Unit, org_ids: Mapping[str, int], people: Sequence[PersonRow]) -> None:
        self._unit = unit
        self._org_ids = org_ids
        self._named: dict[tuple[str, str], list[PersonRow]] = {}
        """All lines of the roster by organisation and name."""
        for row in people:
            self._named.setdefault((row.org_code, name_key(row.name)), []).append(row)
        self.added = self.given = self.ended = self.bound = 0
        self.listed: set[int] = set()
        self.codes: list[IssuedCode] = []

    async def apply(self, rows: Sequence[PersonRow]) -> None:
        """People, roles and codes of one chunk."""
        session = self._unit.session
        known, notes = await self._known(rows)
        fresh = [row for row in rows if row.line not in known]
        old = list(known.values())
        known |= await self._add(fresh)
        ids = [known[row.line] for row in rows]
        self.listed.update(ids)
        await self._grant(dict(zip(ids, rows, strict=True)), old)
        bound = set(
            (await session.execute(select(Account.person_id).where(Account.person_id.in_(old)).distinct())).scalars()
        )
        self.bound += len(bound)
        without = [
            (who, shown(row.name, row.note or notes.get(who, "")), row.org_code)
            for who, row in zip(ids, rows, strict=True)
            if who not in bound
        ]
        self.codes += await issue(self._unit, without)

    async def _known(self, rows: Sequence[PersonRow]) -> tuple[dict[int, int], dict[int, str]]:
        """Whose line each of these is, where the tables have the person, and the notes of these people."""
        vault, names = self._unit.vault, self._named
        wanted: dict[bytes, tuple[str, str]] = {}
        for row in rows:
            org_id, who = self._org_ids[row.org_code], (row.org_code, name_key(row.name))
            wanted[name_index(vault, org_id, row.name)] = who
            wanted |= dict.fromkeys(older_indexes(vault, org_id, row.name), who)
        found = await self._unit.session.execute(
            select(Person.id, Person.name_index, Person.note, Person.key_id).where(Person.name_index.in_(wanted))
        )
        namesakes: dict[tuple[str, str], list[Namesake]] = {}
        for person, index, note, _ in found:
            told = await vault.read(self._unit.session, f"people:{person}:note", note) if note else ""
            namesakes.setdefault(wanted[index or b""], []).append(Namesake(person, told or ""))
        whose: dict[int, int] = {}
        faults: list[Fault] = []
        here = {row.line for row in rows}
        for who, people in namesakes.items():
            lines, wrong = tell_apart(names[who], people)
            whose |= {line: person for line, person in lines.items() if line in here}
            faults += wrong
        if faults:
            raise RosterRefused([], sorted(faults, key=lambda fault: fault.line))
        notes = {one.person_id: one.note for people in namesakes.values() for one in people}
        await self._renote([(whose[row.line], row) for row in rows if row.line in whose], notes)
        return whose, notes

    async def _renote(self, people: Sequence[tuple[int, PersonRow]], notes: Mapping[int, str]) -> None:
        """Keep a note that is new, and find a name with dots by its present key from now on."""
        for person_id, row in people:
            dotted = bool(older_keys(row.name))
            if not dotted and (not row.note or row.note == notes[person_id]):
                continue
            person = await self._unit.session.get_one(Person, person_id)
            person.name_index = name_index(self._unit.vault, self._org_ids[row.org_code], row.name)
            if row.note and row.note != notes[person_id]:
                person.note = await self._unit.seal(person.key_id, f"people:{person_id}:note", row.note)
        await self._unit.session.flush()

    async def _add(self, fresh: Sequence[PersonRow]) -> dict[int, int]:
        """Add people, each with a data key of their own that seals the name; who is on which line."""
        vault = self._unit.vault
        keys: list[dict[str, object]] = []
        people: list[dict[str, Any]] = []
        for row in fresh:
            person = new_id()
            key_id, _, key_row = vault.make_key(f"person:{person}")
            keys.append(key_row)
            people.append(
                {
                    "id": person,
                    "state": "active",
                    "name": vault.seal(key_id, f"people:{person}:name", row.name),
                    "note": vault.seal(key_id, f"people:{person}:note", row.note) if row.note else None,
                    "name_index": name_index(vault, self._org_ids[row.org_code], row.name),
                    "org_id": self._org_ids[row.org_code],
                    "age_band": None,
                    "is_youth": False,
                    "reminders_off": False,
                    "key_id": key_id,
                    "created_at": self._unit.now,
                }
            )
        if people:
            await self._unit.session.execute(insert(DATA_KEYS), keys)
            await self._unit.session.execute(insert(PEOPLE), people)
        self.added += len(people)
        return {row.line: person["id"] for row, person in zip(fresh, people, strict=True)}

    async def _grant(self, rows: Mapping[int, PersonRow], old: Sequence[int]) -> None:
        """Give the roles that are listed, end those that are not; both only where that changes something."""
        session = self._unit.session
        held: dict[tuple[int, str, int], Any] = {}
        found = await session.execute(
            select(RoleGrant.__table__).where(RoleGrant.person_id.in_(old), RoleGrant.role.in_(ROSTER_ROLES))
        )
        for grant in found:
            held[(grant.person_id, grant.role, grant.org_id)] = grant
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for person, row in rows.items():
            org_id = self._org_ids[row.org_code]
            for role in sorted(row.roles):
                wanted = {
                    "cadre_kind": row.cadre_kind if role == "cadre" else None,
                    "is_leadership": row.is_leadership,
                }
                grant = held.pop((person, role, org_id), None)
                if grant is None:
                    new.append(
                        {"id": new_id(), "person_id": person, "org_id": org_id, "role": role}
                        | wanted
                        | {"since": self._unit.now, "until": None}
                    )
                elif self._ended(grant) or any(getattr(grant, name) != value for name, value in wanted.items()):
                    since = self._unit.now if self._ended(grant) else grant.since
                    changed.append({"id": grant.id, **wanted, "since": since, "until": None})
        over = [
            (grant.id, person, role)
            for (person, role, org_id), grant in held.items()
            if org_id == self._org_ids[rows[person].org_code] and not self._ended(grant)
        ]
        gone = [{"id": grant_id, "until": self._unit.now} for grant_id, _, _ in over]
        if new:
            await session.execute(insert(ROLE_GRANTS), new)
        for rows_to_change in (changed, gone):
            if rows_to_change:
                await session.execute(update(RoleGrant), rows_to_change)
        retired = tuple(person for _, person, role in over if role == Role.CADRE)
        if retired:
            await happened(self._unit, OfficeEnded(retired))
        admins = tuple(person for _, person, role in over if role == Role.ORGAN_ADMIN)
        if admins:
            await happened(self._unit, AdminEnded(admins))
        self.given += len(new) + len(changed)
        self.ended += len(gone)

    def _ended(self, grant: Any) -> bool:
        return grant.until is not None and grant.until <= self._unit.now


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """A long list in parts that one statement takes."""
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
