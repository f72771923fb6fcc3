"""在任的变动: an office ends, or somebody is away for a while; whoever has to know of it reacts in the same unit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from bot.core.acts.react import happened
from bot.core.acts.roster_people import chunks, note_of
from bot.core.events import AdminEnded, OfficeEnded
from bot.core.reads.office import in_force
from bot.core.reads.people import name_of
from bot.core.rules.namesakes import shown
from bot.core.rules.people import Role
from bot.core.rules.roster import ROSTER_ROLES
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Missing:
    """漏列的人: somebody who holds an office and is not in the roster that was imported."""

    person_id: int
    name: str = field(repr=False)
    org_code: str


async def missing_from(unit: Unit, listed: Collection[int]) -> tuple[Missing, ...]:
    """Everybody with an office of the roster in force who is not listed, by organisation."""
    rows = await unit.session.execute(
        select(Person, OrgUnit.code)
        .join(OrgUnit, OrgUnit.id == Person.org_id)
        .where(
            Person.id.in_(
                select(RoleGrant.person_id).where(RoleGrant.role.in_(ROSTER_ROLES), in_force(unit.now)).distinct()
            ),
            Person.name_index.is_not(None),
        )
        .order_by(OrgUnit.path, Person.id)
    )
    found = [(person, code) for person, code in rows.all() if person.id not in listed]
    return tuple([Missing(person.id, await _shown(unit, person), code) for person, code in found])


async def _shown(unit: Unit, person: Person) -> str:
    return shown(await name_of(unit.session, unit.vault, person.id), await note_of(unit, person))


async def end_roles(unit: Unit, people: Sequence[int], role: Role | None = None) -> int:
    """End the offices that a roster gives, or one of them; how many were in force."""
    ended: list[RoleGrant] = []
    for part in chunks(people):
        rows = await unit.session.execute(
            select(RoleGrant)
            .where(
                RoleGrant.person_id.in_(part),
                RoleGrant.role.in_(ROSTER_ROLES if role is None else (role,)),
                in_force(unit.now),
            )
            .order_by(RoleGrant.id)
        )
        ended += rows.scalars().all()
    for grant in ended:
        grant.until = unit.now
        await unit.audit(None, "role.ended", role="operator", subject_id=grant.person_id, what=grant.role)
    await unit.session.flush()
    cadres = sorted({grant.person_id for grant in ended if grant.role == Role.CADRE})
    if cadres:
        await happened(unit, OfficeEnded(tuple(cadres)))
    admins = sorted({grant.person_id for grant in ended if grant.role == Role.ORGAN_ADMIN})
    if admins:
        await happened(unit, AdminEnded(tuple(admins)))
    return len(ended)


async def set_away(unit: Unit, person_id: int, until: datetime | None) -> None:
    """Nothing new goes to this person before ``until``, as if their office had ended; None: they are back."""
    person = await unit.session.get_one(Person, person_id)
    person.away_until = until
    await unit.session.flush()
    await unit.audit(None, "person.away", role="operator", subject_id=person_id, back=until is None)
    if until is not None and until > unit.now:
        await happened(unit, OfficeEnded((person_id,)))
