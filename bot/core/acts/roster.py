"""名册 Roster: organisations, people, their roles and fresh bind codes go into the tables in one unit or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Table, delete, insert, select, text, update

from bot.core.acts.react import happened
from bot.core.acts.roster_orgs import Orgs
from bot.core.events import OfficeEnded
from bot.core.rules.bind import CODE_LIFE, make_code
from bot.core.rules.people import Role
from bot.core.rules.roster import ROSTER_ROLES, Fault, OrgRow, PersonRow, check_people, check_tree, name_key
from bot.store.base import new_id
from bot.store.delivery import DataKey
from bot.store.dialect import dialect_of
from bot.store.people import Account, BindCode, OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault
from bot.store.unit import Unit

T = TypeVar("T")
# Whole chunks go through the tables themselves: the ORM sends such rows one by one.
DATA_KEYS, PEOPLE, ROLE_GRANTS, BIND_CODES = (
    cast(Table, model.__table__) for model in (DataKey, Person, RoleGrant, BindCode)
)
CHUNK: Final = 1_000
"""People brought in together, and rows of one statement."""
ROSTER_LOCK: Final = 0x5A48_524F
"""Advisory lock on PostgreSQL: two imports at once would add a person twice."""


class RosterRefused(Exception):
    """The roster has faults: nothing of it was written."""

    def __init__(self, orgs: Sequence[Fault], people: Sequence[Fault]) -> None:
        super().__init__(f"{len(orgs) + len(people)} faults")
        self.orgs = tuple(orgs)
        self.people = tuple(people)


class PersonUnknown(Exception):
    """No person of the roster has this name in this organisation."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A bind code for one person; the only place where it stands in clear."""

    name: str = field(repr=False)
    org_code: str
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RosterApplied:
    """What an import changed, and the codes to hand out."""

    orgs_added: int
    orgs_changed: int
    people_added: int
    grants_given: int
    grants_ended: int
    bound: int
    codes: tuple[IssuedCode, ...] = field(repr=False)


def name_index(vault: Vault, org_id: int, name: str) -> bytes:
    """Blind index of a name within an organisation: a person of the roster is (姓名, 组织编码)."""
    return vault.mac("index", "name", org_id, name_key(name))


async def import_roster(
    unit: Unit,
    orgs: Sequence[OrgRow],
    people: Sequence[PersonRow],
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> RosterApplied:
    """Apply a roster; ``RosterRefused`` names every fault that shows only against the tables.

    People who are not listed stay as they are. A listed person without an account gets a fresh code, and the old one
    dies; a bound person gets none. ``progress`` is told how many people are done.
    """
    if dialect_of(unit.session) == "postgresql":
        await unit.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROSTER_LOCK})
    tree = Orgs(unit)
    await tree.load()
    org_faults = check_tree(orgs, tree.parents())
    people_faults = check_people(people, {*tree.ids, *(row.code for row in orgs)})
    if org_faults or people_faults:
        raise RosterRefused(org_faults, people_faults)
    await tree.apply(orgs)
    crew = _People(unit, tree.ids)
    for part in _chunks(people):
        await crew.apply(part)
        progress(len(part))
    done = RosterApplied(tree.added, tree.changed, crew.added, crew.given, crew.ended, crew.bound, tuple(crew.codes))
    await unit.audit(
        None,
        "roster.imported",
        role="operator",
        orgs_added=done.orgs_added,
        orgs_changed=done.orgs_changed,
        people_added=done.people_added,
        grants_given=done.grants_given,
        grants_ended=done.grants_ended,
        codes=len(done.codes),
    )
    return done


async def invite(unit: Unit, org_code: str, name: str) -> IssuedCode:
    """A fresh code for one person; unused ones of theirs die. ``PersonUnknown`` if nobody fits."""
    found = await unit.session.execute(select(OrgUnit.id).where(OrgUnit.code == org_code))
    org_id = found.scalar_one_or_none()
    if org_id is None:
        raise PersonUnknown
    index = name_index(unit.vault, org_id, name)
    person = (await unit.session.execute(select(Person.id).where(Person.name_index == index))).scalar_one_or_none()
    if person is None:
        raise PersonUnknown
    (issued,) = await _issue(unit, [(person, name, org_code)])
    await unit.audit(None, "person.invited", role="operator", subject_id=person)
    return issued


async def _issue(unit: Unit, people: Sequence[tuple[int, str, str]]) -> list[IssuedCode]:
    """Fresh codes for these people (id, name, organisation's code); their unused ones die."""
    for part in _chunks(people):
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


class _People:
    """Brings chunks of people into the tables and counts what changed."""

    def __init__(self, unit: Unit, org_ids: Mapping[str, int]) -> None:
        self._unit = unit
        self._org_ids = org_ids
        self.added = self.given = self.ended = self.bound = 0
        self.codes: list[IssuedCode] = []

    async def apply(self, rows: Sequence[PersonRow]) -> None:
        """People, roles and codes of one chunk."""
        session = self._unit.session
        indexes = [name_index(self._unit.vault, self._org_ids[row.org_code], row.name) for row in rows]
        known = {
            index: person
            for person, index in await session.execute(
                select(Person.id, Person.name_index).where(Person.name_index.in_(indexes))
            )
        }
        fresh = [(index, row) for index, row in zip(indexes, rows, strict=True) if index not in known]
        old = list(known.values())
        known |= await self._add(fresh)
        ids = [known[index] for index in indexes]
        await self._grant(dict(zip(ids, rows, strict=True)), old)
        bound = set(
            (await session.execute(select(Account.person_id).where(Account.person_id.in_(old)).distinct())).scalars()
        )
        self.bound += len(bound)
        without = [(who, row.name, row.org_code) for who, row in zip(ids, rows, strict=True) if who not in bound]
        self.codes += await _issue(self._unit, without)

    async def _add(self, fresh: Sequence[tuple[bytes, PersonRow]]) -> dict[bytes, int]:
        """Add people, each with a data key of their own that seals the name."""
        vault = self._unit.vault
        keys: list[dict[str, object]] = []
        people: list[dict[str, Any]] = []
        for index, row in fresh:
            person = new_id()
            key_id, _, key_row = vault.make_key(f"person:{person}")
            keys.append(key_row)
            people.append(
                {
                    "id": person,
                    "state": "active",
                    "name": vault.seal(key_id, f"people:{person}:name", row.name),
                    "name_index": index,
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
        return {row["name_index"]: row["id"] for row in people}

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
        self.given += len(new) + len(changed)
        self.ended += len(gone)

    def _ended(self, grant: Any) -> bool:
        return grant.until is not None and grant.until <= self._unit.now


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def code_rows(codes: Iterable[IssuedCode]) -> Iterator[tuple[str, str, str, str]]:
    """The lines of the codes file: name, organisation's code, code, until when."""
    return ((c.name, c.org_code, c.code, c.expires_at.isoformat(" ", "minutes")[:16]) for c in codes)
