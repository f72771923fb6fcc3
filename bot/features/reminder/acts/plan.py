"""下一次: the next occurrence of a reminder is a row; those after it are computed (reliability section 7)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select

from bot.core.rules.when import Occurrence
from bot.core.rules.workdays import Workdays
from bot.features.reminder.reads.reminder import place_of, timing_of
from bot.features.reminder.rules.reminder import OccurrenceState, ReminderState, WhyNot, goes_at
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store import outbox
from bot.store.unit import Unit

DUE: Final = "reminder.due"
"""What the message is about (``Standing``): its first occurrence."""


async def plan_next(unit: Unit, reminder: Reminder, after: datetime, workdays: Workdays) -> Occurrence | None:
    """Enter the next occurrence that nobody has said no to; without one the reminder is over."""
    timing, moment = timing_of(reminder, workdays), after
    while (found := timing.after(moment, workdays)) is not None:
        if await enter(unit, reminder, found, OccurrenceState.PLANNED):
            return found
        moment = found.at
    if reminder.state == ReminderState.GOING:
        reminder.state, reminder.ended_at = ReminderState.OVER, unit.now
        await unit.session.flush()
    return None


async def enter(
    unit: Unit, reminder: Reminder, found: Occurrence, state: OccurrenceState, why: WhyNot | None = None
) -> bool:
    """The row of one occurrence; False if it is there already and has been decided."""
    here = select(ReminderOccurrence).where(
        ReminderOccurrence.reminder_id == reminder.id, ReminderOccurrence.due_at == found.at
    )
    row = (await unit.session.execute(here.execution_options(populate_existing=True))).scalar_one_or_none()
    if row is not None:
        if row.state != OccurrenceState.CANCELLED or row.version == reminder.version:
            return row.state == state
        await unit.session.delete(row)
        await unit.session.flush()
    unit.session.add(
        ReminderOccurrence(
            reminder_id=reminder.id,
            version=reminder.version,
            due_at=found.at,
            goes_at=goes_at(found.at, to_group=reminder.chat_id is not None),
            place=place_of(reminder),
            state=state,
            why=why,
            estimated=found.estimated,
        )
    )
    await unit.session.flush()
    return True


async def call_off(unit: Unit, reminder: Reminder, why: WhyNot) -> None:
    """What is planned of this version does not go out, nor what is handed to the sender and has not left yet."""
    reminder.version += 1
    mine = ReminderOccurrence.reminder_id == reminder.id
    planned = (mine, ReminderOccurrence.state == OccurrenceState.PLANNED)
    await unit.swap(ReminderOccurrence, *planned, state=OccurrenceState.CANCELLED, why=why)
    handed = await unit.session.execute(
        select(ReminderOccurrence.told_with).where(mine, ReminderOccurrence.state == OccurrenceState.HANDED)
    )
    for first_id in {one for one in handed.scalars() if one is not None}:
        await _take_back(unit, reminder, first_id, why)
    await unit.session.flush()


async def _take_back(unit: Unit, reminder: Reminder, first_id: int, why: WhyNot) -> None:
    """Of a message that has not left: this one's line is called off, those of others wait for the next look."""
    here = (ReminderOccurrence.told_with == first_id, ReminderOccurrence.state == OccurrenceState.HANDED)
    lines = (await unit.session.execute(select(ReminderOccurrence.id).where(*here))).scalars().all()
    if not await outbox.take_back_one(unit.session, message_key(first_id, lines)):
        return  # it is being sent, or was
    mine = ReminderOccurrence.reminder_id == reminder.id
    await unit.swap(ReminderOccurrence, *here, mine, state=OccurrenceState.CANCELLED, why=why)
    await unit.swap(ReminderOccurrence, *here, ~mine, state=OccurrenceState.PLANNED, told_with=None)


def message_key(first_id: int, lines: Iterable[int]) -> str:
    """The outbox key of a message with these occurrences: never again that of another set, nor of this one."""
    mark = 0
    for line in lines:
        mark ^= line
    return f"reminder:{first_id}:{mark:x}"
