"""待办 and 导出 of toys: what somebody has borrowed."""

from collections.abc import Sequence
from datetime import datetime

from bot.features.toy.tables import Toy
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Rows
from bot.core.rules.people import Actor
from bot.core.rules.todo import TodoItem
from bot.store.sealing import Vault


async def lent_to_me(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Own borrowed toys, never somebody else's."""
    rows = await session.execute(select(Toy.lent_at).where(Toy.borrower_id == actor.person_id))
    return [TodoItem("toy_lent", lent_at) for lent_at in rows.scalars()]


async def toys_of(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What a person has borrowed, with its name."""
    rows = (await session.execute(select(Toy).where(Toy.borrower_id == person_id))).scalars().all()
    return [{"what": await vault.read(session, f"toys:{t.id}:what", t.what), "since": t.lent_at} for t in rows]
