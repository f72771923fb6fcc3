"""提醒 in the calendar of whoever set them or looks after their group; what is for oneself says only that it is one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.calendar import AHEAD, BEHIND, CalendarEntry, CalendarOf
from bot.core.shipped import labels
from bot.features.reminder.reads.reminder import timing_of, words_of
from bot.features.reminder.rules.reminder import OccurrenceState, ReminderState, goes_at
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat, ChatHost
from bot.store.sealing import Vault

AHEAD_EACH: Final = 60
"""Occurrences to come that one reminder enters."""
LENGTH: Final = timedelta(minutes=15)
SHOWN: Final = (ReminderState.GOING, ReminderState.STOPPED, ReminderState.OVER)
NOT_COMING: Final = (OccurrenceState.SKIPPED, OccurrenceState.CANCELLED, OccurrenceState.MISSED)


async def in_calendar(session: AsyncSession, vault: Vault, of: CalendarOf, look: Look) -> list[CalendarEntry]:
    """What was and is to come; of what was skipped or called off, that it is. An organ has none of its own."""
    if of.org_id is not None:
        return []
    hosted = select(ChatHost.chat_id).where(ChatHost.person_id == of.person_id)
    found: dict[int, Reminder] = {}
    for whose in (Reminder.owner_id == of.person_id, Reminder.chat_id.in_(hosted)):
        rows = await session.execute(
            select(Reminder)
            .outerjoin(Chat, Chat.id == Reminder.chat_id)
            .where(whose, Reminder.state.in_(SHOWN), or_(Chat.id.is_(None), Chat.state == "linked"))
            .order_by(Reminder.id)
        )
        found |= {one.id: one for one in rows.scalars()}
    out: list[CalendarEntry] = []
    for one in found.values():
        out += await _entries(session, vault, one, look)
    return out


async def _entries(session: AsyncSession, vault: Vault, reminder: Reminder, look: Look) -> Sequence[CalendarEntry]:
    rows = await session.execute(
        select(ReminderOccurrence)
        .where(
            ReminderOccurrence.reminder_id == reminder.id,
            ReminderOccurrence.due_at.between(look.now - BEHIND, look.now + AHEAD),
        )
        .order_by(ReminderOccurrence.due_at)
    )
    known = {row.due_at: row for row in rows.scalars()}
    dues = dict.fromkeys(known)
    if reminder.state == ReminderState.GOING:
        coming = timing_of(reminder, look.workdays).coming(look.now, look.workdays, AHEAD_EACH)
        dues |= dict.fromkeys(one.at for one in coming if one.at <= look.now + AHEAD)
    plain = labels()["calendar_entry"]["reminder"]
    words = await words_of(session, vault, reminder) if reminder.chat_id is not None else ""
    return [_entry(reminder, due, known.get(due), words or plain, plain) for due in dues]


def _entry(reminder: Reminder, due: datetime, row: ReminderOccurrence | None, title: str, plain: str) -> CalendarEntry:
    """A change makes a new version, and what is called off comes after it: so the revision never falls."""
    cancelled = row is not None and row.state in NOT_COMING
    at = goes_at(due, to_group=reminder.chat_id is not None)
    return CalendarEntry(
        uid=f"reminder-{reminder.id}-{int(due.timestamp())}@zhixin",
        revision=2 * (row.version if row is not None else reminder.version) + cancelled,
        made_at=reminder.made_at,
        starts=at,
        ends=at + LENGTH,
        title=title,
        plain=plain,
        note=f"#R{reminder.ref}",
        cancelled=cancelled,
    )
