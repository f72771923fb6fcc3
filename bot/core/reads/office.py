"""在任: who holds an office now, can be written to and is not away. No other file compares the dates of grants."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.rules.people import Role
from bot.store.chat import Contact
from bot.store.people import Account, Person, RoleGrant


def in_force(now: Any, grant: Any = RoleGrant) -> ColumnElement[bool]:
    """That a grant has not ended."""
    return or_(grant.until.is_(None), grant.until > now)


def holds(person_id: Any, now: Any, *roles: Role, org_id: Any = None) -> ColumnElement[bool]:
    """That somebody holds one of these offices, by default that of a cadre; ``org_id``: for this organisation."""
    wanted = [role.value for role in roles or (Role.CADRE,)]
    grant = aliased(RoleGrant)  # the caller's statement may use grants, accounts and people itself
    where = [grant.person_id == person_id, grant.role.in_(wanted), in_force(now, grant)]
    if org_id is not None:
        where.append(grant.org_id == org_id)
    return exists().where(*where)


def reachable(person_id: Any) -> ColumnElement[bool]:
    """That somebody has an account."""
    account = aliased(Account)
    return exists().where(account.person_id == person_id)


def present(person_id: Any, now: datetime) -> ColumnElement[bool]:
    """That somebody is not away."""
    person = aliased(Person)
    return ~exists().where(person.id == person_id, person.away_until > now)


def serves(person_id: Any, now: datetime, *roles: Role, org_id: Any = None) -> ColumnElement[bool]:
    """That somebody serves: they hold one of these offices, can be written to and are not away."""
    return and_(holds(person_id, now, *roles, org_id=org_id), reachable(person_id), present(person_id, now))


async def is_serving(session: AsyncSession, person_id: int | None, *roles: Role, now: datetime) -> bool:
    """Whether one person serves."""
    if person_id is None:
        return False
    return bool((await session.execute(select(serves(person_id, now, *roles)))).scalar_one())


async def has_contact(session: AsyncSession, youth_id: int) -> bool:
    """Whether this youth is in contact with anybody now."""
    living = select(Contact.id).where(Contact.youth_id == youth_id, Contact.ended_at.is_(None))
    return (await session.execute(living.limit(1))).first() is not None


async def in_contact(session: AsyncSession, cadre_id: int | None, youth_id: int | None) -> bool:
    """Whether this cadre and this youth are in contact now, whatever the cadre's office."""
    found = await session.execute(
        select(Contact.id)
        .where(Contact.cadre_id == cadre_id, Contact.youth_id == youth_id, Contact.ended_at.is_(None))
        .limit(1)
    )
    return found.first() is not None
