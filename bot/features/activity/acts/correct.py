"""更正活动、说明: after the end; what was said before stays in the history, and nobody is asked again (R6.5, P39)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.acts.notes import note_new_words
from bot.features.activity.acts.words import checked, write
from bot.features.activity.reads.activity import ActivityLine, find_organised, line_of, words_of
from bot.features.activity.rules.activity import ActivityState, Field
from bot.features.activity.rules.announce import said_kind
from bot.features.activity.rules.process import Process, present_said
from bot.features.activity.tables import Activity, ActivityChange
from bot.store.base import new_id
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ActivityCorrected(Say):
    """To the cadre: from what to what; the old value stays in the history."""

    template: ClassVar[str] = "activity/corrected"
    line: ActivityLine
    what: Field
    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explained(Say):
    """To the cadre: the explanation stands beside the notes."""

    template: ClassVar[str] = "activity/explained"
    line: ActivityLine


class NotEnded(Refusal):
    """Before the end there is nothing to correct or to explain; field ``ref``."""

    code = "activity.not_ended"


class NothingToCorrect(Refusal):
    """Nothing that is called so can be corrected, or its new value cannot be read."""

    code = "activity.nothing_to_correct"


async def correct_activity(
    unit: Unit, actor: Actor, number: int, what: Field | None, value: str, kinds: Mapping[str, str]
) -> ActivityCorrected:
    """``更正活动 <A> <过程|人数|类别> <新值>``."""
    activity = await _ended(unit, actor, number)
    match what:
        case Field.PROCESS:
            old, new = await words_of(unit.session, unit.vault, activity, "process"), checked("process", value)
            if not Process(new, None).has_facts:
                raise NothingToCorrect
            await write(unit, activity, process=new)
            await note_new_words(unit, activity, new)
        case Field.PRESENT | Field.SEATS:
            what, present = Field.PRESENT, present_said(value)
            if present is None:
                raise NothingToCorrect
            old, new, activity.present = str(activity.present or 0), str(present), present
        case Field.KIND:
            kind = said_kind(value, kinds)
            if kind is None:
                raise NothingToCorrect
            old, new, activity.kind = activity.kind, kind, kind
        case _:
            raise NothingToCorrect
    change_id = new_id()
    sealed = await unit.seal(activity.key_id, f"activity_changes:{change_id}:old", old)
    unit.session.add(ActivityChange(id=change_id, activity_id=activity.id, what=what.value, old=sealed, at=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "activity.corrected", role=Role.CADRE, ref=f"A{number}", what=what.value)
    return ActivityCorrected(await line_of(unit.session, unit.vault, activity, unit.now), what, old, new)


async def explain(unit: Unit, actor: Actor, number: int, words: str) -> Explained:
    """``说明 <A> <缘由>``: the cadre's answer to the notes."""
    activity = await _ended(unit, actor, number)
    await write(unit, activity, explained=checked("explained", words))
    await unit.session.flush()
    await unit.audit(actor, "activity.explained", role=Role.CADRE, ref=f"A{number}")
    return Explained(await line_of(unit.session, unit.vault, activity, unit.now))


async def _ended(unit: Unit, actor: Actor, number: int) -> Activity:
    activity = await find_organised(unit.session, actor, number, lock=True)
    if activity.state != ActivityState.ENDED:
        raise NotEnded(ref=number)
    return activity
