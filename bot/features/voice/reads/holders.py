"""Who has to deal with a voice now, as people to be told (6.4, P13)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import holders_at
from bot.core.reads.office import in_contact, is_serving
from bot.core.rules.people import Role
from bot.features.voice.reads.route import office_holders
from bot.features.voice.reads.voice import SERVERS
from bot.features.voice.tables import Voice


async def holders_of(session: AsyncSession, voice: Voice, *, now: datetime) -> tuple[int, ...]:
    """The linked cadre while in office and in contact, who stands in for them by the author's word, or the admins of
    the organ; never whom it is about.
    """
    if voice.holder_org_id is None:
        return (voice.cadre_id,) if voice.cadre_id is not None and await _in_charge(session, voice, now=now) else ()
    barred = {voice.author_id, voice.about_id}
    if voice.about_org_id is not None:
        barred |= await office_holders(session, voice.about_org_id, now=now)
    admins = await holders_at(session, voice.holder_org_id, Role.ORGAN_ADMIN, now=now)
    return tuple(person for person in admins if person not in barred)


async def _in_charge(session: AsyncSession, voice: Voice, *, now: datetime) -> bool:
    if voice.handed_named is not None:
        return await is_serving(session, voice.cadre_id, *SERVERS, now=now)
    serving = await is_serving(session, voice.cadre_id, now=now)
    return serving and await in_contact(session, voice.cadre_id, voice.author_id)
