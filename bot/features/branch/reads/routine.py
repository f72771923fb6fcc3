"""支部: what one's branches have held, and what is due; only the secretary's own (6.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.core.shipped import shipped
from bot.features.branch.rules.routine import Each, owed, read_routine
from bot.features.branch.tables import BranchMeeting
from bot.store.people import OrgUnit

ROUTINE: Final = read_routine(shipped("branch", "routine.toml"))
"""Read at the start."""
MOST_BRANCHES: Final = 5


class BranchNotFound(NotFound):
    """No branch of which one is the secretary."""

    code = "branch.not_found"


class BranchUnclear(Refusal):
    """Several branches, and the words name none; field ``names``."""

    code = "branch.unclear"


@dataclass(frozen=True, slots=True)
class RoutineLine:
    """One item of one branch."""

    name: str
    each: Each
    held: int
    times: int
    missing: int
    last: date | None


@dataclass(frozen=True, slots=True)
class BranchLines:
    """One branch and its routine."""

    name: str
    lines: tuple[RoutineLine, ...]


@dataclass(frozen=True, slots=True)
class BranchRoutine(Say):
    """``支部``: 三会两制一课 of one's branches."""

    template: ClassVar[str] = "branch/routine"
    branches: tuple[BranchLines, ...]


async def branches_of(session: AsyncSession, actor: Actor) -> Sequence[OrgUnit]:
    """The branches and committees of which the actor is the secretary."""
    rows = await session.execute(
        select(OrgUnit).where(OrgUnit.id.in_(actor.orgs(Role.SECRETARY))).order_by(OrgUnit.name, OrgUnit.id)
    )
    return rows.scalars().all()


async def branch_routine(session: AsyncSession, actor: Actor, *, now: datetime) -> BranchRoutine:
    """``支部``."""
    today = now.astimezone(SHANGHAI).date()
    found: list[BranchLines] = []
    for org in (await branches_of(session, actor))[:MOST_BRANCHES]:
        rows = await session.execute(
            select(BranchMeeting.item, BranchMeeting.on).where(
                BranchMeeting.org_id == org.id, BranchMeeting.on >= date(today.year, 1, 1)
            )
        )
        lines = [
            RoutineLine(one.item.name, one.item.each, one.held, one.item.times, one.missing, one.last)
            for one in owed(ROUTINE, [(item, on) for item, on in rows], today)
        ]
        found.append(BranchLines(org.name, tuple(lines)))
    return BranchRoutine(tuple(found))


async def branch_meant(session: AsyncSession, actor: Actor, text: str) -> tuple[OrgUnit, str]:
    """The branch whose name begins the words, and what is left; the only one there is needs no name."""
    branches = await branches_of(session, actor)
    if not branches:
        raise BranchNotFound
    for org in sorted(branches, key=lambda one: -len(one.name)):
        if plain_key(text.strip()[: len(org.name)]) == plain_key(org.name):
            return org, text.strip()[len(org.name) :].strip()
    if len(branches) > 1:
        raise BranchUnclear(names=tuple(org.name for org in branches))
    return branches[0], text
