"""The nearest holders of a role: of the organisation itself, else of the next one above (P27, P7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force, present, reachable
from bot.core.rules.people import Role
from bot.store.people import OrgUnit, RoleGrant

MAX_LEVELS: Final = 12
"""The most levels that are climbed: a tree has at most seven, and a damaged one must end as well."""


@dataclass(frozen=True, slots=True)
class Holders:
    """The people who hold a role for one organisation, can be written to and are not away."""

    org_id: int
    org_name: str
    people: tuple[int, ...]


async def holders_at(session: AsyncSession, org_id: int, role: Role, *, now: datetime) -> tuple[int, ...]:
    """Those who hold ``role`` for exactly this organisation now, have a bound account and are not away."""
    rows = await session.execute(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.org_id == org_id,
            RoleGrant.role == role.value,
            in_force(now),
            reachable(RoleGrant.person_id),
            present(RoleGrant.person_id, now),
        )
        .order_by(RoleGrant.since, RoleGrant.id)
    )
    return tuple(rows.scalars().all())


async def nearest_holders(
    session: AsyncSession, org_id: int | None, role: Role, *, now: datetime, but: frozenset[int] = frozenset()
) -> Holders | None:
    """The holders for this organisation, or for the nearest one above that has any; people in ``but`` do not count."""
    for _ in range(MAX_LEVELS):
        if org_id is None:
            return None
        org = await session.get(OrgUnit, org_id)
        if org is None:
            return None
        people = tuple(p for p in await holders_at(session, org.id, role, now=now) if p not in but)
        if people:
            return Holders(org.id, org.name, people)
        org_id = org.parent_id
    return None


async def top_holders(session: AsyncSession, role: Role, *, now: datetime) -> list[int]:
    """The people who hold ``role`` for the highest organisations where one of them can be written to."""
    rows = await session.execute(
        select(RoleGrant.person_id, OrgUnit.path)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(RoleGrant.role == role.value, in_force(now), reachable(RoleGrant.person_id))
        .order_by(RoleGrant.person_id)
    )
    depths = [(path.count("/"), person_id) for person_id, path in rows]
    top = min((depth for depth, _ in depths), default=0)
    return sorted({person_id for depth, person_id in depths if depth == top})


async def parent_of(session: AsyncSession, org_id: int | None) -> int | None:
    """The organisation above."""
    if org_id is None:
        return None
    return (await session.execute(select(OrgUnit.parent_id).where(OrgUnit.id == org_id))).scalar_one_or_none()


async def org_name(session: AsyncSession, org_id: int | None) -> str:
    """An organisation's name; empty when there is none."""
    if org_id is None:
        return ""
    return (await session.execute(select(OrgUnit.name).where(OrgUnit.id == org_id))).scalar_one_or_none() or ""
