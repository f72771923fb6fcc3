"""年度审计: the responsible persons are reminded of the audit of minors' data (P33)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.office import in_force, reachable
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.features.rights.rules.yearly import audit_now
from bot.store.people import RoleGrant
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AuditReminder(Say):
    """To a responsible person: the audit of which year, and by which workday."""

    template: ClassVar[str] = "rights/yearly_audit"
    year: int
    due: date


async def officers_of_audit(session: AsyncSession, look: Look) -> Sequence[int]:
    """Every responsible person, on the days of the reminders."""
    if audit_now(look.now.date(), look.workdays) is None:
        return []
    rows = await session.execute(
        select(RoleGrant.person_id)
        .where(RoleGrant.role == Role.PRIVACY_OFFICER.value, in_force(look.now), reachable(RoleGrant.person_id))
        .distinct()
        .order_by(RoleGrant.person_id)
    )
    return rows.scalars().all()


async def remind_of_audit(unit: Unit, officer_id: int, look: Look) -> bool:
    """Each reminder once, however often it is looked at."""
    audit = audit_now(look.now.date(), look.workdays)
    if audit is None:
        return False
    key = f"minors-audit:{audit.year}:{audit.stage}:{officer_id}"
    return await unit.push_person(officer_id, AuditReminder(audit.year, audit.due), cls="L", idem_key=key)
