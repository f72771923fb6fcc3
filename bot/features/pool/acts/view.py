"""心愿池: an organ reads a page of it; whoever wished can see that their words were read (P15)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.rules.people import Actor, Role
from bot.features.pool.reads.pool import PoolPage, pool_rows
from bot.features.wish.reads.pooled import lines_of, shown_to_organ
from bot.store.sealing import Vault


async def read_pool(session: AsyncSession, vault: Vault, actor: Actor, kind: str, page: int, *, now: datetime) -> Seen:
    """``心愿池 <类别> [页]``: the words their owners agreed to; one audit row for each of those who are on the page."""
    found = await pool_rows(session, actor, kind, page)
    lines = await lines_of(session, vault, found.rows, now=now)
    owners = sorted({wish.owner_id for wish in found.rows if wish.owner_id is not None})
    logged = [Logged("read.pool", Role.ORGAN_ADMIN, owner_id) for owner_id in owners]
    shown = await shown_to_organ(session, actor, found.rows)
    return await seen(session, PoolPage(kind, found.total, page, found.pages, lines), logged, shown)
