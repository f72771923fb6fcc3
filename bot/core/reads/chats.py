"""群聊: who looks after a group, and how many have joined through it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force
from bot.core.rules.people import Role
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import Person, RoleGrant


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


async def cadres_in_office(session: AsyncSession, chat: Chat, *, now: datetime) -> frozenset[int]:
    """The group's hosts who are cadres of its organisation at this moment; a role that was taken back ends it (A4)."""
    rows = await session.execute(
        select(ChatHost.person_id)
        .join(RoleGrant, RoleGrant.person_id == ChatHost.person_id)
        .where(
            ChatHost.chat_id == chat.id,
            RoleGrant.org_id == chat.org_id,
            RoleGrant.role == Role.CADRE.value,
            in_force(now),
        )
    )
    return frozenset(rows.scalars())
