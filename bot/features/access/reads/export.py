"""导出 and 看我的数据: who asked to read something of theirs, and who looked in danger to life (P7, P14, P16)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.unreadable import shown
from bot.core.tables import AccessRequest
from bot.features.access.tables import BreakGlass
from bot.store.sealing import Vault


async def export_requests(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Requests to read something of theirs, but for what an officer keeps from them so that nobody is endangered."""
    rows = await session.execute(
        select(AccessRequest)
        .where(AccessRequest.subject_id == person_id, AccessRequest.withheld.is_(False))
        .order_by(AccessRequest.asked_at)
    )
    return [
        {
            "ref": f"#{one.letter}{one.number}",
            "role": one.role,
            "state": one.state,
            "asked": one.asked_at,
            "until": one.due_at,
            "reason": await shown(session, vault, f"access_requests:{one.id}:reason", one.reason),
        }
        for one in rows.scalars().all()
    ]


async def export_looks(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Looks in danger to life: that and when."""
    rows = await session.execute(select(BreakGlass).where(BreakGlass.subject_id == person_id).order_by(BreakGlass.at))
    return [{"ref": f"#{one.letter}{one.number}", "at": one.at} for one in rows.scalars().all()]
