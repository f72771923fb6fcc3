"""待办 and 导出 of toys: what somebody has borrowed."""

from datetime import datetime

from bot.features.toy.tables import Toy
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.paging import first
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem
from bot.store.sealing import Vault


async def lent_to_me(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Own borrowed toys, never somebody else's."""
    mine = select(Toy.lent_at).where(Toy.borrower_id == actor.person_id).order_by(Toy.lent_at)
    count, rows = await first(session, mine, most)
    return OpenItems(count, [TodoItem("toy_lent", lent_at) for (lent_at,) in rows])


async def toys_of(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What a person has borrowed, with its name."""
    rows = (await session.execute(select(Toy).where(Toy.borrower_id == person_id))).scalars().all()
    return [{"what": await vault.read(session, f"toys:{t.id}:what", t.what), "since": t.lent_at} for t in rows]
