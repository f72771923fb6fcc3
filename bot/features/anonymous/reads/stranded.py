"""匿名留言没人能答: voices of organs in which nobody is left who could read them (P12, P23)."""

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force, present, reachable
from bot.core.rules.people import Role
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.features.anonymous.tables import AnonymousVoice
from bot.store.people import RoleGrant
from bot.store.sealing import Vault

OPEN = (AnonymousState.OPEN.value, AnonymousState.ESCALATED.value)


async def stranded_anonymous(session: AsyncSession, _vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since which day each waits; of those that are not out yet nothing is told, not even that there is one."""
    admins = exists().where(
        RoleGrant.org_id == AnonymousVoice.org_id,
        RoleGrant.role == Role.ORGAN_ADMIN.value,
        in_force(now),
        reachable(RoleGrant.person_id),
        present(RoleGrant.person_id, now),
    )
    rows = await session.execute(select(AnonymousVoice.held_since).where(AnonymousVoice.state.in_(OPEN), ~admins))
    return sorted(datetime.combine(day, time(), now.tzinfo) for day in rows.scalars() if day is not None)
