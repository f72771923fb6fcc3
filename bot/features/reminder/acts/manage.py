"""提醒 停, 开, 删, 这次不发: what its owner, a host of its group or the organ does with a reminder."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.when import say_time
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.make import ReminderSet, receipt
from bot.features.reminder.acts.plan import call_off, plan_next
from bot.features.reminder.reads.reminder import ReminderLine, found_by, line_of, planned
from bot.features.reminder.rules.reminder import OccurrenceState, ReminderIsOver, ReminderState, WhyNot
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.delivery import DataKey
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ReminderStopped(Say):
    """Nothing of it goes out until 提醒 开."""

    template: ClassVar[str] = "reminder/stopped"
    line: ReminderLine


@dataclass(frozen=True, slots=True)
class ReminderDeleted(Say):
    """It is gone; its words are said once more so that it can be set again."""

    template: ClassVar[str] = "reminder/deleted"
    line: ReminderLine


@dataclass(frozen=True, slots=True)
class ReminderSkipped(Say):
    """One occurrence does not go out; those after it are named."""

    template: ClassVar[str] = "reminder/skipped"
    line: ReminderLine
    when: str


async def stop(unit: Unit, actor: Actor, ref: int, workdays: Workdays) -> Say:
    """``提醒 停 <R>``: as often as one likes."""
    reminder = await found_by(unit.session, actor, ref)
    if reminder.state == ReminderState.OVER:
        raise ReminderIsOver
    if reminder.state == ReminderState.GOING:
        await call_off(unit, reminder, WhyNot.STOPPED)
        reminder.state = ReminderState.STOPPED
        await unit.session.flush()
        await unit.audit(actor, "reminder.stopped", ref=f"R{reminder.ref}")
    return ReminderStopped(await line_of(unit.session, unit.vault, reminder, workdays, unit.now))


async def start(unit: Unit, actor: Actor, ref: int, workdays: Workdays) -> ReminderSet:
    """``提醒 开 <R>``: it goes on from now; a skipped occurrence that is still to come goes out after all."""
    reminder = await found_by(unit.session, actor, ref)
    if reminder.state == ReminderState.OVER and not await _skipped_ahead(unit, reminder):
        raise ReminderIsOver
    await call_off(unit, reminder, WhyNot.CHANGED)
    await unit.swap(
        ReminderOccurrence,
        ReminderOccurrence.reminder_id == reminder.id,
        ReminderOccurrence.state == OccurrenceState.SKIPPED,
        ReminderOccurrence.due_at > unit.now,
        state=OccurrenceState.CANCELLED,
        why=WhyNot.CHANGED,
    )
    reminder.state, reminder.ended_at = ReminderState.GOING, None
    await unit.session.flush()
    if await plan_next(unit, reminder, unit.now, workdays) is None:
        raise ReminderIsOver
    await unit.audit(actor, "reminder.started", ref=f"R{reminder.ref}")
    return await receipt(unit, reminder, workdays, changed=True)


async def _skipped_ahead(unit: Unit, reminder: Reminder) -> bool:
    ahead = select(ReminderOccurrence.id).where(
        ReminderOccurrence.reminder_id == reminder.id,
        ReminderOccurrence.state == OccurrenceState.SKIPPED,
        ReminderOccurrence.due_at > unit.now,
    )
    return (await unit.session.execute(ahead)).first() is not None


async def delete(unit: Unit, actor: Actor, ref: int, workdays: Workdays) -> Say:
    """``提醒 删 <R>``: its words are gone for good, what was planned does not go out."""
    reminder = await found_by(unit.session, actor, ref)
    line = await line_of(unit.session, unit.vault, reminder, workdays, unit.now)
    await call_off(unit, reminder, WhyNot.STOPPED)
    await let_go(unit, reminder)
    await unit.audit(actor, "reminder.deleted", ref=f"R{reminder.ref}")
    return ReminderDeleted(line)


async def let_go(unit: Unit, reminder: Reminder) -> None:
    """Its words and their key are gone; the row stays for a while, so that nobody is told of it again."""
    reminder.state, reminder.ended_at, reminder.words = ReminderState.DELETED, unit.now, None
    key = await unit.session.get(DataKey, reminder.key_id)
    if key is not None:
        await unit.session.delete(key)
    unit.destroyed(reminder.key_id)
    unit.erased = True
    await unit.session.flush()


async def skip(unit: Unit, actor: Actor, ref: int, workdays: Workdays) -> Say:
    """``提醒 这次不发 <R>``: only the next occurrence; refuses ``reminder.over`` where there is none."""
    reminder = await found_by(unit.session, actor, ref)
    row = await planned(unit.session, reminder.id) if reminder.state == ReminderState.GOING else None
    if row is None:
        raise ReminderIsOver
    mine = (ReminderOccurrence.id == row.id, ReminderOccurrence.state == OccurrenceState.PLANNED)
    if not await unit.swap(ReminderOccurrence, *mine, state=OccurrenceState.SKIPPED, why=WhyNot.ASKED):
        raise ReminderIsOver
    when, due = row.goes_at, row.due_at
    await plan_next(unit, reminder, due, workdays)
    await unit.audit(actor, "reminder.skipped", ref=f"R{reminder.ref}")
    line = await line_of(unit.session, unit.vault, reminder, workdays, unit.now)
    return ReminderSkipped(line, say_time(when, unit.now))
