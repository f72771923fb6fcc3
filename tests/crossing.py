"""Two changes at the same time on PostgreSQL: how a test knows that one waits for the other."""

import asyncio

from sqlalchemy import text

from bot.store.store import Store
from tests.patience import PATIENCE


async def until_one_waits(store: Store) -> None:
    """Return when a change waits for a lock that another one holds."""
    async with asyncio.timeout(PATIENCE):
        while not await _one_waits(store):  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0)


async def _one_waits(store: Store) -> bool:
    async with store.read() as session:
        found = await session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return found.scalar_one() > 0
