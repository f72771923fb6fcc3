"""个人权利请求没人能答: requests for which no responsible person is left, not even above (P7)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import nearest_holders
from bot.core.reads.office import serves
from bot.core.rules.people import Role
from bot.features.rights.rules.rights import RightsKind, RightsState
from bot.features.rights.tables import RightsRequest
from bot.store.chat import Contact
from bot.store.sealing import Vault

ANSWERED_BY = {RightsKind.CONTACT: Role.PRIVACY_OFFICER, RightsKind.CORRECT: Role.ORGAN_ADMIN}
"""Whose the requests are that somebody else has to answer."""


async def stranded_requests(session: AsyncSession, _vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since when these wait; a correction is also the linked cadre's."""
    rows = await session.execute(
        select(RightsRequest).where(RightsRequest.state != RightsState.DONE.value).order_by(RightsRequest.asked_at)
    )
    found: list[datetime] = []
    for request in rows.scalars().all():
        role, itself = ANSWERED_BY.get(RightsKind(request.kind)), frozenset((request.person_id or 0,))
        if role is None or (role is Role.ORGAN_ADMIN and await _has_cadre(session, request.person_id or 0, now)):
            continue
        if await nearest_holders(session, request.org_id, role, now=now, but=itself) is None:
            found.append(request.asked_at)
    return found


async def _has_cadre(session: AsyncSession, person_id: int, now: datetime) -> bool:
    linked = select(Contact.id).where(
        Contact.youth_id == person_id, Contact.ended_at.is_(None), serves(Contact.cadre_id, now)
    )
    return (await session.execute(linked.limit(1))).first() is not None
