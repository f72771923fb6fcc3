"""待办: what was sent up to the organ and waits for its word (R1.4, R2.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem
from bot.features.upward.reads.sent import LETTERS, mine
from bot.features.upward.rules.upward import UpwardState
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.store.sealing import Vault


async def practices_waiting(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Good practices without a word of the organ."""
    return await _waiting(session, actor, GoodPractice, "good_practice", most)


async def requests_waiting(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Requests for support without an answer."""
    return await _waiting(session, actor, SupportRequest, "support_request", most)


async def _waiting(session: AsyncSession, actor: Actor, table: type[SentUp], kind: str, most: int) -> OpenItems:
    waits = (
        select(table.ref, table.sent_at)
        .where(mine(actor, table), table.state == UpwardState.RECEIVED.value)
        .order_by(table.sent_at, table.ref)
    )
    count, rows = await first(session, waits, most)
    return OpenItems(count, [TodoItem(kind, sent_at, f"{LETTERS[table]}{ref}") for ref, sent_at in rows])
