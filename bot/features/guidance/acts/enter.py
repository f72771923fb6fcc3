"""指导 记: an item of the checklist was done, with its day and its process (R1.11, R6.5)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.rules.campaign import Campaigns
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import take_ref
from bot.core.rules.refusal import Refusal
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import find_organised
from bot.features.activity.rules.activity import ActivityState
from bot.features.activity.tables import Activity
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.reads.progress import GuidanceNotChosen, assignment_of, entries_of
from bot.features.guidance.rules.checklist import take_item
from bot.features.guidance.rules.process import checked_process
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment, GuidanceEntry
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.unit import Unit

YEARS_KEPT: Final = 3
"""Figures of guidance without words are kept as long as those of activities (P20)."""


@dataclass(frozen=True, slots=True)
class GuidanceEntered(Say):
    """To the cadre: entered; how many of the items have something now, and what is due next."""

    template: ClassVar[str] = "guidance/entered"
    name: str
    on: date
    done: int
    items: int
    next_name: str
    next_by: date | None
    late: bool
    """Entered after the window of the year was over."""


class GuidanceActivityOpen(Refusal):
    """The activity is not over with its process, or not of this year; field ``ref``."""

    code = "guidance.activity_open"


class GuidanceActivityTied(Refusal):
    """The activity stands for an item already: it counts once (R2.3); field ``ref``."""

    code = "guidance.activity_tied"


async def enter_guidance(unit: Unit, actor: Actor, typed: str, campaigns: Campaigns | None = None) -> GuidanceEntered:
    """``指导 记 <项目> <过程>``, or ``<项目> <A> [过程]`` by an own activity; several a day are fine.

    Refuses ``guidance.not_chosen``, ``guidance.item_unknown``, ``guidance.process_missing``, and what no record holds.
    """
    today = unit.now.astimezone(SHANGHAI).date()
    chosen = await assignment_of(unit.session, actor.person_id, today.year)
    if chosen is None:
        raise GuidanceNotChosen(year=today.year)
    checklist = checklist_of(today.year, campaigns)
    item, said = take_item(checklist, typed)
    activity, rest = await _by_activity(unit, actor, said, today.year)
    process = checked_process(rest) if activity is None or rest else None
    on = activity.starts_at.astimezone(SHANGHAI).date() if activity is not None else today
    org = await unit.session.get_one(OrgUnit, chosen.org_id)
    entry_id = new_id()
    sealed = None
    if process is not None:
        sealed = await unit.seal(org.key_id, f"guidance_entries:{entry_id}:process", process)
    unit.session.add(
        GuidanceEntry(
            id=entry_id,
            assignment_id=chosen.id,
            item=item.key,
            on=on,
            activity_id=activity.id if activity is not None else None,
            process=sealed,
            entered_at=unit.now,
        )
    )
    await unit.session.flush()
    await unit.audit(actor, "guidance.entered", role=Role.CADRE, item=item.key)
    done = {entry.item for entry in await entries_of(unit.session, chosen)}
    due = checklist.next_due(done, today)
    name, by = (due[0].name, due[1]) if due is not None else ("", None)
    return GuidanceEntered(item.name, on, len(done), len(checklist.items), name, by, today > checklist.last)


async def _by_activity(unit: Unit, actor: Actor, said: str, year: int) -> tuple[Activity | None, str]:
    """The own activity of this year that is named first, and what is said beside it; None: none is named.

    It is over with its process, or ``guidance.activity_open``; what is foreign is not found. Tied once to one item.
    """
    taken = take_ref(said, ("A",)) if said[:1] in "#＃AaＡａ" else None
    if taken is None:
        return None, said
    ref, rest = taken
    activity = await find_organised(unit.session, actor, ref.number)
    if activity.state != ActivityState.ENDED or activity.starts_at.astimezone(SHANGHAI).year != year:
        raise GuidanceActivityOpen(ref=ref.number)
    tied = select(GuidanceEntry.id).where(GuidanceEntry.activity_id == activity.id).limit(1)
    if (await unit.session.execute(tied)).first() is not None:
        raise GuidanceActivityTied(ref=ref.number)
    return activity, rest.strip()


async def expire_words(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """The process of entries of a year ago; that the item was done stays."""
    before = (unit.now - periods.wishes).date()
    rows = await unit.session.execute(
        select(GuidanceEntry)
        .where(GuidanceEntry.process.is_not(None), GuidanceEntry.on < before)
        .order_by(GuidanceEntry.on)
        .limit(limit)
    )
    entries = rows.scalars().all()
    for entry in entries:
        entry.process = None
    await unit.session.flush()
    unit.erased = unit.erased or bool(entries)
    return len(entries)


async def expire_years(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Whom somebody guided more than three years ago, with its entries; one batch, how many."""
    rows = await unit.session.execute(
        select(GuidanceAssignment)
        .where(GuidanceAssignment.year < unit.now.year - YEARS_KEPT)
        .order_by(GuidanceAssignment.year)
        .limit(limit)
    )
    gone = rows.scalars().all()
    for assignment in gone:
        await unit.session.delete(assignment)
    await unit.session.flush()
    return len(gone)


async def expire_links(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Links that ended long ago; one batch, how many."""
    rows = await unit.session.execute(
        select(GrassrootsLink).where(GrassrootsLink.ended_at < unit.now - periods.talks).limit(limit)
    )
    gone = rows.scalars().all()
    for link in gone:
        await unit.session.delete(link)
    await unit.session.flush()
    return len(gone)
