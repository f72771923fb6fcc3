"""联系基层: which committees a cadre is linked with, and finding one by its name within the own tree (R1.2, P13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import organs_of
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.guidance.tables import GrassrootsLink
from bot.store.people import OrgUnit

MOST_NAMED: Final = 6
"""Organisations that are named where several fit."""


class GrassrootsNotFound(NotFound):
    """No such committee, or one of another tree, or one that is not linked: the same words."""

    code = "guidance.org_not_found"


class GrassrootsAmbiguous(Refusal):
    """Several committees fit; field ``names``."""

    code = "guidance.org_ambiguous"


@dataclass(frozen=True, slots=True)
class LinkedGrassroots(Say):
    """``联系基层`` alone: the committees one is linked with, and those one could link."""

    template: ClassVar[str] = "guidance/linked"
    names: tuple[str, ...]
    free: tuple[str, ...]


async def find_below(session: AsyncSession, actor: Actor, typed: str, level: OrgLevel) -> OrgUnit:
    """The one organisation of this level below the actor's own organs that has this code, name or part of a name."""
    rows = (await session.execute(_below(await _paths(session, actor), level))).scalars().all()
    return chosen(rows, typed)


def chosen(rows: Iterable[OrgUnit], typed: str) -> OrgUnit:
    """The one of these that is meant; refuses ``guidance.org_not_found`` and ``guidance.org_ambiguous``."""
    wanted = _bare(typed)
    if not wanted:
        raise GrassrootsNotFound
    listed = list(rows)
    exact = [org for org in listed if wanted in (_bare(org.name), _bare(org.code))]
    found = exact or [org for org in listed if wanted in _bare(org.name)]
    if not found:
        raise GrassrootsNotFound
    if len(found) > 1:
        raise GrassrootsAmbiguous(names=tuple(org.name for org in found[:MOST_NAMED]))
    return found[0]


async def linked_with(session: AsyncSession, person_id: int | None) -> Sequence[OrgUnit]:
    """The committees a cadre is linked with now, by name."""
    rows = await session.execute(
        select(OrgUnit)
        .join(GrassrootsLink, GrassrootsLink.org_id == OrgUnit.id)
        .where(GrassrootsLink.cadre_id == person_id, GrassrootsLink.ended_at.is_(None))
        .order_by(OrgUnit.name, OrgUnit.id)
    )
    return rows.scalars().all()


async def branches_of(session: AsyncSession, org: OrgUnit) -> Sequence[OrgUnit]:
    """The branches below a committee or general branch (R1.6)."""
    rows = await session.execute(_below([org.path], OrgLevel.BRANCH))
    return rows.scalars().all()


async def my_grassroots(session: AsyncSession, actor: Actor) -> LinkedGrassroots:
    """``联系基层``: own links, and a few of those that could be linked."""
    linked = await linked_with(session, actor.person_id)
    known = {org.id for org in linked}
    below = _below(await _paths(session, actor), OrgLevel.GRASSROOTS).limit(MOST_NAMED + len(known))
    free = [org.name for org in (await session.execute(below)).scalars() if org.id not in known]
    return LinkedGrassroots(tuple(org.name for org in linked), tuple(free[:MOST_NAMED]))


async def _paths(session: AsyncSession, actor: Actor) -> list[str]:
    return [organ.path for organ in await organs_of(session, actor, Role.CADRE)]


def _below(paths: Iterable[str], level: OrgLevel) -> Select[OrgUnit]:
    within = or_(False, *(OrgUnit.path.startswith(path, autoescape=True) for path in paths))
    return select(OrgUnit).where(OrgUnit.level == level.value, within).order_by(OrgUnit.name, OrgUnit.id)


def _bare(name: str) -> str:
    return plain_key(name).replace(" ", "").removeprefix("共青团")
