"""Who has to deal with a voice now, as people to be told (6.4, P13)."""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import holders_at
from bot.core.rules.people import Role
from bot.features.voice.reads.route import office_holders
from bot.features.voice.tables import Voice
from bot.store.chat import Contact
from bot.store.people import Account, RoleGrant


async def holders_of(session: AsyncSession, voice: Voice, *, now: datetime) -> tuple[int, ...]:
    """The linked cadre while in office and in contact, or the admins of the organ; never whom it is about."""
    if voice.holder_org_id is None:
        return (voice.cadre_id,) if voice.cadre_id is not None and await _in_charge(session, voice, now=now) else ()
    barred = {voice.author_id, voice.about_id}
    if voice.about_org_id is not None:
        barred |= await office_holders(session, voice.about_org_id, now=now)
    admins = await holders_at(session, voice.holder_org_id, Role.ORGAN_ADMIN, now=now)
    return tuple(person for person in admins if person not in barred)


async def _in_charge(session: AsyncSession, voice: Voice, *, now: datetime) -> bool:
    in_office = exists().where(
        RoleGrant.person_id == voice.cadre_id,
        RoleGrant.role == Role.CADRE.value,
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )
    account = exists().where(Account.person_id == voice.cadre_id)
    return bool(await session.scalar(select(in_office & account))) and await in_contact(session, voice)


async def in_contact(session: AsyncSession, voice: Voice) -> bool:
    """Whether an item's author and its linked cadre are in contact now."""
    found = await session.execute(
        select(Contact.id)
        .where(
            Contact.cadre_id == voice.cadre_id,
            Contact.youth_id == voice.author_id,
            Contact.ended_at.is_(None),
        )
        .limit(1)
    )
    return found.first() is not None
