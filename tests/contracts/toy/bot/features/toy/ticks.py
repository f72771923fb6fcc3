"""Ticks of toys: their borrowers are asked once."""

from collections.abc import Sequence

from bot.features.toy.rules.toy import LENT_FOR
from bot.features.toy.tables import Toy
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look


async def lent_too_long(session: AsyncSession, look: Look) -> Sequence[int]:
    """Toys whose borrowers have not been asked yet."""
    rows = await session.execute(
        select(Toy.id).where(Toy.lent_at <= look.now - LENT_FOR, Toy.reminded_at.is_(None)).limit(look.limit)
    )
    return rows.scalars().all()
