"""Linked groups by their address: what the recorder counts for."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.store.chat import Chat, ChatHost


async def is_host(session: AsyncSession, chat_id: int, actor: Actor) -> bool:
    """Whether this cadre looks after the group, as its owner or a co-host."""
    if not actor.has(Role.CADRE) or actor.person_id is None:
        return False
    return await session.get(ChatHost, (chat_id, actor.person_id)) is not None


async def linked_chats(session: AsyncSession) -> dict[tuple[str, str, str], int]:
    """Every linked group's row id by channel, bot and native id."""
    rows = await session.execute(
        select(Chat.channel, Chat.bot_id, Chat.native_id, Chat.id).where(Chat.state == "linked")
    )
    return {(channel, bot_id, native_id): chat_id for channel, bot_id, native_id, chat_id in rows}
