"""候补: who waits moves up in order, is told, and may say no without a reason (activities.md 2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.people import AgeBand
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import ActivityLine, counts_of, line_of, locked, seated
from bot.features.activity.rules.activity import (
    NEAR,
    ActivityState,
    PartState,
    hold_until,
    in_quiet_hours,
    morning,
    tells_at_once,
    to_promote,
)
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.outbox import Sending
from bot.store.people import Person
from bot.store.unit import Unit

PROMOTED: Final = "activity.promoted"
"""What the word of a promotion is about (``Standing``): the part that was moved up."""


@dataclass(frozen=True, slots=True)
class Promoted(Say):
    """To who waited: there is a seat; ``near``: it begins soon, and nothing needs to be answered."""

    template: ClassVar[str] = "activity/promoted"
    line: ActivityLine
    near: bool


@dataclass(frozen=True, slots=True)
class PromotedUnreached(Say):
    """To the cadre: who was moved up could not be told; the seat waits until then, and then the next one has it."""

    template: ClassVar[str] = "activity/unreached"
    line: ActivityLine
    until: datetime


async def promote(unit: Unit, activity: Activity) -> int:
    """Give free seats to those who wait, in their order; the row is held. Returns how many moved up."""
    if activity.state != ActivityState.OPEN or unit.now >= activity.starts_at:
        return 0
    moved = 0
    while True:
        counts = await counts_of(unit.session, activity.id)
        free = to_promote(activity.capacity, seated(counts), counts[PartState.WAITING])
        if free == 0:
            return moved
        for part in await _next(unit, activity, free):
            if await _may_come(unit, part):
                part.state = PartState.SIGNED_UP
                await unit.session.flush()
                await _tell(unit, activity, part)
                moved += 1
            else:
                await unit.session.delete(part)
                await unit.session.flush()


async def _next(unit: Unit, activity: Activity, most: int) -> list[ActivityPart]:
    rows = await unit.session.execute(
        select(ActivityPart)
        .where(ActivityPart.activity_id == activity.id, ActivityPart.state == PartState.WAITING)
        .order_by(ActivityPart.position)
        .limit(most)
    )
    return list(rows.scalars())


async def _may_come(unit: Unit, part: ActivityPart) -> bool:
    """Whether they are still here, and of an age at which anything is kept of them."""
    person = await unit.session.get(Person, part.person_id) if part.person_id is not None else None
    return person is not None and person.state == "active" and person.age_band != AgeBand.UNDER_14


async def _tell(unit: Unit, activity: Activity, part: ActivityPart) -> None:
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    say = Promoted(line, activity.starts_at - unit.now < NEAR)
    how = how_to_tell(activity, unit.now) | Sending(about=(PROMOTED, part.id), expires_at=activity.starts_at)
    if not await unit.push_person(part.person_id or 0, say, unless_quiet=True, **how):
        await unreached(unit, activity, part)


def how_to_tell(activity: Activity, now: datetime) -> Sending:
    """In quiet hours at 08:00, unless it would have begun by then (P22)."""
    if tells_at_once(activity.starts_at, now):
        return {"kind": "reply"}
    return {"not_before": morning(now)} if in_quiet_hours(now) else {}


async def unreached(unit: Unit, activity: Activity, part: ActivityPart) -> None:
    """Nobody is lost: the seat waits for a while, and the cadre hears that somebody could not be told; not who."""
    until = part.hold_until = hold_until(activity.starts_at, unit.now)
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.push_person(activity.cadre_id, PromotedUnreached(line, until))


async def is_promoted(session: AsyncSession, part_id: int, now: datetime) -> bool:
    """Whether the word of a promotion is still true: the seat is theirs, and it has not begun."""
    found = await session.execute(
        select(ActivityPart.id)
        .join(Activity, Activity.id == ActivityPart.activity_id)
        .where(
            ActivityPart.id == part_id,
            ActivityPart.state == PartState.SIGNED_UP,
            Activity.state == ActivityState.OPEN,
            Activity.starts_at > now,
        )
    )
    return found.first() is not None


async def promotion_became(unit: Unit, part_id: int, seen: bool) -> None:
    """The word is out and the seat is theirs; or it cannot go out, and the seat waits."""
    part = await unit.session.get(ActivityPart, part_id)
    activity = await locked(unit.session, part.activity_id) if part is not None else None
    if part is None or activity is None or activity.state != ActivityState.OPEN:
        return
    if seen:
        part.hold_until = None
        await unit.session.flush()
    elif part.state == PartState.SIGNED_UP and part.hold_until is None and unit.now < activity.starts_at:
        await unreached(unit, activity, part)


async def held_too_long(session: AsyncSession, look: Look) -> list[int]:
    """Seats that were kept long enough for somebody who cannot be reached."""
    rows = await session.execute(
        select(ActivityPart.id)
        .where(ActivityPart.hold_until.is_not(None), ActivityPart.hold_until <= look.now)
        .order_by(ActivityPart.hold_until)
        .limit(look.limit)
    )
    return list(rows.scalars())


async def pass_on(unit: Unit, part_id: int, _look: Look) -> bool:
    """The next one has the seat, if anybody waits; who could not be reached waits on at the end of the list."""
    part = await unit.session.get(ActivityPart, part_id)
    activity = await locked(unit.session, part.activity_id) if part is not None else None
    if part is None or activity is None or part.hold_until is None or part.hold_until > unit.now:
        return False
    part.hold_until = None
    counts = await counts_of(unit.session, activity.id)
    if part.state == PartState.SIGNED_UP and counts[PartState.WAITING] and unit.now < activity.starts_at:
        part.state, part.position = PartState.WAITING, unit.position()
    await unit.session.flush()
    await promote(unit, activity)
    return True
