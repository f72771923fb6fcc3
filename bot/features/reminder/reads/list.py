"""提醒 列表: the reminders of a group, or those of one person; and what is held of them (P7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import paged
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.reminder.reads.reminder import ReminderLine, line_of, looks_after, timing_of, words_of
from bot.features.reminder.rules.reading import shown
from bot.features.reminder.rules.reminder import ReminderNotHost, ReminderState
from bot.features.reminder.tables import Reminder
from bot.store.chat import Chat, ChatHost
from bot.store.sealing import Vault

SHOWN_STATES = (ReminderState.GOING, ReminderState.STOPPED)


@dataclass(frozen=True, slots=True)
class ReminderList(Say):
    """A page of reminders: of this group, or of this person."""

    template: ClassVar[str] = "reminder/list"
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    lines: tuple[ReminderLine, ...]
    page: int
    pages: int
    group: bool


async def list_reminders(
    session: AsyncSession,
    vault: Vault,
    actor: Actor,
    chat: Chat | None,
    workdays: Workdays,
    page: int,
    *,
    now: datetime,
    private: bool,
) -> ReminderList:
    """``提醒 列表``: in a group those of the group, in private one's own and those of the groups one looks after."""
    if private:
        hosted = select(ChatHost.chat_id).where(ChatHost.person_id == actor.person_id)
        where = or_(Reminder.owner_id == actor.person_id, Reminder.chat_id.in_(hosted))
    elif chat is None or chat.state != "linked" or not await looks_after(session, chat.id, actor):
        raise ReminderNotHost
    else:
        where = Reminder.chat_id == chat.id
    found = await paged(
        session,
        select(Reminder).where(where, Reminder.state.in_(SHOWN_STATES)).order_by(Reminder.made_at, Reminder.id),
        page,
    )
    lines = [await line_of(session, vault, one, workdays, now) for one in found.rows]
    return ReminderList(tuple(lines), found.page, found.pages, not private)


async def export_reminders(session: AsyncSession, vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """What somebody has set, for themselves and for groups."""
    rows = await session.execute(select(Reminder).where(Reminder.owner_id == person_id).order_by(Reminder.made_at))
    return [
        {
            "ref": f"#R{one.ref}",
            "when": one.said or shown(timing_of(one, Workdays()), one.made_at),
            "words": await words_of(session, vault, one),
            "state": one.state,
            "made_at": one.made_at,
        }
        for one in rows.scalars().all()
    ]
