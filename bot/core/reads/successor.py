"""接手的人: who looks after what a cadre who has left office had going in a group (P12)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import nearest_holders
from bot.core.reads.office import serves
from bot.core.rules.people import Role
from bot.store.chat import ChatHost


async def successor(session: AsyncSession, chat_id: int | None, org_id: int, *, gone: int, now: datetime) -> int | None:
    """The co-host who has been there the longest, else an admin of the organ or of the one above; None for nobody."""
    if chat_id is not None and (host := await _co_host(session, chat_id, gone, now)) is not None:
        return host
    found = await nearest_holders(session, org_id, Role.ORGAN_ADMIN, now=now, but=frozenset({gone}))
    return found.people[0] if found is not None else None


async def _co_host(session: AsyncSession, chat_id: int, gone: int, now: datetime) -> int | None:
    hosts = await session.execute(
        select(ChatHost.person_id)
        .where(
            ChatHost.chat_id == chat_id,
            ChatHost.person_id != gone,
            serves(ChatHost.person_id, now, Role.CADRE),
        )
        .order_by(ChatHost.since, ChatHost.person_id)
        .limit(1)
    )
    return hosts.scalar_one_or_none()
