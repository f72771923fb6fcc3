"""Linked groups by their address: the recorder counts messages for these."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.store.chat import Chat, ChatHost

ChatKey = tuple[str, str, str]
"""A group by channel, bot and native id."""


async def is_host(session: AsyncSession, chat_id: int, actor: Actor) -> bool:
    """Whether this cadre looks after the group, as its owner or a co-host."""
    if not actor.has(Role.CADRE) or actor.person_id is None:
        return False
    return await session.get(ChatHost, (chat_id, actor.person_id)) is not None


async def linked_chats(session: AsyncSession, only: ChatKey | None = None) -> dict[ChatKey, int]:
    """The row id of every linked group by channel, bot and native id; with ``only``, of this group if it is linked."""
    rows = select(Chat.channel, Chat.bot_id, Chat.native_id, Chat.id).where(Chat.state == "linked")
    if only is not None:
        rows = rows.where(Chat.channel == only[0], Chat.bot_id == only[1], Chat.native_id == only[2])
    return {
        (channel, bot_id, native_id): chat_id for channel, bot_id, native_id, chat_id in await session.execute(rows)
    }
