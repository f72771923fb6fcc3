"""求助没人能接: calls for help for which nobody is on duty, not even above (P27)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import nearest_holders
from bot.core.rules.crisis import CrisisState
from bot.core.rules.people import Role
from bot.core.tables import Crisis
from bot.store.sealing import Vault


async def stranded_crises(session: AsyncSession, _vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since when people wait who want to be called, and no duty officer who can be written to is left for them."""
    rows = await session.execute(
        select(Crisis.opened_at, Crisis.org_id, Crisis.person_id)
        .where(Crisis.closed_at.is_(None), Crisis.state == CrisisState.CONTACT_WANTED.value)
        .order_by(Crisis.opened_at)
    )
    return [
        since
        for since, org_id, person_id in rows.all()
        if await nearest_holders(session, org_id, Role.DUTY_OFFICER, now=now, but=frozenset((person_id or 0,))) is None
    ]
