"""One reminder: whose it is, when it comes next, and its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.linked import is_host
from bot.core.rules.people import Actor, Role
from bot.core.rules.when import say_time
from bot.core.rules.workdays import Workdays
from bot.features.reminder.rules.reading import said_again, shown
from bot.features.reminder.rules.reminder import (
    SHOWN,
    OccurrenceState,
    ReminderNotFound,
    ReminderState,
    Timing,
    goes_at,
)
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Coming:
    """接下来的一次: when it goes out, and whether that may still move (预计)."""

    said: str
    estimated: bool


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """一条提醒: its reference, when it comes, its words, whether it is for a group, its state and the next dates."""

    ref: int
    when: str
    words: str
    group: bool
    state: ReminderState
    coming: tuple[Coming, ...]


def words_place(reminder_id: int) -> str:
    """Where the words are sealed."""
    return f"reminders:{reminder_id}:words"


def timing_of(reminder: Reminder, workdays: Workdays) -> Timing:
    """When it comes."""
    return said_again(reminder.said, reminder.begins_at, workdays)


def place_of(reminder: Reminder) -> int:
    """Where it is said: the group, or its owner."""
    return reminder.chat_id if reminder.chat_id is not None else reminder.owner_id


async def words_of(session: AsyncSession, vault: Vault, reminder: Reminder) -> str:
    """Its words."""
    return await vault.read(session, words_place(reminder.id), reminder.words) or ""


async def may_change(session: AsyncSession, actor: Actor, reminder: Reminder) -> bool:
    """Its owner, whoever looks after the group, and the organ for its own."""
    if actor.person_id is not None and reminder.owner_id == actor.person_id:
        return True
    return reminder.chat_id is not None and await looks_after(session, reminder.chat_id, actor)


async def looks_after(session: AsyncSession, chat_id: int, actor: Actor) -> bool:
    """Whether this person may have something said in the group: a host, or an admin of its organisation."""
    if await is_host(session, chat_id, actor):
        return True
    organs = actor.orgs(Role.ORGAN_ADMIN)
    if not organs:
        return False
    found = await session.execute(select(Chat.id).where(Chat.id == chat_id, Chat.org_id.in_(organs)))
    return found.first() is not None


async def found_by(session: AsyncSession, actor: Actor, ref: int) -> Reminder:
    """The reminder of this number, if it may be changed by this person; refuses ``reminder.not_found``."""
    row = (
        await session.execute(select(Reminder).where(Reminder.ref == ref, Reminder.state != ReminderState.DELETED))
    ).scalar_one_or_none()
    if row is None or not await may_change(session, actor, row):
        raise ReminderNotFound
    return row


async def planned(session: AsyncSession, reminder_id: int) -> ReminderOccurrence | None:
    """The occurrence that is to come."""
    found = await session.execute(
        select(ReminderOccurrence).where(
            ReminderOccurrence.reminder_id == reminder_id, ReminderOccurrence.state == OccurrenceState.PLANNED
        )
    )
    return found.scalars().first()


def coming(
    reminder: Reminder, workdays: Workdays, after: datetime, skipped: Sequence[datetime] = ()
) -> tuple[Coming, ...]:
    """The next dates, without those that were skipped."""
    timing = timing_of(reminder, workdays)
    found = timing.coming(after, workdays, SHOWN + len(skipped))
    out = [
        Coming(say_time(goes_at(one.at, to_group=reminder.chat_id is not None), after), one.estimated)
        for one in found
        if one.at not in skipped
    ]
    return tuple(out[:SHOWN])


async def line_of(
    session: AsyncSession, vault: Vault, reminder: Reminder, workdays: Workdays, now: datetime
) -> ReminderLine:
    """As it is shown to whoever may change it."""
    timing = timing_of(reminder, workdays)
    dates: tuple[Coming, ...] = ()
    if reminder.state == ReminderState.GOING:
        dates = coming(reminder, workdays, now, await skipped(session, reminder.id, now))
    return ReminderLine(
        reminder.ref,
        shown(timing, now),
        await words_of(session, vault, reminder),
        reminder.chat_id is not None,
        ReminderState(reminder.state),
        dates,
    )


async def skipped(session: AsyncSession, reminder_id: int, now: datetime) -> list[datetime]:
    """Occurrences to come that somebody has said no to."""
    rows = await session.execute(
        select(ReminderOccurrence.due_at).where(
            ReminderOccurrence.reminder_id == reminder_id,
            ReminderOccurrence.state == OccurrenceState.SKIPPED,
            ReminderOccurrence.due_at > now,
        )
    )
    return list(rows.scalars())
