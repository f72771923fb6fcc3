"""Activities and data rights: a youth's name goes, the figures stay; words run out after a year, figures after three.

Who is erased leaves every list. A seat that is still to come is free again; whoever was there stays as a number.
"""

from typing import Final

from sqlalchemy import delete, select, update

from bot.core.acts.prompt import cancel
from bot.core.events import AgeBandChanged
from bot.core.person_data import Erasing
from bot.core.rules.people import AgeBand
from bot.core.rules.retention import RetentionPeriods
from bot.features.activity.acts.confirm import CONFIRM
from bot.features.activity.acts.promote import promote
from bot.features.activity.reads.activity import WORDS, locked
from bot.features.activity.rules.activity import COMING, TRIES_WITHIN, ActivityState, PartState
from bot.features.activity.tables import (
    Activity,
    ActivityAttempt,
    ActivityCadre,
    ActivityChange,
    ActivityCode,
    ActivityPart,
)
from bot.store.delivery import DataKey
from bot.store.unit import Unit

ROWS_OF_ONE: Final = 20
"""Rows that one activity may be, on an average: fewer of them go in one batch."""
_SAID: Final = (PartState.CHECKED_IN, PartState.CONFIRMED)


async def forget_youth(going: Erasing) -> None:
    """删除我的数据: no name in any list; seats that are still to come are given to the next."""
    await _forget(going.unit, going.person_id)


async def forget_joint(going: Erasing) -> None:
    """同办: what somebody took part in as a cadre, unless the organisation's roster keeps them."""
    if not going.youth_only:
        mine = ActivityCadre.person_id == going.person_id
        await going.unit.session.execute(delete(ActivityCadre).where(mine))


async def follow_age(unit: Unit, event: AgeBandChanged) -> None:
    """Under 14 nothing is kept of anybody (P10)."""
    if event.band is AgeBand.UNDER_14:
        await _forget(unit, event.youth_id)


async def _forget(unit: Unit, person_id: int) -> None:
    rows = await unit.session.execute(
        select(ActivityPart.activity_id).where(ActivityPart.person_id == person_id).order_by(ActivityPart.activity_id)
    )
    for activity_id in rows.scalars().all():
        activity = await locked(unit.session, activity_id)
        if activity is None:
            continue
        await cancel(unit, CONFIRM, subject_id=activity_id, person_id=person_id, skip_busy=True)
        mine = (ActivityPart.activity_id == activity_id, ActivityPart.person_id == person_id)
        over = activity.state == ActivityState.ENDED or unit.now >= activity.starts_at
        gone = () if not over else (ActivityPart.state.not_in(_SAID),)
        await unit.session.execute(delete(ActivityPart).where(*mine, *gone))
        await unit.session.execute(update(ActivityPart).where(*mine).values(person_id=None))
        unit.erased = True
        await promote(unit, activity)


async def let_names_go(unit: Unit, activity: Activity) -> None:
    """Who signed up and said nothing leaves no name behind: there is no list of those who did not come (P38)."""
    silent = delete(ActivityPart).where(ActivityPart.activity_id == activity.id, ActivityPart.state.in_(COMING))
    await unit.session.execute(silent.where(ActivityPart.state != PartState.CHECKED_IN))
    unit.erased = True


async def expire_words(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """One year after the end: names, process and every other word go, each activity as a whole; figures stay."""
    worded = Activity.place.is_not(None) | Activity.topic.is_not(None) | Activity.process.is_not(None)
    rows = await unit.session.execute(
        select(Activity)
        .where(Activity.ends_at < unit.now - periods.activities, worded | Activity.reason.is_not(None))
        .order_by(Activity.ends_at)
        .limit(max(1, limit // ROWS_OF_ONE))
    )
    found = rows.scalars().all()
    for activity in found:
        for column in WORDS:
            setattr(activity, column, None)
        activity.notes = ""  # with the explanation goes what it explained
        here = ActivityPart.activity_id == activity.id
        await unit.session.execute(update(ActivityPart).where(here).values(person_id=None))
        await unit.session.execute(delete(ActivityChange).where(ActivityChange.activity_id == activity.id))
    await unit.session.flush()
    unit.erased = unit.erased or bool(found)
    return len(found)


async def expire_figures(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Three years after the end the row goes with its key."""
    rows = await unit.session.execute(
        select(Activity.id, Activity.key_id)
        .where(Activity.ends_at < unit.now - periods.activity_figures)
        .order_by(Activity.ends_at)
        .limit(max(1, limit // ROWS_OF_ONE))
    )
    found = rows.all()
    for activity_id, key_id in found:
        for table in (ActivityPart, ActivityChange, ActivityCode, ActivityCadre):
            await unit.session.execute(delete(table).where(table.activity_id == activity_id))
        await unit.session.execute(delete(Activity).where(Activity.id == activity_id))
        await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
        unit.destroyed(key_id)
        unit.erased = True
    return len(found)


async def expire_attempts(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    """Wrong codes after ten minutes, codes after their end."""
    old = select(ActivityAttempt.id).where(ActivityAttempt.at < unit.now - TRIES_WITHIN).limit(limit)
    ids = (await unit.session.execute(old)).scalars().all()
    await unit.session.execute(delete(ActivityAttempt).where(ActivityAttempt.id.in_(ids)))
    await unit.session.execute(delete(ActivityCode).where(ActivityCode.until < unit.now))
    return len(ids)
