"""待办 in the digest of a morning: how much is open."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.digest import DigestLine
from bot.core.rules.people import Actor
from bot.features.todo.reads.list import todo
from bot.store.sealing import Vault

WEIGHT = 2


async def open_things(session: AsyncSession, vault: Vault, actor: Actor, look: Look) -> Sequence[DigestLine]:
    """One line, if anything waits for this person."""
    found = await todo(session, vault, actor, 1, now=look.now)
    return [DigestLine("todo", (found.total,), "待办", WEIGHT)] if found.total else []
