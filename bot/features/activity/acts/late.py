"""记活动: one that is over already; confirmed by a line in the group or by up to three youths who are named (P39)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.contacts import choices, find_youths
from bot.core.reads.linked import is_host
from bot.core.rules.contact import NameAmbiguous
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.rules.when import Exact
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.announce import insert
from bot.features.activity.acts.confirm import ask_youth
from bot.features.activity.acts.end import ActivityEnded, ProcessData, finish
from bot.features.activity.acts.words import checked
from bot.features.activity.reads.activity import ActivityLine, chats_of, find_organised, line_of
from bot.features.activity.reads.kinds import shown_kinds
from bot.features.activity.rules.activity import USUAL_LENGTH, Plan, check_times
from bot.features.activity.rules.announce import looks_like_place, said_kind
from bot.features.activity.rules.past import find_past
from bot.features.activity.rules.process import LEAST_WORDS, Process, present_said, read_process
from bot.features.activity.tables import Activity
from bot.store.chat import Chat
from bot.store.unit import Unit

LATE_LIFE: Final = timedelta(days=1)
WITNESS_LIFE: Final = timedelta(days=7)
MOST_NAMED: Final = 3
MOST_CHATS: Final = 8
_BETWEEN: Final = re.compile(r"[、,，;；和跟\s]+")


@dataclass(frozen=True, slots=True)
class LateData:
    """An activity that is over, as far as it was told, and what is being asked for."""

    kind: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str | None = field(default=None, repr=False)
    words: str = field(default="", repr=False)
    present: int | None = None
    asking: str = ""


@dataclass(frozen=True, slots=True)
class WitnessData:
    """Which activity, and the groups in the order shown."""

    ref: int
    chats: tuple[int, ...]


LATE: Final = Question("activity.late", Asks.OFFICE, LateData, silence=ends, reason=always, times=True)
WITNESS: Final = Question("activity.witness", Asks.OFFICE, WitnessData, silence=ends, reason=always, optional=True)


@dataclass(frozen=True, slots=True)
class LatePartAsked(Say):
    """To the cadre: one part of what is over is missing; ``again``: what was said could not be read."""

    template: ClassVar[str] = "activity/late_part"
    asking: str
    again: bool
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessAsked(Say):
    """To the cadre: who may confirm it: a line in a group, or up to three youths by name."""

    template: ClassVar[str] = "activity/witness"
    ref: int
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhoWasThere(Say):
    """Into the group: whoever was there may say so; nobody has to."""

    template: ClassVar[str] = "activity/who_was_there"
    line: ActivityLine


@dataclass(frozen=True, slots=True)
class WitnessesAsked(Say):
    """To the cadre: asked; ``group`` empty: by name."""

    template: ClassVar[str] = "activity/witnesses_asked"
    line: ActivityLine
    group: str


class NotOverYet(Refusal):
    """What has not ended is announced, not entered as over."""

    code = "activity.not_over_yet"


class TooManyNamed(Refusal):
    """More youths than may be asked by name; field ``most``."""

    code = "activity.too_many_named"


async def enter_late(unit: Unit, actor: Actor, text: str, kinds: Mapping[str, str], workdays: Workdays) -> Say | None:
    """``记活动 <类别> <时间> <地点> <过程>``; what is missing is asked for one by one."""
    reading, rest = find_past(text, unit.now, workdays)
    tokens = rest.split()
    kind = next((kinds[token] for token in tokens if token in kinds), None)
    left = [token for token in tokens if token not in kinds]
    place = next((token for token in left if looks_like_place(token)), left[0] if len(left) > 1 else None)
    process = read_process(checked("process", " ".join(token for token in left if token != place)))
    data = LateData(kind=kind, place=checked("place", place or ""), words=process.words, present=process.present)
    return await _go_on(unit, actor, _timed(data, reading), kinds)


def _timed(data: LateData, reading: object) -> LateData:
    if not isinstance(reading, Exact):
        return data
    return replace(data, starts_at=reading.at, ends_at=reading.end)


async def answer_late(
    unit: Unit, actor: Actor, question: Asked[LateData], answer: str, kinds: Mapping[str, str], workdays: Workdays
) -> Say | None:
    """One missing part."""
    data = question.data
    match data.asking:
        case "kind":
            data = replace(data, kind=said_kind(answer, kinds))
        case "time":
            data = _timed(data, find_past(answer, unit.now, workdays)[0])
        case "place":
            data = replace(data, place=checked("place", answer))
        case "present":
            data = replace(data, present=present_said(answer))
        case _:
            told = read_process(checked("process", f"{data.words} {answer}"))
            data = replace(data, words=told.words, present=data.present or told.present)
    return await _go_on(unit, actor, data, kinds)


def _missing(data: LateData) -> str:
    told = {
        "kind": data.kind,
        "time": data.starts_at,
        "place": data.place,
        "what": len(data.words) >= LEAST_WORDS and Process(data.words, data.present).has_facts,
        "present": data.present is not None,
    }
    return next((name for name, value in told.items() if not value), "")


async def _go_on(unit: Unit, actor: Actor, data: LateData, kinds: Mapping[str, str]) -> Say | None:
    if data.starts_at is not None and data.starts_at >= unit.now:
        raise NotOverYet
    wanted = _missing(data)
    if wanted:
        say = LatePartAsked(wanted, data.asking == wanted, shown_kinds(kinds))
        asked = replace(data, asking=wanted)
        await ask_speaker(unit, actor, Ask(LATE, (), say, asked, takes_text=True, life=LATE_LIFE))
        return None
    return await _enter(unit, actor, data)


async def _enter(unit: Unit, actor: Actor, data: LateData) -> ActivityEnded:
    if data.starts_at is None or not actor.has(Role.CADRE):
        raise NotFound
    ends_at = min(data.ends_at or data.starts_at + USUAL_LENGTH, unit.now)
    check_times(data.starts_at, ends_at)
    plan = Plan(data.kind, data.starts_at, ends_at, data.place, None)
    activity = await insert(unit, actor, plan, ends_at, None)
    said = await finish(unit, actor, activity, ProcessData(activity.ref, data.words, data.present, ""))
    chats = (await chats_of(unit.session, actor))[:MOST_CHATS]
    options = tuple(str(n) for n in range(1, len(chats) + 1))
    ask = Ask(
        WITNESS,
        options,
        WitnessAsked(activity.ref, tuple(chat.native_id for chat in chats)),
        WitnessData(activity.ref, tuple(chat.id for chat in chats)),
        activity.id,
        takes_text=True,
        life=WITNESS_LIFE,
    )
    await ask_speaker(unit, actor, ask)
    return said


async def answer_witness(unit: Unit, actor: Actor, question: Asked[WitnessData], answer: str) -> Say | None:
    """A line in the group, or up to three own youths who are asked by name, once."""
    data = question.data
    activity = await find_organised(unit.session, actor, data.ref, lock=True)
    chosen = int(answer) - 1 if answer.isdecimal() else -1
    if 0 <= chosen < len(data.chats):
        return await _in_group(unit, actor, activity, data.chats[chosen])
    names = [name for name in _BETWEEN.split(answer) if name]
    if len(names) > MOST_NAMED:
        raise TooManyNamed(most=MOST_NAMED)
    people: dict[int, None] = {}
    for name in names:
        found = await find_youths(unit.session, unit.vault, actor.person_id or 0, name)
        if len(found) > 1:
            raise NameAmbiguous(choices=choices(found))
        if not found:
            raise NotFound
        people[found[0].person_id] = None
    for person_id in people:
        await ask_youth(unit, activity, person_id)
    return WitnessesAsked(await line_of(unit.session, unit.vault, activity, unit.now), "")


async def _in_group(unit: Unit, actor: Actor, activity: Activity, chat_id: int) -> WitnessesAsked:
    chat = await unit.session.get(Chat, chat_id)
    if chat is None or chat.state != "linked" or not await is_host(unit.session, chat_id, actor):
        raise NotFound
    activity.chat_id = chat.id
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.push_chat(chat, WhoWasThere(line), instead=actor.person_id)
    return WitnessesAsked(line, chat.native_id)
