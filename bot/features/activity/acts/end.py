"""结束活动: what happened, and then a free question to whoever signed up or checked in (R6.5, P38, P39)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import delete, func, select

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.acts.confirm import ask_parts
from bot.features.activity.acts.notes import notes_on
from bot.features.activity.acts.words import checked, write
from bot.features.activity.reads.activity import ActivityLine, find_organised, line_of, only_organised
from bot.features.activity.rules.activity import ActivityState, PartState, is_late
from bot.features.activity.rules.integrity import Note
from bot.features.activity.rules.process import Lacks, Process, lacks, present_said, read_process
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.unit import Unit

PROCESS_LIFE: Final = timedelta(days=1)
"""How long the question about a missing part of the process waits; until then it lives in it."""
ASKED_AT_ONCE: Final = 50
"""Youths who are asked in the unit that ends it; the others by a tick, each in its own."""


@dataclass(frozen=True, slots=True)
class ProcessData:
    """The process as far as it was told, and what is being asked for."""

    ref: int
    words: str = field(repr=False)
    present: int | None
    asking: str
    place: str = field(default="", repr=False)


PROCESS: Final = Question("activity.process", Asks.OFFICE, ProcessData, silence=ends, reason=always)


@dataclass(frozen=True, slots=True)
class ProcessAsked(Say):
    """To the cadre: one more thing; ``again``: the answer before could not be read."""

    template: ClassVar[str] = "activity/process"
    ref: int
    asking: Lacks
    again: bool


@dataclass(frozen=True, slots=True)
class ActivityEnded(Say):
    """To the cadre: entered; ``asked``: whether anybody is asked freely; it counts once one youth says it took part."""

    template: ClassVar[str] = "activity/ended"
    line: ActivityLine
    present: int
    asked: bool
    confirmed: bool
    late: bool
    notes: tuple[Note, ...]
    """What a person should look at (P39): the cadre hears it first, and may explain it."""


class ActivityNotBegun(Refusal):
    """It has not begun; field ``ref``."""

    code = "activity.not_begun"


class ActivityEndedBefore(Refusal):
    """Its process was entered before; field ``ref``."""

    code = "activity.ended_before"


class ActivityCancelled(Refusal):
    """It was cancelled; field ``ref``."""

    code = "activity.cancelled"


async def end_activity(unit: Unit, actor: Actor, number: int | None, words: str | None) -> Say | None:
    """``结束活动 <A> <过程>``; what is missing is asked for one by one."""
    if number is None:
        begun = (Activity.state == ActivityState.OPEN, Activity.starts_at <= unit.now)
        number = await only_organised(unit.session, actor, *begun)
    activity = await _endable(unit, actor, number)
    process = read_process(checked("process", words or ""))
    return await _go_on(unit, actor, activity, ProcessData(number, process.words, process.present, ""))


async def answer_process(unit: Unit, actor: Actor, question: Asked[ProcessData], answer: str) -> Say | None:
    """One missing part of the process."""
    data = question.data
    activity = await _endable(unit, actor, data.ref)
    told = checked("place" if data.asking == Lacks.PLACE else "process", answer)
    match data.asking:
        case Lacks.PLACE:
            data = replace(data, place=told)
        case Lacks.PRESENT:
            data = replace(data, present=present_said(told))
        case _:
            words = checked("process", f"{data.words} {told}")
            data = replace(data, words=words, present=data.present or read_process(told).present)
    return await _go_on(unit, actor, activity, data)


async def _endable(unit: Unit, actor: Actor, number: int) -> Activity:
    activity = await find_organised(unit.session, actor, number, lock=True)
    if activity.state == ActivityState.CANCELLED:
        raise ActivityCancelled(ref=number)
    if activity.state == ActivityState.ENDED:
        raise ActivityEndedBefore(ref=number)
    if unit.now < activity.starts_at:
        raise ActivityNotBegun(ref=number)
    return activity


async def _go_on(unit: Unit, actor: Actor, activity: Activity, data: ProcessData) -> Say | None:
    wanted = lacks(Process(data.words, data.present), place=activity.place is not None or bool(data.place))
    if wanted is not None:
        say = ProcessAsked(data.ref, wanted, data.asking == wanted)
        data = replace(data, asking=wanted.value)
        await ask_speaker(unit, actor, Ask(PROCESS, (), say, data, activity.id, takes_text=True, life=PROCESS_LIFE))
        return None
    return await finish(unit, actor, activity, data)


async def finish(unit: Unit, actor: Actor, activity: Activity, data: ProcessData) -> ActivityEnded:
    """It is over, its process stands, and whoever signed up or checked in is asked."""
    await write(unit, activity, process=data.words)
    if data.place:
        await write(unit, activity, place=data.place)
    activity.present, activity.state, activity.ended_at = data.present, ActivityState.ENDED, unit.now
    activity.ends_at = min(activity.ends_at, max(unit.now, activity.starts_at + timedelta(minutes=1)))
    activity.late = is_late(activity.ends_at, unit.now)
    notes = await notes_on(unit, activity, data.words)
    activity.notes = " ".join(notes)
    activity.revision += 1
    await unit.session.execute(
        delete(ActivityPart).where(ActivityPart.activity_id == activity.id, ActivityPart.state == PartState.WAITING)
    )
    await unit.session.flush()
    await unit.audit(actor, "activity.ended", role=Role.CADRE, ref=f"A{activity.ref}", present=data.present)
    _, asked = await ask_parts(unit, activity, most=ASKED_AT_ONCE)
    confirmed = select(func.count()).where(
        ActivityPart.activity_id == activity.id, ActivityPart.state == PartState.CONFIRMED
    )
    return ActivityEnded(
        await line_of(unit.session, unit.vault, activity, unit.now),
        activity.present or 0,
        asked > 0,
        (await unit.session.execute(confirmed)).scalar_one() > 0,
        activity.late,
        notes,
    )
