"""五个一: activities as a source. One counts once a youth who took part says so, freely (commands.md, P39, R6.5)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.rules.five_ones import ActivityKind, Confirmed, FiveOnesItem, Window
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityPart


async def activities(session: AsyncSession, cadre_id: int, window: Window, now: datetime) -> Sequence[FiveOnesItem]:
    """A cadre's activities that are over with their process given, by the day they began."""
    start = datetime.combine(window.first, time(), SHANGHAI)
    end = datetime.combine(window.last + timedelta(days=1), time(), SHANGHAI)
    confirmed = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.state == PartState.CONFIRMED)
    rows = await session.execute(
        select(Activity.kind, Activity.starts_at, Activity.ends_at, Activity.settled_at, confirmed)
        .where(
            Activity.cadre_id == cadre_id,
            Activity.state == ActivityState.ENDED,
            Activity.starts_at >= start,
            Activity.starts_at < end,
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    return [
        FiveOnesItem(
            ActivityKind(kind),
            at.astimezone(SHANGHAI).date(),
            Confirmed.YES if yes else Confirmed.WAITING if settled_at is None else Confirmed.NO,
            (at, ends_at),
            "activity",
        )
        for kind, at, ends_at, settled_at, yes in rows
    ]
