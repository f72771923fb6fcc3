"""报名、取消报名: a seat, or the waiting list in order; leaving always works and leaves nothing behind (P35, P38).

Locking: whoever takes or gives a seat holds the activity's row first and then looks at its parts; on SQLite there is
one writer anyway. So capacity is never exceeded, whatever comes in one instant.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import func, select

from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.acts.promote import promote
from bot.features.activity.reads.activity import (
    ActivityLine,
    counts_of,
    find_joinable,
    line_of,
    open_to,
    part_of,
    seated,
    upcoming,
)
from bot.features.activity.rules.activity import (
    COME_WITHIN,
    COMING,
    ActivityOver,
    ActivityState,
    PartState,
    can_join,
    new_part,
)
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.dialect import dialect_of, ignoring
from bot.store.unit import Unit

MOST_LISTED: Final = 5
"""Activities that are named where nobody can tell which is meant."""


@dataclass(frozen=True, slots=True)
class SignedUp(Say):
    """A seat, or a place in the waiting list (``place`` of those who wait; 0: a seat); ``again``: it was so before."""

    template: ClassVar[str] = "activity/signed_up"
    together: ClassVar[str] = "activity/together"
    line: ActivityLine
    place: int
    again: bool
    private: bool


@dataclass(frozen=True, slots=True)
class JustCome(Say):
    """To who is under 14: come along; nothing is kept of them (P10)."""

    template: ClassVar[str] = "activity/just_come"
    line: ActivityLine


@dataclass(frozen=True, slots=True)
class Left(Say):
    """Left, without a reason; ``was``: whether there was anything to leave."""

    template: ClassVar[str] = "activity/left"
    together: ClassVar[str] = "activity/together"
    line: ActivityLine
    was: bool


@dataclass(frozen=True, slots=True)
class WhichActivity(Say):
    """Several can be meant: which? ``leaving``: of those one signed up to."""

    template: ClassVar[str] = "activity/which"
    lines: tuple[ActivityLine, ...]
    leaving: bool
    private: bool


class NothingToJoin(Refusal):
    """No activity that one could sign up to."""

    code = "activity.nothing_to_join"


class NothingToLeave(Refusal):
    """Signed up to nothing that is still to come."""

    code = "activity.nothing_to_leave"


async def sign_up(
    unit: Unit, actor: Actor, number: int | None, chat: Chat | None, *, private: bool, file: bool = False
) -> Say:
    """``报名 [A]``; without a reference the only one that can be meant, or the one just announced here.

    ``file``: it was said in a private chat that takes files: whoever has a seat gets the entry for their calendar, and
    once more when they say it again.
    """
    if number is None:
        found = await meant(unit, actor, chat)
        if isinstance(found, Say):
            return found
        number = found.ref
    activity = await find_joinable(unit.session, actor, number, lock=True)
    if actor.age_band is AgeBand.UNDER_14:
        return JustCome(await line_of(unit.session, unit.vault, activity, unit.now))
    counts = await counts_of(unit.session, activity.id)
    state = await _seat(unit, actor, activity, counts, file=file)
    if state is not None:
        place = counts[PartState.WAITING] if state is PartState.WAITING else 0  # the row is held: they are the last
    else:
        part = await part_of(unit.session, activity.id, actor.person_id)
        if part is None or part.state not in COMING:
            raise ActivityOver(ref=activity.ref, state=activity.state)
        part.entry_due = file and part.state == PartState.SIGNED_UP
        place = await _place(unit, part)
    line = await line_of(unit.session, unit.vault, activity, unit.now, counts)
    return SignedUp(line, place, state is None, private)


async def _seat(
    unit: Unit, actor: Actor, activity: Activity, counts: dict[PartState, int], *, file: bool
) -> PartState | None:
    """A new part at the end of its list, counted among the others; None: it was there before, or none is given.

    The row of the activity is held.
    """
    if not can_join(ActivityState(activity.state), activity.starts_at, unit.now):
        return None
    state = new_part(activity.capacity, seated(counts), counts[PartState.WAITING])
    values = {
        "id": new_id(),
        "activity_id": activity.id,
        "person_id": actor.person_id,
        "state": state,
        "position": unit.position(),
        "since": unit.now,
        "in_calendar": False,
        "entry_due": file and state is PartState.SIGNED_UP,
    }
    new = await unit.session.execute(ignoring(dialect_of(unit.session), ActivityPart, "id"), values)
    if new.first() is None:
        return None
    counts[state] += 1
    await unit.audit(
        actor, "activity.signed_up", role=Role.YOUTH, subject_id=actor.person_id, ref=f"A{activity.ref}", state=state
    )
    return state


async def _place(unit: Unit, part: ActivityPart) -> int:
    """Which of those who wait; 0 for a seat."""
    if part.state != PartState.WAITING:
        return 0
    before = select(func.count()).where(
        ActivityPart.activity_id == part.activity_id,
        ActivityPart.state == PartState.WAITING,
        ActivityPart.position <= part.position,
    )
    return (await unit.session.execute(before)).scalar_one()


async def leave(unit: Unit, actor: Actor, number: int | None, chat: Chat | None, *, private: bool) -> Say:
    """``取消报名 [A]``: at any time, full or not, from the waiting list too; nothing says later that somebody left."""
    if number is None:
        mine = await _mine(unit, actor)
        if not mine:
            raise NothingToLeave
        if len(mine) > 1:
            return await _which(unit, mine, leaving=True, private=private)
        number = mine[0].ref
    activity = await find_joinable(unit.session, actor, number, lock=True)
    part = await part_of(unit.session, activity.id, actor.person_id)
    counts = await counts_of(unit.session, activity.id)
    was = part is not None and part.state in COMING
    if part is not None and was:
        await unit.session.delete(part)
        await unit.session.flush()
        counts[PartState(part.state)] -= 1
        if counts[PartState.WAITING] and await promote(unit, activity):
            counts = await counts_of(unit.session, activity.id)
    return Left(await line_of(unit.session, unit.vault, activity, unit.now, counts), was)


async def _mine(unit: Unit, actor: Actor) -> list[Activity]:
    """What the actor signed up to and can still leave: it is not over."""
    rows = await unit.session.execute(
        select(Activity)
        .join(ActivityPart, ActivityPart.activity_id == Activity.id)
        .where(
            ActivityPart.person_id == actor.person_id,
            ActivityPart.state.in_(COMING),
            Activity.state == ActivityState.OPEN,
            Activity.ends_at > unit.now,
        )
        .order_by(Activity.starts_at, Activity.id)
        .limit(MOST_LISTED)
    )
    return list(rows.scalars())


async def meant(unit: Unit, actor: Actor, chat: Chat | None) -> Activity | Say:
    """The activity that 报名 without a reference means, or the question which of several."""
    if chat is not None:
        fresh = await announced_here(unit, chat, unit.now)
        if len(fresh) == 1:
            return fresh[0]
    here = [Activity.chat_id == chat.id] if chat is not None else []
    found = await upcoming(unit.session, open_to(actor.person_id), *here, now=unit.now, most=MOST_LISTED)
    if not found:
        raise NothingToJoin
    return found[0] if len(found) == 1 else await _which(unit, list(found), leaving=False, private=chat is None)


async def announced_here(unit: Unit, chat: Chat, now: datetime) -> list[Activity]:
    """What was announced in this group within ten minutes and has not begun."""
    rows = await unit.session.execute(
        select(Activity)
        .where(
            Activity.chat_id == chat.id,
            Activity.state == ActivityState.OPEN,
            Activity.starts_at > now,
            Activity.announced_at >= now - COME_WITHIN,
            Activity.announced_at <= now,
        )
        .order_by(Activity.announced_at)
        .limit(MOST_LISTED)
    )
    return list(rows.scalars())


async def _which(unit: Unit, found: list[Activity], *, leaving: bool, private: bool) -> WhichActivity:
    lines = [await line_of(unit.session, unit.vault, one, unit.now) for one in found]
    return WhichActivity(tuple(lines), leaving, private)
