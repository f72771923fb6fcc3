"""来: whether a bare word of a group answers an announcement of it (commands.md); else it is ordinary speech."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.contacts import is_in_chat
from bot.core.rules.people import Actor, Role
from bot.features.activity.reads.activity import announcement_key
from bot.features.activity.rules.activity import COME_WITHIN, ActivityState
from bot.features.activity.tables import Activity
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage

MOST_QUOTED: Final = 50
"""Announced activities of one group among which a quoted message is looked for."""


async def come_to(
    session: AsyncSession, actor: Actor, chat: Chat | None, quoted: str | None, *, now: datetime
) -> str | None:
    """The reference it means; empty where several were just announced, None where none is meant."""
    if chat is None or chat.state != "linked" or not actor.has(Role.YOUTH) or actor.person_id is None:
        return None
    rows = await session.execute(
        select(Activity.id, Activity.ref, Activity.announced_at)
        .where(Activity.chat_id == chat.id, Activity.state == ActivityState.OPEN, Activity.starts_at > now)
        .order_by(Activity.announced_at.desc())
        .limit(MOST_QUOTED)
    )
    here = rows.all()
    if not here or not await is_in_chat(session, actor.person_id, chat.id):
        return None
    if quoted is not None:
        keys = {announcement_key(row.id): row.ref for row in here}
        found = select(OutboxMessage.idem_key).where(
            OutboxMessage.idem_key.in_(keys), OutboxMessage.native_id == quoted, OutboxMessage.bot_id == chat.bot_id
        )
        key = (await session.execute(found)).scalars().first()
        return f"A{keys[key]}" if key is not None else None
    fresh = [row.ref for row in here if row.announced_at and timedelta() <= now - row.announced_at <= COME_WITHIN]
    if not fresh:
        return None
    return f"A{fresh[0]}" if len(fresh) == 1 else ""
