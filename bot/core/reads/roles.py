"""角色: who holds a role, near an organisation or at the top of the installation."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Role
from bot.store.people import Account, OrgUnit, RoleGrant


async def nearest_holders(session: AsyncSession, role: Role, org_id: int, *, now: datetime) -> list[int]:
    """The people who hold ``role`` for this organisation or, if nobody does, for the nearest one above it."""
    current: int | None = org_id
    while current is not None:
        found = await _holders(session, role, current, now=now)
        if found:
            return found
        current = await session.scalar(select(OrgUnit.parent_id).where(OrgUnit.id == current))
    return []


async def top_holders(session: AsyncSession, role: Role, *, now: datetime) -> list[int]:
    """The people who hold ``role`` for the highest organisations where one of them can be written to."""
    rows = await session.execute(
        select(RoleGrant.person_id, OrgUnit.path)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .join(Account, Account.person_id == RoleGrant.person_id)
        .where(RoleGrant.role == role.value, or_(RoleGrant.until.is_(None), RoleGrant.until > now))
        .order_by(RoleGrant.person_id)
    )
    depths = [(path.count("/"), person_id) for person_id, path in rows]
    top = min((depth for depth, _ in depths), default=0)
    return sorted({person_id for depth, person_id in depths if depth == top})


async def _holders(session: AsyncSession, role: Role, org_id: int, *, now: datetime) -> list[int]:
    rows = await session.execute(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.org_id == org_id,
            RoleGrant.role == role.value,
            or_(RoleGrant.until.is_(None), RoleGrant.until > now),
        )
        .order_by(RoleGrant.person_id)
    )
    return list(rows.scalars())
