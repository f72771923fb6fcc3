"""Working groups that ended long ago, and who erases their data."""

from sqlalchemy import delete, select

from bot.core.person_data import Erasing
from bot.core.rules.retention import RetentionPeriods
from bot.features.working_group.tables import WorkingGroup, WorkingGroupMember
from bot.store.unit import Unit


async def expire_groups(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Groups that ended three years ago, with their people and tasks; one batch, how many."""
    rows = await unit.session.execute(
        select(WorkingGroup)
        .where(WorkingGroup.ended_at < unit.now - periods.talks)
        .order_by(WorkingGroup.ended_at)
        .limit(limit)
    )
    gone = rows.scalars().all()
    for group in gone:
        await unit.session.delete(group)
    await unit.session.flush()
    return len(gone)


async def forget_member(going: Erasing) -> None:
    """Whoever erases their data is in no group any more; the group stays, without a leader if it was theirs."""
    if not going.youth_only:
        mine = WorkingGroupMember.person_id == going.person_id
        await going.unit.session.execute(delete(WorkingGroupMember).where(mine))
