"""记支部: a meeting, a lesson or a review was held, on a day, with its process (6.3, R6.5)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import delete, func, select

from bot.clock import SHANGHAI
from bot.core.person_data import Erasing
from bot.core.rules.people import Actor, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.core.rules.when import Ambiguous, Exact, Why, find_time
from bot.core.rules.workdays import Workdays
from bot.features.branch.reads.routine import ROUTINE, branch_meant
from bot.features.branch.rules.routine import (
    BranchDayMissing,
    Each,
    checked_branch_process,
    period_start,
    take_routine_item,
)
from bot.features.branch.tables import BranchMeeting
from bot.store.base import new_id
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class BranchEntered(Say):
    """To the secretary: entered, and how often it was held in this period."""

    template: ClassVar[str] = "branch/entered"
    branch: str
    name: str
    on: date
    each: Each
    held: int
    times: int


async def enter_meeting(unit: Unit, actor: Actor, text: str, workdays: Workdays) -> BranchEntered:
    """``记支部 [支部名] <项目> <时间> <过程>``.

    Refuses ``branch.not_found``, ``branch.unclear``, ``branch.item_unknown``, ``branch.day_missing`` and words that no
    record holds.
    """
    org, rest = await branch_meant(unit.session, actor, text)
    item, rest = take_routine_item(ROUTINE, rest)
    on, process = day_of(rest, unit.now, workdays)
    process = checked_branch_process(process)
    row_id = new_id()
    unit.session.add(
        BranchMeeting(
            id=row_id,
            org_id=org.id,
            entered_by=actor.person_id,
            item=item.key,
            on=on,
            process=await unit.seal(org.key_id, f"branch_meetings:{row_id}:process", process),
            entered_at=unit.now,
        )
    )
    await unit.session.flush()
    await unit.audit(actor, "branch.entered", role=Role.SECRETARY, item=item.key)
    held = await unit.session.execute(
        select(func.count())
        .select_from(BranchMeeting)
        .where(
            BranchMeeting.org_id == org.id,
            BranchMeeting.item == item.key,
            BranchMeeting.on >= period_start(item.each, on),
            BranchMeeting.on <= unit.now.astimezone(SHANGHAI).date(),
        )
    )
    return BranchEntered(org.name, item.name, on, item.each, held.scalar_one(), item.times)


def day_of(text: str, now: datetime, workdays: Workdays) -> tuple[date, str]:
    """The day that is over in these words, and the words without it; an hour does not matter."""
    found = find_time(text, now, workdays, past=True)
    if found is None:
        raise BranchDayMissing
    match found.reading:
        case Exact(at=at):
            return at.date(), found.rest
        case Ambiguous(readings=readings) if len({one.at.date() for one in readings}) == 1:
            return readings[0].at.date(), found.rest
        case Ambiguous(readings=(), why=Why.HOUR_MISSING):
            return now.astimezone(SHANGHAI).date(), found.rest
        case _:
            raise BranchDayMissing


async def expire_process(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """The process of what was held a year ago; that it was held stays."""
    before = (unit.now - periods.consultations).date()
    rows = await unit.session.execute(
        select(BranchMeeting)
        .where(BranchMeeting.process.is_not(None), BranchMeeting.on < before)
        .order_by(BranchMeeting.on)
        .limit(limit)
    )
    worded = rows.scalars().all()
    for row in worded:
        row.process = None
    await unit.session.flush()
    unit.erased = unit.erased or bool(worded)
    return len(worded)


async def expire_meetings(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """What was held three years ago; one batch, how many."""
    before = (unit.now - periods.talks).date()
    old = select(BranchMeeting.id).where(BranchMeeting.on < before).limit(limit)
    ids = list((await unit.session.execute(old)).scalars())
    await unit.session.execute(delete(BranchMeeting).where(BranchMeeting.id.in_(ids)))
    return len(ids)


async def forget_secretary(going: Erasing) -> None:
    """Whoever erases their data is named by no entry any more; what the branch held stays the branch's."""
    if going.youth_only:
        return
    rows = await going.unit.session.execute(
        select(BranchMeeting).where(BranchMeeting.entered_by == going.person_id).with_for_update()
    )
    for row in rows.scalars():
        row.entered_by, row.process = None, None
    await going.unit.session.flush()
