"""导出 of the branch routine: what this person entered (P7)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.unreadable import shown
from bot.features.branch.reads.routine import ROUTINE
from bot.features.branch.tables import BranchMeeting
from bot.store.sealing import Vault


async def export_meetings(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Meetings, lessons and reviews that this person entered."""
    rows = await session.execute(
        select(BranchMeeting).where(BranchMeeting.entered_by == person_id).order_by(BranchMeeting.on, BranchMeeting.id)
    )
    names = {item.key: item.name for item in ROUTINE}
    return [
        {
            "on": row.on,
            "item": names.get(row.item, row.item),
            "text": await shown(session, vault, f"branch_meetings:{row.id}:process", row.process),
        }
        for row in rows.scalars()
    ]
