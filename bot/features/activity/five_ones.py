"""五个一: activities as a source. One counts once a youth who took part says so, freely (commands.md, P39, R6.5)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.rules.five_ones import ActivityKind, Confirmed, FiveOnesItem, OrganItem, Slot, Window
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityCadre, ActivityPart

_CONFIRMED = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.state == PartState.CONFIRMED)


async def activities(
    session: AsyncSession, cadre_ids: Collection[int], window: Window, now: datetime
) -> Mapping[int, Sequence[FiveOnesItem]]:
    """What these cadres organised or took part in, by the day it began: once for each, over, with its process or not.

    An organ's own counts for the organ, and for the cadres who took part in it (A3).
    """
    start, end = _span(window)
    own = _of_window(Activity.cadre_id, start, end, now).where(
        Activity.cadre_id.in_(cadre_ids), Activity.slot.is_(None)
    )
    joint = (
        _of_window(ActivityCadre.person_id, start, end, now)
        .join(ActivityCadre, ActivityCadre.activity_id == Activity.id)
        .where(
            ActivityCadre.person_id.in_(cadre_ids),
            ActivityCadre.starts_at >= start,
            ActivityCadre.starts_at < end,
            or_(ActivityCadre.person_id != Activity.cadre_id, Activity.slot.is_not(None)),
        )
    )
    found: dict[int, list[FiveOnesItem]] = defaultdict(list)
    for rows in (own, joint):
        for cadre_id, ref, kind, state, at, ends_at, settled_at, yes in await session.execute(rows):
            confirmed = _confirmed(state, settled_at, yes)
            on = at.astimezone(SHANGHAI).date()
            found[cadre_id].append(
                FiveOnesItem(ActivityKind(kind), on, confirmed, (at, ends_at), "activity", f"A{ref}")
            )
    return found


async def organ_activities(
    session: AsyncSession, org_ids: Collection[int], window: Window, now: datetime
) -> Sequence[OrganItem]:
    """What these organs held themselves in a quarter, by the day it began (R2.1)."""
    start, end = _span(window)
    rows = await session.execute(
        select(Activity.org_id, Activity.slot, Activity.state, Activity.starts_at, Activity.settled_at, _CONFIRMED)
        .where(
            Activity.org_id.in_(org_ids),
            Activity.slot.is_not(None),
            Activity.starts_at >= start,
            Activity.starts_at < min(end, now),
            Activity.state != ActivityState.CANCELLED,
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    return [
        OrganItem(org_id, Slot(slot), at.astimezone(SHANGHAI).date(), _confirmed(state, settled_at, yes))
        for org_id, slot, state, at, settled_at, yes in rows
        if slot is not None
    ]


def _span(window: Window) -> tuple[datetime, datetime]:
    start = datetime.combine(window.first, time(), SHANGHAI)
    return start, datetime.combine(window.last + timedelta(days=1), time(), SHANGHAI)


def _of_window(whose: Any, start: datetime, end: datetime, now: datetime) -> Select[*tuple[Any, ...]]:
    return select(
        whose,
        *(Activity.ref, Activity.kind, Activity.state, Activity.starts_at, Activity.ends_at, Activity.settled_at),
        _CONFIRMED,
    ).where(
        Activity.state != ActivityState.CANCELLED,
        Activity.starts_at >= start,
        Activity.starts_at < min(end, now),
    )


def _confirmed(state: str, settled_at: datetime | None, yes: bool) -> Confirmed:
    if state != ActivityState.ENDED:
        return Confirmed.UNTOLD
    return Confirmed.YES if yes else Confirmed.WAITING if settled_at is None else Confirmed.NO
