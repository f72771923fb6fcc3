"""心愿池 above an organisation, and who looks into which pool: the starting point of every read of a pool (P13)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.pool.rules.pool import LADDER, Rung, may_read, rungs
from bot.features.wish.tables import Wish
from bot.store.people import OrgUnit


@dataclass(frozen=True, slots=True)
class Organ:
    """One organisation somebody answers for: it looks into its own pool and those below."""

    id: int
    level: OrgLevel
    path: str


async def organs_of(session: AsyncSession, actor: Actor, role: Role = Role.ORGAN_ADMIN) -> tuple[Organ, ...]:
    """The organisations for which the actor holds ``role``."""
    orgs = actor.orgs(role)
    if not orgs:
        return ()
    rows = await session.execute(
        select(OrgUnit.id, OrgUnit.level, OrgUnit.path).where(OrgUnit.id.in_(orgs)).order_by(OrgUnit.path)
    )
    return tuple(Organ(org_id, OrgLevel(level), path) for org_id, level, path in rows)


def ids_in(path: str) -> list[int]:
    """The ids of a path, from the root to the organisation itself."""
    return [int(part) for part in path.split("/") if part]


async def ladder_of(session: AsyncSession, org_id: int) -> tuple[Rung, ...]:
    """The pools on the way up from an organisation, nearest first."""
    path = (await session.execute(select(OrgUnit.path).where(OrgUnit.id == org_id))).scalar_one_or_none()
    chain = ids_in(path or "")[::-1]
    rows = await session.execute(select(OrgUnit.id, OrgUnit.level).where(OrgUnit.id.in_(chain)))
    levels = {org: OrgLevel(level) for org, level in rows}
    return rungs((org, levels[org]) for org in chain if org in levels)


async def names_of_orgs(session: AsyncSession, org_ids: Collection[int | None]) -> dict[int, str]:
    """Names of organisations by their id."""
    wanted = {org_id for org_id in org_ids if org_id is not None}
    if not wanted:
        return {}
    rows = await session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def below(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes in the pools of these organs and of all below: for numbers."""
    return Wish.pool_org_id.in_(
        select(OrgUnit.id).where(or_(false(), *(OrgUnit.path.startswith(o.path, autoescape=True) for o in organs)))
    )


def readable(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes in these pools whose words the organ may read: as far up as their owner agreed (P12)."""
    parts: list[ColumnElement[bool]] = []
    for organ in organs:
        levels = [level.value for level in LADDER if may_read(level, organ.level)]
        parts.append(below([organ]) & (Wish.agreed_level.in_(levels) | (Wish.pool_org_id == organ.id)))
    return or_(false(), *parts)


def above(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes in the pools that cover these organisations: what a cadre there may claim."""
    return Wish.pool_org_id.in_({org_id for organ in organs for org_id in ids_in(organ.path)})
