"""导出 of what somebody sent up, with the organ's word on it (P7)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.unreadable import shown
from bot.features.upward.reads.sent import LETTERS
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.store.sealing import Vault


async def export_practices(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Good practices this person recommended."""
    return await _sent(session, vault, GoodPractice, person_id)


async def export_requests(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What this person asked support for."""
    return await _sent(session, vault, SupportRequest, person_id)


async def _sent(session: AsyncSession, vault: Vault, table: type[SentUp], person_id: int) -> Rows:
    rows = await session.execute(select(table).where(table.sender_id == person_id).order_by(table.sent_at, table.id))
    name = table.__tablename__
    return [
        {
            "ref": f"#{LETTERS[table]}{row.ref}",
            "on": row.sent_at,
            **({"kind": row.kind} if isinstance(row, GoodPractice) else {}),
            "text": await shown(session, vault, f"{name}:{row.id}:text", row.text),
            "reply": await shown(session, vault, f"{name}:{row.id}:reply", row.reply),
        }
        for row in rows.scalars()
    ]
