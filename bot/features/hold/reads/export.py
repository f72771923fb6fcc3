"""导出 of holds: what of this person is kept, by which clause and until when (P7, P21)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.tables import HeldPerson, LegalHold
from bot.store.sealing import Vault


async def export_holds(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Each, but for what telling would endanger somebody."""
    rows = await session.execute(
        select(LegalHold)
        .join(HeldPerson, HeldPerson.hold_id == LegalHold.id)
        .where(HeldPerson.person_id == person_id, LegalHold.secret.is_(False))
        .order_by(LegalHold.placed_at)
    )
    return [
        {"ref": f"#{hold.letter}{hold.number}", "clause": hold.clause, "since": hold.placed_at, "until": hold.until}
        for hold in rows.scalars().all()
    ]


async def count_holds(session: AsyncSession, vault: Vault, person_id: int) -> int:
    """How many of them."""
    return len(await export_holds(session, vault, person_id))
