"""改活动、取消活动: both values are named, once, to those it concerns; a new text tells nobody (activities.md 4, 7)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import delete, select, update

from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.when import Ambiguous, Exact, NoTime, Why, find_ahead, say_exact
from bot.core.rules.when import Refused as NoSuchTime
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.end import ActivityCancelled, ActivityEndedBefore
from bot.features.activity.acts.entry import renew_entries
from bot.features.activity.acts.promote import how_to_tell, promote
from bot.features.activity.acts.words import checked, write
from bot.features.activity.reads.activity import ActivityLine, find_organised, line_of, when_of, words_of
from bot.features.activity.rules.activity import (
    COMING,
    ActivityPast,
    ActivityState,
    Field,
    check_times,
    code_until,
)
from bot.features.activity.rules.announce import lasting, seats_said
from bot.features.activity.tables import Activity, ActivityCadre, ActivityCode, ActivityPart
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ActivityChanged(Say):
    """To the organiser: from what to what; ``told`` youths hear it, ``promoted`` have a seat now."""

    template: ClassVar[str] = "activity/changed"
    line: ActivityLine
    what: Field
    old: str = field(repr=False)
    new: str = field(repr=False)
    told: int
    promoted: int


@dataclass(frozen=True, slots=True)
class ActivityMoved(Say):
    """To whoever signed up or waits: time or place, both values; they may leave without a reason."""

    template: ClassVar[str] = "activity/moved"
    line: ActivityLine
    what: Field
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ActivityCancelledTold(Say):
    """To whoever signed up or waited: it does not take place."""

    template: ClassVar[str] = "activity/cancelled_told"
    line: ActivityLine
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActivityCalledOff(Say):
    """To the organiser: cancelled; ``told`` youths hear it."""

    template: ClassVar[str] = "activity/called_off"
    line: ActivityLine
    told: int


class FieldUnknown(Refusal):
    """Nothing of an activity is called so, or it cannot be changed before the end."""

    code = "activity.field_unknown"


class TimeUnclear(Refusal):
    """No time, or one that reads in several ways; fields ``times``: how to say it, ``past``: it is over."""

    code = "activity.time_unclear"


class TookPlace(Refusal):
    """It took place, so it cannot be cancelled; field ``ref``."""

    code = "activity.took_place"


async def change_activity(
    unit: Unit, actor: Actor, number: int, what: Field | None, value: str, workdays: Workdays
) -> ActivityChanged:
    """``改活动 <A> <时间|地点|主题|人数> <新值>``."""
    activity = await _open(unit, actor, number)
    match what:
        case Field.TIME:
            old, new = await _move(unit, activity, value, workdays)
        case Field.PLACE | Field.TOPIC:
            old, new = await words_of(unit.session, unit.vault, activity, what), checked(what, value)
            await write(unit, activity, **{what.value: new})
        case Field.SEATS:
            seats = seats_said(value)
            old, new = (str(n) if n is not None else "" for n in (activity.capacity, seats))
            activity.capacity = seats
        case _:
            raise FieldUnknown
    told = promoted = 0
    if old != new and what is not Field.SEATS:  # whoever subscribed to a calendar sees new words too
        activity.revision += 1
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    if old != new and what in (Field.TIME, Field.PLACE):
        told = await tell_parts(unit, activity, ActivityMoved(line, what, old, new))
        await renew_entries(unit, activity)
    if what is Field.SEATS:
        promoted = await promote(unit, activity)
        line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.audit(actor, "activity.changed", role=Role.CADRE, ref=f"A{number}", what=what.value)
    return ActivityChanged(line, what, old, new, told, promoted)


async def _open(unit: Unit, actor: Actor, number: int) -> Activity:
    activity = await find_organised(unit.session, actor, number, lock=True)
    if activity.state == ActivityState.CANCELLED:
        raise ActivityCancelled(ref=number)
    if activity.state == ActivityState.ENDED:
        raise ActivityEndedBefore(ref=number)
    return activity


async def _move(unit: Unit, activity: Activity, value: str, workdays: Workdays) -> tuple[str, str]:
    """A new time; without an end it lasts as long as before. Codes go with it."""
    old, length = when_of(activity, unit.now), activity.ends_at - activity.starts_at
    reading = _read(value, unit, workdays)
    left = reading.at
    if left <= unit.now:
        raise ActivityPast
    ends_at = reading.end or left + (_length_said(value) or length)
    check_times(left, ends_at)
    activity.starts_at, activity.ends_at = left, ends_at
    await unit.session.execute(
        update(ActivityCadre).where(ActivityCadre.activity_id == activity.id).values(starts_at=left)
    )
    codes = update(ActivityCode).where(ActivityCode.activity_id == activity.id).values(until=code_until(ends_at))
    await unit.session.execute(codes)
    await unit.session.execute(
        update(ActivityPart)
        .where(ActivityPart.activity_id == activity.id, ActivityPart.hold_until > left)
        .values(hold_until=left)
    )
    return old, when_of(activity, unit.now)


def _length_said(value: str) -> timedelta | None:
    return next((length for word in value.split() if (length := lasting(word)) is not None), None)


def _read(value: str, unit: Unit, workdays: Workdays) -> Exact:
    found = find_ahead(value, unit.now, workdays)
    reading = found.reading if found is not None else None
    if isinstance(reading, Exact):
        return reading
    offered: tuple[Exact, ...] = ()
    past = False
    if isinstance(reading, Ambiguous):
        offered, past = reading.readings, reading.why is Why.YEAR
    elif isinstance(reading, NoSuchTime):
        offered, past = reading.nearest, reading.code is NoTime.PAST
    raise TimeUnclear(times=[say_exact(one, unit.now) for one in offered if one.at > unit.now], past=past)


async def cancel_activity(unit: Unit, actor: Actor, number: int, reason: str | None) -> ActivityCalledOff:
    """``取消活动 <A> [原因]``: those signed up and waiting hear it once; codes die, and no name stays behind."""
    activity = await _open(unit, actor, number)
    if unit.now >= activity.ends_at:
        raise TookPlace(ref=number)
    told_reason = checked("reason", reason or "")
    await write(unit, activity, reason=told_reason)
    activity.state, activity.cancelled_at = ActivityState.CANCELLED, unit.now
    activity.revision += 1
    await unit.session.execute(delete(ActivityCode).where(ActivityCode.activity_id == activity.id))
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    told = await tell_parts(unit, activity, ActivityCancelledTold(line, told_reason))
    await renew_entries(unit, activity)
    await unit.session.execute(delete(ActivityPart).where(ActivityPart.activity_id == activity.id))
    unit.erased = True
    await unit.audit(actor, "activity.cancelled", role=Role.CADRE, ref=f"A{number}")
    return ActivityCalledOff(line, told)


async def tell_parts(unit: Unit, activity: Activity, say: Say) -> int:
    """Tell whoever signed up, waits or is here, once each; returns how many can be told."""
    rows = await unit.session.execute(
        select(ActivityPart.person_id)
        .where(
            ActivityPart.activity_id == activity.id,
            ActivityPart.state.in_(COMING),
            ActivityPart.person_id.is_not(None),
        )
        .order_by(ActivityPart.position)
    )
    told = 0
    for person_id in rows.scalars().all():
        told += await unit.push_person(person_id or 0, say, **how_to_tell(activity, unit.now))
    return told
