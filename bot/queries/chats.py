"""群聊: who looks after a group, and how many have joined through it."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.chat import ChatHost, Contact
from bot.store.people import Person


async def is_host(session: AsyncSession, chat_id: int, person_id: int) -> bool:
    """Whether this cadre owns or co-hosts the group."""
    return await session.get(ChatHost, (chat_id, person_id)) is not None


async def hosts_of(session: AsyncSession, chat_id: int) -> list[int]:
    """Owner and co-hosts of a group, longest first."""
    rows = await session.execute(select(ChatHost.person_id).where(ChatHost.chat_id == chat_id).order_by(ChatHost.since))
    return list(rows.scalars())


async def count_contacts(session: AsyncSession, chat_id: int) -> int:
    """Youths who have joined through this group and are still in it."""
    found = await session.execute(
        select(func.count(func.distinct(Contact.youth_id)))
        .join(Person, Person.id == Contact.youth_id)
        .where(
            Contact.chat_id == chat_id,
            Contact.ended_at.is_(None),
            Person.state == "active",
            Person.is_youth.is_(True),
        )
    )
    return found.scalar_one()
