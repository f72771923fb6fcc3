"""心愿池: an organ reads a page of it; whoever wished can see that their words were read (P15)."""

from bot.core.rules.people import Actor, Role
from bot.features.pool.reads.pool import PoolPage, pool_rows
from bot.features.wish.reads.pooled import lines_of
from bot.store.unit import Unit


async def read_pool(unit: Unit, actor: Actor, kind: str, page: int) -> PoolPage:
    """``心愿池 <类别> [页]``: the words their owners agreed to; one audit row for each of those who are on the page."""
    rows, total, pages = await pool_rows(unit.session, actor, kind, page)
    lines = await lines_of(unit.session, unit.vault, rows, now=unit.now)
    for owner_id in sorted({wish.owner_id for wish in rows if wish.owner_id is not None}):
        await unit.audit(actor, "read.pool", role=Role.ORGAN_ADMIN, subject_id=owner_id)
    return PoolPage(kind, total, page, pages, lines)
