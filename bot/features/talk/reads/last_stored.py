"""How far a talk has been heard, for the back-fill."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.features.talk.tables import Talk, TalkMessage


async def last_heard(session: AsyncSession, talk_id: int) -> datetime | None:
    """When anybody in the talk was last heard, as far as it was written down; None: the talk is gone."""
    return (await session.execute(select(Talk.last_activity_at).where(Talk.id == talk_id))).scalar_one_or_none()


async def stored_count(session: AsyncSession, talk_id: int) -> int:
    """How many messages of the talk are stored."""
    found = await session.execute(select(func.count()).select_from(TalkMessage).where(TalkMessage.talk_id == talk_id))
    return found.scalar_one()
