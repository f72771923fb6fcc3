"""名册 Roster: organisations, people, their roles and fresh bind codes go into the tables in one unit or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select, text

from bot.core.acts.offices import Missing, end_roles, missing_from
from bot.core.acts.roster_orgs import Orgs
from bot.core.acts.roster_people import (
    Crew,
    IssuedCode,
    RosterRefused,
    chunks,
    issue,
    name_index,
    note_of,
    older_indexes,
)
from bot.core.rules.namesakes import Namesake, shown
from bot.core.rules.roster import OrgRow, PersonRow, check_people, check_tree, name_key
from bot.store.dialect import dialect_of
from bot.store.people import OrgUnit, Person
from bot.store.unit import Unit

ROSTER_LOCK: Final = 0x5A48_524F
"""Advisory lock on PostgreSQL: two imports at once would add a person twice."""


class PersonUnknown(Exception):
    """No person of the roster has this name in this organisation."""


class SeveralPeople(Exception):
    """Several people of the roster have this name; ``notes`` (or organisations) tell them apart."""

    def __init__(self, notes: Sequence[str]) -> None:
        super().__init__(f"{len(notes)} people")
        self.notes = tuple(notes)


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
    missing: tuple[Missing, ...] = field(default=(), repr=False)
    """Who holds an office and is not in the file; their offices go on unless ``end_missing`` was said."""


async def import_roster(
    unit: Unit,
    orgs: Sequence[OrgRow],
    people: Sequence[PersonRow],
    *,
    end_missing: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> RosterApplied:
    """Apply a roster; ``RosterRefused`` names every fault that shows only against the tables.

    People who are not listed stay as they are and are named, or lose their offices with ``end_missing``. A listed
    person without an account gets a fresh code, and the old one dies; a bound person gets none. ``progress`` is told
    how many people are done.
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
    crew = Crew(unit, tree.ids, people)
    for part in chunks(people):
        await crew.apply(part)
        progress(len(part))
    missing = await missing_from(unit, crew.listed) if people else ()
    gone = await end_roles(unit, [one.person_id for one in missing]) if end_missing else 0
    done = RosterApplied(
        tree.added,
        tree.changed,
        crew.added,
        crew.given,
        crew.ended + gone,
        crew.bound,
        tuple(crew.codes),
        missing,
    )
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


async def person_named(unit: Unit, org_code: str | None, name: str, note: str = "") -> Namesake:
    """The one person of the roster with this name in this organisation, or in any. ``PersonUnknown`` if nobody fits,
    ``SeveralPeople`` with their notes and organisations if what was told does not say who.
    """
    orgs = select(OrgUnit.id, OrgUnit.code)
    found = await unit.session.execute(orgs.where(OrgUnit.code == org_code) if org_code else orgs)
    codes = {row.id: row.code for row in found}
    indexes = [
        index
        for org_id in codes
        for index in (name_index(unit.vault, org_id, name), *older_indexes(unit.vault, org_id, name))
    ]
    people: list[Person] = []
    for part in chunks(indexes):
        rows = await unit.session.execute(select(Person).where(Person.name_index.in_(part)).order_by(Person.id))
        people += rows.scalars().all()
    namesakes = [(person, Namesake(person.id, await note_of(unit, person))) for person in people]
    fitting = [each for each in namesakes if name_key(each[1].note) == name_key(note)]
    if not fitting and not note:
        fitting = namesakes
    if len(fitting) > 1:
        raise SeveralPeople([one.note if org_code else codes[person.org_id or 0] for person, one in namesakes])
    if not fitting:
        raise PersonUnknown
    return fitting[0][1]


async def invite(unit: Unit, org_code: str, name: str, note: str = "") -> IssuedCode:
    """A fresh code for one person; unused ones of theirs die. Refuses as ``person_named``."""
    person = await person_named(unit, org_code, name, note)
    (issued,) = await issue(unit, [(person.person_id, shown(name, person.note), org_code)])
    await unit.audit(None, "person.invited", role="operator", subject_id=person.person_id)
    return issued


def code_rows(codes: Iterable[IssuedCode]) -> Iterator[tuple[str, str, str, str]]:
    """The lines of the codes file: name, organisation's code, code, until when."""
    return ((c.name, c.org_code, c.code, c.expires_at.isoformat(" ", "minutes")[:16]) for c in codes)
