"""谁要指导: full-time cadres, and seconded and part-time ones of leading organs; how many have begun (R1.1, R1.2)."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import CadreKind, OrgLevel
from bot.features.guidance.rules.checklist import Checklist
from bot.features.guidance.tables import GuidanceAssignment, GuidanceEntry
from bot.store.people import OrgUnit, RoleGrant

LEADING: Final = tuple(level.value for level in (OrgLevel.CENTRAL, OrgLevel.PROVINCE, OrgLevel.CITY, OrgLevel.COUNTY))


def must_guide() -> ColumnElement[bool]:
    """Whether the notice asks it of the cadre with this grant."""
    leading = RoleGrant.org_id.in_(select(OrgUnit.id).where(OrgUnit.level.in_(LEADING)))
    return or_(RoleGrant.cadre_kind == CadreKind.FULL_TIME.value, leading)


async def guided_by(session: AsyncSession, cadres: Select[int], year: int, checklist: Checklist) -> Mapping[int, bool]:
    """Of these cadres, those who have chosen whom they guide, with whether every item is done."""
    keys = [item.key for item in checklist.items]
    rows = await session.execute(
        select(GuidanceAssignment.cadre_id, func.count(GuidanceEntry.item.distinct()))
        .outerjoin(
            GuidanceEntry,
            (GuidanceEntry.assignment_id == GuidanceAssignment.id) & GuidanceEntry.item.in_(keys),
        )
        .where(GuidanceAssignment.cadre_id.in_(cadres), GuidanceAssignment.year == year)
        .group_by(GuidanceAssignment.cadre_id)
    )
    return {cadre_id: done == len(keys) for cadre_id, done in rows}
