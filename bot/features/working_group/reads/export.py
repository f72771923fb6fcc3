"""导出 of working groups: those somebody leads or works in (P7)."""

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.features.working_group.reads.groups import name_of_group
from bot.features.working_group.tables import WorkingGroup, WorkingGroupMember
from bot.store.sealing import Vault


async def export_groups(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """The groups of this person."""
    works_in = select(WorkingGroupMember.group_id).where(WorkingGroupMember.person_id == person_id)
    leads = select(WorkingGroup.id).where(WorkingGroup.leader_id == person_id)
    rows = await session.execute(
        select(WorkingGroup)
        .where(WorkingGroup.id.in_(union(works_in, leads)))
        .order_by(WorkingGroup.began_at, WorkingGroup.id)
    )
    return [
        {
            "name": await name_of_group(session, vault, group),
            "leads": group.leader_id == person_id,
            "since": group.began_at,
            "until": group.ended_at,
        }
        for group in rows.scalars()
    ]
