"""日历订阅 in the export of a person: that there is an address, since when, and never the address (P7)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.features.feed.tables import CalendarFeed
from bot.store.sealing import Vault


async def export_feeds(session: AsyncSession, _vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """Each address by its day; whether it is an organ's."""
    rows = await session.execute(
        select(CalendarFeed).where(CalendarFeed.person_id == person_id).order_by(CalendarFeed.made_at)
    )
    return [{"made_at": one.made_at, "organ": one.org_id is not None} for one in rows.scalars()]
