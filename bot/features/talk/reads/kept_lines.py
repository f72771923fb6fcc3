"""Which messages of groups are kept, and where it records now: for the try-out page's signs; no words are opened."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.features.talk.rules.talk import TalkState
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.chat import Chat
from bot.store.sealing import Vault


async def kept_lines(
    session: AsyncSession, vault: Vault, channel: str, bot_id: str, lines: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Of these messages, by the group's native id, those that are stored now."""
    indices = {
        vault.mac("index", "message", channel, bot_id, group, message): message
        for group, messages in lines.items()
        for message in messages
    }
    found = await session.execute(select(TalkMessage.native_index).where(TalkMessage.native_index.in_(indices)))
    return frozenset(indices[index] for index in found.scalars())


async def recording_since(session: AsyncSession, channel: str, bot_id: str) -> Mapping[str, datetime]:
    """● 记录中: the groups with an open talk by their native id, and since when."""
    found = await session.execute(
        select(Chat.native_id, Talk.opened_at)
        .join(Talk, Talk.chat_id == Chat.id)
        .where(Chat.channel == channel, Chat.bot_id == bot_id, Talk.state == TalkState.OPEN.value)
    )
    return {row.native_id: row.opened_at for row in found.all()}
