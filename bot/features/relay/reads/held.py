"""What is held of one person by relays: that one waits or is open, and whom they blocked, without a name (P7)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.features.relay.reads.relay import relay_state
from bot.features.relay.tables import RelayBlock
from bot.store.sealing import Vault


async def export_relays(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """That one waits or is open, and nothing else: whom it joins is the other side's too."""
    state = await relay_state(session, vault, person_id)
    return [{"state": state}] if state else []


async def export_blocks(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Whom this person blocked: only the day; the tag tells nobody who it is."""
    rows = await session.execute(select(RelayBlock.at).where(RelayBlock.cadre_id == person_id).order_by(RelayBlock.at))
    return [{"day": at.date()} for at in rows.scalars()]
