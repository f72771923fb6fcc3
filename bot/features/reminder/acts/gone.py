"""提醒 of somebody who is gone: a group's passes to whoever looks after the group; one's own go with their owner."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import delete, select

from bot.core.events import OfficeEnded
from bot.core.person_data import Erasing
from bot.core.reads.office import holds
from bot.core.reads.successor import successor
from bot.core.rules.people import Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Lost, Say
from bot.features.reminder.acts.plan import call_off
from bot.features.reminder.rules.reminder import ReminderState, WhyNot
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.delivery import DataKey
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ReminderTakenOver(Say):
    """To whoever looks after it from now on."""

    template: ClassVar[str] = "reminder/taken_over"
    lost: ClassVar[Lost | None] = Lost.LISTED
    ref: int


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office: reminders of groups pass on, or stop where nobody is; one's own stay one's own."""
    await unit.session.flush()
    for person_id in event.person_ids:
        roles = holds(person_id, unit.now, Role.CADRE) | holds(person_id, unit.now, Role.ORGAN_ADMIN)
        if not (await unit.session.execute(select(roles))).scalar_one():
            await _pass_on(unit, person_id)


async def _pass_on(unit: Unit, person_id: int) -> None:
    rows = await unit.session.execute(
        select(Reminder)
        .where(
            Reminder.owner_id == person_id,
            Reminder.chat_id.is_not(None),
            Reminder.state.in_((ReminderState.GOING, ReminderState.STOPPED)),
        )
        .order_by(Reminder.id)
    )
    for reminder in rows.scalars().all():
        to = await _successor(unit, reminder)
        if to is not None:
            reminder.owner_id = to
            await unit.session.flush()
            await unit.push_person(to, ReminderTakenOver(reminder.ref))
        elif reminder.state == ReminderState.GOING:
            await call_off(unit, reminder, WhyNot.STOPPED)
            reminder.state = ReminderState.STOPPED
            await unit.session.flush()
        await unit.audit(None, "reminder.passed_on", ref=f"R{reminder.ref}")


async def _successor(unit: Unit, reminder: Reminder) -> int | None:
    chat = await unit.session.get(Chat, reminder.chat_id)
    if chat is None:
        return None
    return await successor(unit.session, chat.id, chat.org_id, gone=reminder.owner_id, now=unit.now)


async def forget_owner(going: Erasing) -> None:
    """删除我的数据: what one had set for oneself is gone; the group's stays with whoever looks after the group."""
    unit = going.unit
    rows = await unit.session.execute(select(Reminder).where(Reminder.owner_id == going.person_id))
    for reminder in rows.scalars().all():
        if reminder.chat_id is not None:
            if going.youth_only:
                continue
            to = await _successor(unit, reminder)
            if to is not None:
                reminder.owner_id = to
                await unit.session.flush()
                continue
        await _remove(unit, reminder)


async def expire_reminders(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """So long after its end a reminder goes with all its occurrences."""
    rows = await unit.session.execute(
        select(Reminder)
        .where(Reminder.ended_at < unit.now - periods.ended_reminders)
        .order_by(Reminder.ended_at)
        .limit(max(1, limit // 10))
    )
    found = rows.scalars().all()
    for reminder in found:
        await _remove(unit, reminder)
    return len(found)


async def expire_occurrences(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """What became of each occurrence is kept for a while."""
    old = (
        select(ReminderOccurrence.id)
        .where(ReminderOccurrence.due_at < unit.now - periods.ended_reminders, ReminderOccurrence.state != "planned")
        .limit(limit)
    )
    ids = (await unit.session.execute(old)).scalars().all()
    await unit.session.execute(delete(ReminderOccurrence).where(ReminderOccurrence.id.in_(ids)))
    return len(ids)


async def _remove(unit: Unit, reminder: Reminder) -> None:
    key_id = reminder.key_id
    await unit.session.execute(delete(ReminderOccurrence).where(ReminderOccurrence.reminder_id == reminder.id))
    await unit.session.execute(delete(Reminder).where(Reminder.id == reminder.id))
    await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
    unit.destroyed(key_id)
    unit.erased = True
