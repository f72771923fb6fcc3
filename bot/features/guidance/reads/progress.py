"""指导: this year's checklist with what is done; only the cadre's own (R1.3 to R1.11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.reads.unreadable import shown
from bot.core.rules.campaign import Campaigns
from bot.core.rules.people import Actor
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import words_of
from bot.features.activity.tables import Activity
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.reads.grassroots import linked_with
from bot.features.guidance.rules.checklist import GuidanceGroup, groups_of
from bot.features.guidance.tables import GuidanceAssignment, GuidanceEntry
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


class GuidanceNotChosen(Refusal):
    """No committee is chosen this year; field ``year``."""

    code = "guidance.not_chosen"


@dataclass(frozen=True, slots=True)
class GuidanceLine:
    """One item: its number in the list, and the days on which something was done."""

    number: int
    name: str
    group: GuidanceGroup
    days: tuple[date, ...]
    process: str = field(repr=False)
    """What was entered last; empty when nothing was, or when its time is over."""


@dataclass(frozen=True, slots=True)
class GuidanceProgress(Say):
    """``指导``: whom one guides, every item done or open, what is due next."""

    template: ClassVar[str] = "guidance/progress"
    title: str
    year: int
    org: str
    branch: str
    first: date
    last: date
    lines: tuple[GuidanceLine, ...]
    groups: tuple[tuple[GuidanceGroup, int, int], ...]
    next_name: str
    next_by: date | None
    over: bool


@dataclass(frozen=True, slots=True)
class GuidanceToChoose(Say):
    """``指导`` while no committee is chosen this year: how to choose one of those one is linked with."""

    template: ClassVar[str] = "guidance/to_choose"
    year: int
    linked: tuple[str, ...]


async def assignment_of(session: AsyncSession, person_id: int | None, year: int) -> GuidanceAssignment | None:
    """Whom somebody guides in this year."""
    found = await session.execute(
        select(GuidanceAssignment).where(GuidanceAssignment.cadre_id == person_id, GuidanceAssignment.year == year)
    )
    return found.scalar_one_or_none()


async def guidance(
    session: AsyncSession, vault: Vault, actor: Actor, *, now: datetime, campaigns: Campaigns | None = None
) -> GuidanceProgress | GuidanceToChoose:
    """``指导``."""
    today = now.astimezone(SHANGHAI).date()
    chosen = await assignment_of(session, actor.person_id, today.year)
    if chosen is None:
        return GuidanceToChoose(today.year, tuple(org.name for org in await linked_with(session, actor.person_id)))
    checklist = checklist_of(today.year, campaigns)
    entries = await entries_of(session, chosen)
    lines = [
        GuidanceLine(
            at,
            item.name,
            item.group,
            tuple(entry.on for entry in entries if entry.item == item.key),
            await _last_words(session, vault, [entry for entry in entries if entry.item == item.key]),
        )
        for at, item in enumerate(checklist.items, start=1)
    ]
    done = {entry.item for entry in entries}
    due = checklist.next_due(done, today)
    org = await session.get(OrgUnit, chosen.org_id)
    branch = await session.get(OrgUnit, chosen.branch_id) if chosen.branch_id is not None else None
    return GuidanceProgress(
        title=checklist.title,
        year=today.year,
        org=org.name if org is not None else "",
        branch=branch.name if branch is not None else "",
        first=checklist.first,
        last=checklist.last,
        lines=tuple(lines),
        groups=tuple(groups_of(checklist, done)),
        next_name=due[0].name if due is not None else "",
        next_by=due[1] if due is not None else None,
        over=today > checklist.last,
    )


async def entries_of(session: AsyncSession, chosen: GuidanceAssignment) -> Sequence[GuidanceEntry]:
    """What was entered for one year's guidance, by day."""
    rows = await session.execute(
        select(GuidanceEntry)
        .where(GuidanceEntry.assignment_id == chosen.id)
        .order_by(GuidanceEntry.on, GuidanceEntry.id)
    )
    return rows.scalars().all()


async def _last_words(session: AsyncSession, vault: Vault, entries: Sequence[GuidanceEntry]) -> str:
    worded = [entry for entry in entries if entry.process is not None or entry.activity_id is not None]
    return await words_of_entry(session, vault, worded[-1]) if worded else ""


async def words_of_entry(session: AsyncSession, vault: Vault, entry: GuidanceEntry) -> str:
    """Its own words, else those of the activity by which it was done."""
    if entry.process is not None:
        return await shown(session, vault, f"guidance_entries:{entry.id}:process", entry.process)
    activity = await session.get(Activity, entry.activity_id) if entry.activity_id is not None else None
    return await words_of(session, vault, activity, "process") if activity is not None else ""
