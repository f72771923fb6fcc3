"""自愿确认: whoever took part may say so, freely; silence and ③ are nothing, and ② leaves no name (P38, P39)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import ask_person, cancel
from bot.core.question import Ask, Asked, Asks, Question, as_long_as, ends
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import (
    ActivityLine,
    find_joinable,
    line_of,
    locked,
    organisers,
    part_of,
)
from bot.features.activity.rules.activity import (
    CONFIRM_LIFE,
    SEATED,
    ActivityState,
    PartState,
    in_quiet_hours,
    morning,
)
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ConfirmData:
    """Which activity."""

    ref: int


CONFIRM: Final = Question(
    "activity.confirm",
    Asks.YOUTH,
    ConfirmData,
    silence=ends,
    no="unsaid",
    cancel="unsaid",
    reason=as_long_as(Activity.id, Activity.state != ActivityState.CANCELLED.value),
    untold=True,
)
OPTIONS: Final = ("took_part", "did_not", "unsaid")


@dataclass(frozen=True, slots=True)
class ConfirmAsked(Say):
    """To a youth: did you take part? Free, and nobody sees who says what."""

    template: ClassVar[str] = "activity/confirm"
    line: ActivityLine


@dataclass(frozen=True, slots=True)
class ConfirmTaken(Say):
    """To the youth: heard; ``answer`` is the option."""

    template: ClassVar[str] = "activity/confirm_taken"
    line: ActivityLine
    answer: str


class OwnActivity(Refusal):
    """Whoever organises an activity cannot be its witness; field ``ref``."""

    code = "activity.own"


class WhichPart(Refusal):
    """No activity, or several, can be meant; field ``refs``."""

    code = "activity.which_part"


class NotBegun(Refusal):
    """Nobody can have taken part in what has not begun; field ``ref``."""

    code = "activity.not_begun_yet"


class NothingHappened(Refusal):
    """It was cancelled; field ``ref``."""

    code = "activity.nothing_happened"


async def ask_parts(unit: Unit, activity: Activity, *, most: int) -> tuple[int, int]:
    """Ask whoever signed up or checked in and was not asked before; how many were looked at, and how many asked."""
    rows = await unit.session.execute(
        select(ActivityPart)
        .where(
            ActivityPart.activity_id == activity.id,
            ActivityPart.state.in_(SEATED),
            ActivityPart.asked_at.is_(None),
            ActivityPart.person_id.is_not(None),
        )
        .order_by(ActivityPart.position)
        .limit(most)
    )
    own = await organisers(unit.session, activity)
    asked = 0
    parts = rows.scalars().all()
    for part in parts:
        part.asked_at = unit.now
        if part.person_id not in own and await ask_youth(unit, activity, part.person_id or 0):
            asked += 1
    await unit.session.flush()
    return len(parts), asked


async def ask_youth(unit: Unit, activity: Activity, person_id: int) -> bool:
    """One free question; its life begins when it is shown."""
    say = ConfirmAsked(await line_of(unit.session, unit.vault, activity, unit.now))
    ask = Ask(CONFIRM, OPTIONS, say, ConfirmData(activity.ref), activity.id, life=CONFIRM_LIFE)
    night = in_quiet_hours(unit.now)
    return await ask_person(unit, person_id, ask, not_before=morning(unit.now) if night else None)


async def answer_confirm(unit: Unit, actor: Actor, question: Asked[ConfirmData], answer: str) -> Say | None:
    """① counts, ② is a number without a name, ③ is nothing."""
    activity = await locked(unit.session, question.subject_id)
    if activity is None:
        return None
    if answer == "took_part":
        await _confirm(unit, actor, activity)
    elif answer == "did_not":
        await _decline(unit, actor, activity)
    return ConfirmTaken(await line_of(unit.session, unit.vault, activity, unit.now), answer)


async def took_part(unit: Unit, actor: Actor, number: int | None) -> Say:
    """``参加了 [A]``: counts unasked; without a reference the only one that can be meant."""
    if number is None:
        number = await _only_one(unit, actor)
    activity = await find_joinable(unit.session, actor, number, lock=True)
    if activity.state == ActivityState.CANCELLED:
        raise NothingHappened(ref=number)
    if unit.now < activity.starts_at:
        raise NotBegun(ref=number)
    await cancel(unit, CONFIRM, subject_id=activity.id, person_id=actor.person_id, skip_busy=True)
    await _confirm(unit, actor, activity)
    return ConfirmTaken(await line_of(unit.session, unit.vault, activity, unit.now), "took_part")


async def not_there(unit: Unit, actor: Actor, number: int) -> Say:
    """``收回参加 <A>``: takes the own word back, whenever; it stays as a number without a name, and counts nowhere."""
    activity = await find_joinable(unit.session, actor, number, lock=True)
    if unit.now < activity.starts_at:
        raise NotBegun(ref=number)
    await cancel(unit, CONFIRM, subject_id=activity.id, person_id=actor.person_id, skip_busy=True)
    if await part_of(unit.session, activity.id, actor.person_id) is not None:
        await _decline(unit, actor, activity)
    return ConfirmTaken(await line_of(unit.session, unit.vault, activity, unit.now), "did_not")


async def _only_one(unit: Unit, actor: Actor) -> int:
    """The activity that one signed up or checked in to and that has begun; refuses ``activity.which_part``."""
    rows = await unit.session.execute(
        select(Activity.ref)
        .join(ActivityPart, ActivityPart.activity_id == Activity.id)
        .where(
            ActivityPart.person_id == actor.person_id,
            ActivityPart.state.in_(SEATED),
            Activity.state != ActivityState.CANCELLED,
            Activity.starts_at <= unit.now,
            Activity.settled_at.is_(None),
        )
        .order_by(Activity.starts_at.desc())
        .limit(2)
    )
    found = rows.scalars().all()
    if len(found) != 1:
        raise WhichPart(refs=list(found))
    return found[0]


async def _confirm(unit: Unit, actor: Actor, activity: Activity) -> None:
    if actor.person_id in await organisers(unit.session, activity):
        raise OwnActivity(ref=activity.ref)
    person = await unit.session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None or not person.is_youth or person.age_band == AgeBand.UNDER_14:
        return  # nothing is kept of them
    part = await part_of(unit.session, activity.id, actor.person_id)
    if part is None:
        part = ActivityPart(activity_id=activity.id, person_id=actor.person_id, position=unit.position())
        part.since = unit.now
        unit.session.add(part)
    if part.state == PartState.CONFIRMED:
        return
    part.state, part.hold_until, part.asked_at = PartState.CONFIRMED, None, part.asked_at or unit.now
    await unit.session.flush()
    me = actor.person_id
    await unit.audit(actor, "activity.confirmed", role=Role.YOUTH, subject_id=me, ref=f"A{activity.ref}")


async def _decline(unit: Unit, actor: Actor, activity: Activity) -> None:
    """No name, no audit row: only one more number (P38)."""
    part = await part_of(unit.session, activity.id, actor.person_id)
    if part is None:
        part = ActivityPart(activity_id=activity.id, position=unit.position(), since=unit.now)
        unit.session.add(part)
    part.state, part.person_id, part.hold_until, part.asked_at = PartState.DECLINED, None, None, None
    unit.erased = True
    await unit.session.flush()
