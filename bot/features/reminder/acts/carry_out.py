"""提醒 that fall due: what goes to one place at one instant is one message; each occurrence keeps what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.say import Lost, Say
from bot.core.rules.when import Occurrence, say_time
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.plan import DUE, enter, message_key, plan_next
from bot.features.reminder.reads.reminder import timing_of, words_of
from bot.features.reminder.rules.reminder import (
    GRACE,
    LATE_AFTER,
    MOST_MISSED,
    OccurrenceState,
    ReminderState,
    WhyNot,
    goes_at,
    is_grave_day,
    is_late,
    too_late,
)
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.outbox import Sending
from bot.store.unit import Unit

Due = tuple[int, datetime]
"""A place and an instant: what goes there then."""


@dataclass(frozen=True, slots=True)
class DueLine:
    """One reminder of a message; ``late``: when it should have come, empty where it is on time."""

    ref: int
    words: str
    late: str


@dataclass(frozen=True, slots=True)
class ReminderDue(Say):
    """Into the group, or to oneself: what is due."""

    template: ClassVar[str] = "reminder/due"
    lost: ClassVar[Lost | None] = Lost.OWN
    lines: tuple[DueLine, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class ReminderMissed(Say):
    """To its owner: it did not go out while the bot was off."""

    template: ClassVar[str] = "reminder/missed"
    lost: ClassVar[Lost | None] = Lost.LISTED
    ref: int
    when: str


@dataclass(frozen=True, slots=True)
class ReminderUnreached(Say):
    """To its owner, once: it cannot be said where it belongs, and what to do."""

    template: ClassVar[str] = "reminder/unreached"
    lost: ClassVar[Lost | None] = Lost.LISTED
    ref: int
    group: bool


async def due_now(session: AsyncSession, look: Look) -> list[Due]:
    """Places at which something is due, the earliest first."""
    rows = await session.execute(
        select(ReminderOccurrence.place, ReminderOccurrence.goes_at)
        .where(ReminderOccurrence.state == OccurrenceState.PLANNED, ReminderOccurrence.goes_at <= look.now)
        .order_by(ReminderOccurrence.goes_at, ReminderOccurrence.place)
        .limit(look.limit)
    )
    return list(dict.fromkeys((place, at) for place, at in rows.all()))


async def send_due(unit: Unit, due: Due, look: Look) -> bool:
    """One message; True where something went out."""
    found = await _taken(unit, due)
    lines: list[tuple[ReminderOccurrence, Reminder, DueLine]] = []
    for row in found:
        reminder = await unit.session.get(Reminder, row.reminder_id)
        if reminder is None or reminder.state != ReminderState.GOING or reminder.version != row.version:
            await _closed(unit, row, OccurrenceState.CANCELLED, WhyNot.CHANGED)
            continue
        why = await _go_on(unit, reminder, row, look.workdays)
        if why is not None:
            state = OccurrenceState.SKIPPED if why is WhyNot.GRAVE_DAY else OccurrenceState.MISSED
            await _closed(unit, row, state, why)
            continue
        words = await words_of(unit.session, unit.vault, reminder)
        late = say_time(row.due_at, unit.now) if is_late(row.goes_at, unit.now) else ""
        lines.append((row, reminder, DueLine(reminder.ref, words, late)))
    if lines:
        await _say(unit, lines)
    return bool(lines)


async def _taken(unit: Unit, due: Due) -> list[ReminderOccurrence]:
    """The occurrences of this place and instant that no other process has taken."""
    place, at = due
    here = (ReminderOccurrence.place == place, ReminderOccurrence.goes_at == at)
    still = ReminderOccurrence.state == OccurrenceState.PLANNED
    await unit.swap(ReminderOccurrence, *here, still, state=OccurrenceState.HANDED)
    rows = await unit.session.execute(
        select(ReminderOccurrence)
        .where(*here, ReminderOccurrence.state == OccurrenceState.HANDED, ReminderOccurrence.told_with.is_(None))
        .order_by(ReminderOccurrence.due_at, ReminderOccurrence.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def _closed(unit: Unit, row: ReminderOccurrence, state: OccurrenceState, why: WhyNot) -> None:
    row.state, row.why, row.told_with = state, why, row.id
    await unit.session.flush()


async def _go_on(unit: Unit, reminder: Reminder, row: ReminderOccurrence, workdays: Workdays) -> WhyNot | None:
    """Plan the next one; why this one does not go out, or nothing.

    After a time off only the latest goes out, if it is not too late even for that; the others are entered as missed.
    """
    passed = _passed(reminder, row, unit.now, workdays)
    for one in passed[:-1]:
        late = too_late(goes_at(one.at, to_group=reminder.chat_id is not None), unit.now)
        await enter(unit, reminder, one, OccurrenceState.MISSED, WhyNot.DOWN if late else WhyNot.NEWER)
    await plan_next(unit, reminder, passed[-2].at if len(passed) > 1 else row.due_at, workdays)
    if passed:
        return WhyNot.DOWN if too_late(row.goes_at, unit.now) else WhyNot.NEWER
    if too_late(row.goes_at, unit.now):
        await _tell_missed(unit, reminder, row)
        return WhyNot.DOWN
    return WhyNot.GRAVE_DAY if reminder.cheerful and is_grave_day(row.goes_at.date()) else None


def _passed(reminder: Reminder, row: ReminderOccurrence, now: datetime, workdays: Workdays) -> list[Occurrence]:
    """Occurrences after this one that are due by now as well, the earliest first."""
    timing, group = timing_of(reminder, workdays), reminder.chat_id is not None
    moment = max(row.due_at, now - GRACE) if now - row.due_at > MOST_MISSED * GRACE else row.due_at
    found: list[Occurrence] = []
    while (one := timing.after(moment, workdays)) is not None and goes_at(one.at, to_group=group) <= now:
        found.append(one)
        moment = one.at
        if len(found) == MOST_MISSED:  # older ones are passed over
            found = found[-1:]
    return found


async def _tell_missed(unit: Unit, reminder: Reminder, row: ReminderOccurrence) -> None:
    """Its owner hears that it was missed."""
    say = ReminderMissed(reminder.ref, say_time(row.due_at, unit.now))
    await unit.push_person(reminder.owner_id, say)


async def _say(unit: Unit, lines: list[tuple[ReminderOccurrence, Reminder, DueLine]]) -> None:
    first, reminder, _line = lines[0]
    for row, _reminder, _told in lines:
        row.told_with = first.id
    await unit.session.flush()
    say = ReminderDue(tuple(line for _row, _reminder, line in lines), reminder.chat_id is None)
    how = Sending(
        cls="O",
        idem_key=message_key(first.id, [row.id for row, _reminder, _line in lines]),
        about=(DUE, first.id),
        expires_at=max(first.goes_at + GRACE, unit.now),
    )
    if not await _pushed(unit, reminder, say, how):
        await became(unit, first.id, False)


async def _pushed(unit: Unit, reminder: Reminder, say: ReminderDue, how: Sending) -> bool:
    if reminder.chat_id is None:
        return await unit.push_person(reminder.owner_id, say, **how | Sending(kind="reply"))
    chat = await unit.session.get(Chat, reminder.chat_id)
    if chat is None or chat.state != "linked":
        return False
    await unit.push_chat(chat, say, **how)
    return True


async def never_told(session: AsyncSession, look: Look) -> list[int]:
    """Messages of which nobody has told what became of them, though their time is over."""
    rows = await session.execute(
        select(ReminderOccurrence.id)
        .where(
            ReminderOccurrence.state == OccurrenceState.HANDED,
            ReminderOccurrence.goes_at < look.now - GRACE - LATE_AFTER,
        )
        .order_by(ReminderOccurrence.goes_at)
        .limit(look.limit)
    )
    return list(rows.scalars())


async def give_up(unit: Unit, occurrence_id: int, _look: Look) -> bool:
    """It may have arrived: it is not said again."""
    mine = (ReminderOccurrence.id == occurrence_id, ReminderOccurrence.state == OccurrenceState.HANDED)
    return bool(await unit.swap(ReminderOccurrence, *mine, state=OccurrenceState.UNSURE))


async def still_due(session: AsyncSession, first_id: int, now: datetime) -> bool:
    """Whether a message is still to be said: something in it was neither changed, stopped nor deleted meanwhile."""
    found = await session.execute(
        select(ReminderOccurrence.id)
        .join(Reminder, Reminder.id == ReminderOccurrence.reminder_id)
        .where(
            ReminderOccurrence.told_with == first_id,
            ReminderOccurrence.state == OccurrenceState.HANDED,
            ReminderOccurrence.version == Reminder.version,
            Reminder.state.in_((ReminderState.GOING, ReminderState.OVER)),
        )
        .limit(1)
    )
    return found.first() is not None


async def became(unit: Unit, first_id: int, seen: bool) -> None:
    """The message is out; or it cannot go out, and its owner hears that once."""
    rows = await unit.session.execute(
        select(ReminderOccurrence).where(
            ReminderOccurrence.told_with == first_id, ReminderOccurrence.state == OccurrenceState.HANDED
        )
    )
    for row in rows.scalars().all():
        reminder = await unit.session.get(Reminder, row.reminder_id)
        if seen:
            row.state = OccurrenceState.LATE if is_late(row.goes_at, unit.now) else OccurrenceState.SENT
        else:
            row.state, row.why = OccurrenceState.MISSED, WhyNot.UNREACHED
        if reminder is None:
            continue
        if seen:
            reminder.unreached_at = None
        elif reminder.unreached_at is None:
            reminder.unreached_at = unit.now
            await unit.push_person(reminder.owner_id, ReminderUnreached(reminder.ref, reminder.chat_id is not None))
    await unit.session.flush()
