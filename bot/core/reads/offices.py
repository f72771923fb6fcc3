"""The names of office holders around a person, which no 称呼 may resemble."""

from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault, key_of


async def names_in_office(session: AsyncSession, vault: Vault, org_id: int | None, *, now: datetime) -> list[str]:
    """Names of everybody who holds an office of this organisation or of one above it."""
    org = await session.get(OrgUnit, org_id) if org_id is not None else None
    if org is None:
        return []
    above = select(OrgUnit.id).where(literal(org.path).startswith(OrgUnit.path))
    rows = await session.execute(
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.org_id.in_(above), in_force(now))
        .distinct()
    )
    people = rows.scalars().all()
    await vault.ready(session, *(key_of(person.name) for person in people))
    return [vault.open(f"people:{person.id}:name", person.name) or "" for person in people]
