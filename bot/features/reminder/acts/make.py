"""提醒 新建: a reminder is read from what somebody wrote, missing parts are asked for, and the next dates are named."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import func, select

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.rules.night import in_quiet_hours
from bot.core.rules.people import Actor
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.when import HourGiven
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.plan import call_off, plan_next
from bot.features.reminder.acts.words import checked_words, write_words
from bot.features.reminder.reads.reminder import ReminderLine, found_by, line_of, looks_after, timing_of, words_of
from bot.features.reminder.reads.templates import ReminderTemplates
from bot.features.reminder.rules.reading import When, read_reminder, said_again, said_of, shown
from bot.features.reminder.rules.reminder import (
    MOST_OWN,
    ReminderNotHost,
    ReminderPast,
    ReminderState,
    ReminderTooMany,
    Timing,
    WhyNot,
)
from bot.features.reminder.tables import Reminder
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.refs import new_ref
from bot.store.unit import Unit

DRAFT_LIFE: Final = timedelta(hours=1)
WHEN: Final = "when"
WORDS: Final = "words"


@dataclass(frozen=True, slots=True)
class ReminderDraft:
    """What was said of a reminder so far, what is being asked for, and the times that are offered.

    ``ref``: it changes this one. ``said`` and ``begins_at`` as in the row.
    """

    said: str | None = None
    begins_at: datetime | None = None
    words: str = field(default="", repr=False)
    chat_id: int | None = None
    asking: str = ""
    hour: str = HourGiven.SAID
    cheerful: bool = False
    ref: int | None = None
    offered: tuple[tuple[str, datetime], ...] = ()

    def timed(self, timing: Timing, hour: str) -> "ReminderDraft":
        """With this time."""
        return replace(self, said=said_of(timing), begins_at=timing.begins_at, hour=hour)


DRAFT: Final = Question("reminder.draft", Asks.ACCOUNT, ReminderDraft, silence=ends, reason=always, times=True)


@dataclass(frozen=True, slots=True)
class ReminderPartAsked(Say):
    """A part is missing, or its time can be read in several ways; ``why`` says what was wrong."""

    template: ClassVar[str] = "reminder/part"
    asking: str
    why: str
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReminderSet(Say):
    """The receipt: all that was understood, with the next dates and their weekdays.

    ``hour``: whether its hour was said. ``night``: it waits for the end of the quiet hours. ``shortens``: shorter
    months take their last day. ``changed``: it was there before.
    """

    template: ClassVar[str] = "reminder/set"
    line: ReminderLine
    hour: HourGiven
    night: bool
    shortens: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class ReminderMoreInPrivate(Say):
    """In the group: what is missing is asked in private."""

    template: ClassVar[str] = "reminder/more_in_private"


async def set_reminder(
    unit: Unit, actor: Actor, text: str, chat: Chat | None, workdays: Workdays, *, private: bool
) -> Say | None:
    """``提醒 新建 <何时> <内容>`` in any order: into the group where it was typed, in private for oneself."""
    draft = ReminderDraft(chat_id=await _place(unit, actor, chat, private=private))
    when, words = read_reminder(text, unit.now, workdays)
    draft = replace(draft, words=checked_words(words, for_group=draft.chat_id is not None))
    said = await _go_on(unit, actor, draft, when, workdays)
    return ReminderMoreInPrivate() if said is None and not private else said


async def use_template(
    unit: Unit,
    actor: Actor,
    text: str,
    chat: Chat | None,
    templates: ReminderTemplates,
    workdays: Workdays,
    *,
    private: bool,
) -> Say | None:
    """``提醒 用 <模板> [何时]``: its usual time, or the one that was said."""
    found = templates.named(text)
    if found is None:
        return ReminderTemplatesShown(tuple(f"{one.name}：{one.when}" for one in templates.by_name.values()), False)
    template, told = found
    when, _words = read_reminder(told or template.when, unit.now, workdays)
    draft = ReminderDraft(
        words=template.text, chat_id=await _place(unit, actor, chat, private=private), cheerful=template.cheerful
    )
    said = await _go_on(unit, actor, draft, when, workdays)
    return ReminderMoreInPrivate() if said is None and not private else said


@dataclass(frozen=True, slots=True)
class ReminderTemplatesShown(Say):
    """提醒 模板: the names with their usual times; ``asked`` False: the name that was said is none of them."""

    template: ClassVar[str] = "reminder/templates"
    lines: tuple[str, ...]
    asked: bool


async def change_reminder(unit: Unit, actor: Actor, ref: int, text: str, workdays: Workdays) -> Say | None:
    """``提醒 改 <R> <何时|内容>``: what was not said stays as it was."""
    reminder = await found_by(unit.session, actor, ref)
    when, words = read_reminder(text, unit.now, workdays)
    if words and when.hour is not HourGiven.SAID:  # 今晚一起看团课 are new words, and no new time
        when, words = When(), text
    draft = ReminderDraft(
        said=reminder.said,
        begins_at=reminder.begins_at,
        words=checked_words(words, for_group=reminder.chat_id is not None)
        or await words_of(unit.session, unit.vault, reminder),
        chat_id=reminder.chat_id,
        cheerful=reminder.cheerful and not words,
        ref=ref,
    )
    return await _go_on(unit, actor, draft, when, workdays)


async def answer_draft(
    unit: Unit, actor: Actor, question: Asked[ReminderDraft], answer: str, workdays: Workdays
) -> Say | None:
    """One missing part."""
    draft = question.data
    if draft.asking == WORDS:
        words = checked_words(answer, for_group=draft.chat_id is not None)
        return await _go_on(unit, actor, replace(draft, words=words), When(), workdays)
    if answer.isdecimal() and 1 <= int(answer) <= len(draft.offered):
        said, begins_at = draft.offered[int(answer) - 1]
        chosen = replace(draft, said=said, begins_at=begins_at, asking="", offered=())
        return await _go_on(unit, actor, chosen, When(), workdays)
    when, words = read_reminder(answer, unit.now, workdays)
    if when.timing is None and not when.why:
        when = replace(when, why="no_time")
    if not draft.words:
        draft = replace(draft, words=checked_words(words, for_group=draft.chat_id is not None))
    return await _go_on(unit, actor, replace(draft, asking="", offered=()), when, workdays)


async def _place(unit: Unit, actor: Actor, chat: Chat | None, *, private: bool) -> int | None:
    """The group it is for; None: for oneself."""
    if private:
        return None
    if chat is None or chat.state != "linked" or not await looks_after(unit.session, chat.id, actor):
        raise ReminderNotHost
    return chat.id


async def _go_on(unit: Unit, actor: Actor, draft: ReminderDraft, when: When, workdays: Workdays) -> Say | None:
    """Ask for the next missing part, else set it."""
    if when.timing is not None:
        draft = draft.timed(when.timing, when.hour.value)
    if when.why or draft.begins_at is None:
        await _ask(unit, actor, draft, WHEN, when)
        return None
    if not draft.words:
        await _ask(unit, actor, draft, WORDS, When())
        return None
    return await _change(unit, actor, draft, workdays) if draft.ref else await _make(unit, actor, draft, workdays)


async def _ask(unit: Unit, actor: Actor, draft: ReminderDraft, asking: str, when: When) -> None:
    say = ReminderPartAsked(asking, when.why, tuple(shown(one, unit.now) for one in when.offered))
    offered = tuple((said_of(one), one.begins_at) for one in when.offered)
    options = tuple(str(n) for n in range(1, len(offered) + 1))
    data = replace(draft, asking=asking, offered=offered)
    await ask_speaker(unit, actor, Ask(DRAFT, options, say, data, takes_text=True, life=DRAFT_LIFE))


def _timing(draft: ReminderDraft, now: datetime, workdays: Workdays) -> Timing:
    """The time of the draft; refuses ``reminder.past``."""
    if draft.begins_at is None:
        raise NotFound
    timing = said_again(draft.said or "", draft.begins_at, workdays)
    if timing.after(now, workdays) is None:
        raise ReminderPast
    return timing


async def _make(unit: Unit, actor: Actor, draft: ReminderDraft, workdays: Workdays) -> Say:
    if actor.person_id is None:
        raise NotFound
    going = (
        select(func.count())
        .select_from(Reminder)
        .where(Reminder.owner_id == actor.person_id, Reminder.state == ReminderState.GOING)
    )
    if (await unit.session.execute(going)).scalar_one() >= MOST_OWN:
        raise ReminderTooMany(most=MOST_OWN)
    timing = _timing(draft, unit.now, workdays)
    reminder_id = new_id()
    reminder = Reminder(
        id=reminder_id,
        ref=await new_ref(unit, "R"),
        owner_id=actor.person_id,
        chat_id=draft.chat_id,
        said=said_of(timing),
        begins_at=timing.begins_at,
        cheerful=draft.cheerful,
        key_id=await unit.vault.new_key(unit.session, f"reminder:{reminder_id}"),
        state=ReminderState.GOING,
        made_at=unit.now,
    )
    await write_words(unit, reminder, draft.words)
    unit.session.add(reminder)
    await unit.session.flush()
    await plan_next(unit, reminder, unit.now, workdays)
    await unit.audit(actor, "reminder.set", ref=f"R{reminder.ref}")
    return await receipt(unit, reminder, workdays, HourGiven(draft.hour), changed=False)


async def _change(unit: Unit, actor: Actor, draft: ReminderDraft, workdays: Workdays) -> Say:
    reminder = await found_by(unit.session, actor, draft.ref or 0)
    timing = _timing(draft, unit.now, workdays)
    await call_off(unit, reminder, WhyNot.CHANGED)
    reminder.said, reminder.begins_at = said_of(timing), timing.begins_at
    reminder.cheerful, reminder.state, reminder.ended_at = draft.cheerful, ReminderState.GOING, None
    await write_words(unit, reminder, draft.words)
    await unit.session.flush()
    await plan_next(unit, reminder, unit.now, workdays)
    await unit.audit(actor, "reminder.changed", ref=f"R{reminder.ref}")
    return await receipt(unit, reminder, workdays, HourGiven(draft.hour), changed=True)


async def receipt(
    unit: Unit, reminder: Reminder, workdays: Workdays, hour: HourGiven = HourGiven.SAID, *, changed: bool
) -> ReminderSet:
    """What stands now, with the next dates."""
    line = await line_of(unit.session, unit.vault, reminder, workdays, unit.now)
    timing = timing_of(reminder, workdays)
    first = timing.after(unit.now, workdays)
    night = reminder.chat_id is not None and first is not None and in_quiet_hours(first.at)
    return ReminderSet(line, hour, night, timing.repeat is not None and timing.repeat.shortens, changed)
