"""预计的日子定了: when the official workdays of a year come, what was planned by an estimate is reckoned anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.feature import Look
from bot.core.rules.say import Lost, Say
from bot.core.rules.when import say_time
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.plan import call_off, plan_next
from bot.features.reminder.reads.reminder import ReminderLine, line_of, timing_of
from bot.features.reminder.rules.reminder import OccurrenceState, ReminderState, WhyNot
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ReminderMoved(Say):
    """To its owner: the day that was named as 预计 is another one now."""

    template: ClassVar[str] = "reminder/moved"
    lost: ClassVar[Lost | None] = Lost.LISTED
    line: ReminderLine
    before: str


async def settled(session: AsyncSession, look: Look) -> list[int]:
    """Planned by an estimate, in a year that is known by now."""
    first = _first_estimated(look.now.year, look.workdays)
    rows = await session.execute(
        select(ReminderOccurrence.id)
        .where(
            ReminderOccurrence.state == OccurrenceState.PLANNED,
            ReminderOccurrence.estimated.is_(True),
            ReminderOccurrence.due_at < datetime(first, 1, 1, tzinfo=SHANGHAI),
        )
        .order_by(ReminderOccurrence.due_at)
        .limit(look.limit)
    )
    return list(rows.scalars())


def _first_estimated(year: int, workdays: Workdays) -> int:
    """The first year from this one on whose notice is missing."""
    while workdays.knows(year):
        year += 1
    return year


async def settle(unit: Unit, occurrence_id: int, look: Look) -> bool:
    """The same day: no estimate any more. Another one: planned anew, the owner told."""
    row = await unit.session.get(ReminderOccurrence, occurrence_id)
    if row is None or row.state != OccurrenceState.PLANNED or not row.estimated:
        return False
    reminder = await unit.session.get(Reminder, row.reminder_id)
    if reminder is None or reminder.state != ReminderState.GOING:
        return False
    found = timing_of(reminder, look.workdays).after(await _behind(unit, reminder), look.workdays)
    if found is not None and found.at == row.due_at:
        mine = (ReminderOccurrence.id == row.id, ReminderOccurrence.state == OccurrenceState.PLANNED)
        return bool(await unit.swap(ReminderOccurrence, *mine, estimated=False))
    before = row.due_at
    await call_off(unit, reminder, WhyNot.MOVED)
    await plan_next(unit, reminder, await _behind(unit, reminder), look.workdays)
    line = await line_of(unit.session, unit.vault, reminder, look.workdays, unit.now)
    await unit.push_person(reminder.owner_id, ReminderMoved(line, say_time(before, unit.now)))
    return True


async def _behind(unit: Unit, reminder: Reminder) -> datetime:
    """What is over: an earlier day than the planned one may be right now, but none that has been."""
    last = await unit.session.execute(
        select(ReminderOccurrence.due_at)
        .where(
            ReminderOccurrence.reminder_id == reminder.id,
            ReminderOccurrence.state.not_in((OccurrenceState.PLANNED, OccurrenceState.CANCELLED)),
        )
        .order_by(ReminderOccurrence.due_at.desc())
        .limit(1)
    )
    return max(unit.now, last.scalar_one_or_none() or unit.now)
