"""组织: the organisations that an actor is responsible for, their names, and the organs above."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.ladder import Rung, rungs
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.store.people import OrgUnit

OWING: Final = frozenset({OrgLevel.PROVINCE, OrgLevel.CITY, OrgLevel.COUNTY})
"""Levels whose leading organs owe five works a quarter (R2.1)."""


class NotALeadingOrgan(Refusal):
    """The notice asks the organ's five of 省、市、县 only."""

    code = "not_an_organ"


@dataclass(frozen=True, slots=True)
class Organ:
    """One organisation that an actor is responsible for: it sees its own pool and those below."""

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


async def organ_that_owes(session: AsyncSession, actor: Actor) -> Organ:
    """The leading organ of 省、市、县 for which the actor answers, the highest of several (R2.1)."""
    found = [organ for organ in await organs_of(session, actor) if organ.level in OWING]
    if not found:
        raise NotALeadingOrgan
    return min(found, key=lambda organ: (len(organ.path), organ.id))


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
