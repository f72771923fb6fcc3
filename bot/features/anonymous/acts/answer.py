"""查看心声、回复、上报、办结、分类 of an anonymous voice that is out: the same words as for a named one (6.4).

Each returns None where this actor holds no such voice, so that the caller goes on to the named ones and a foreign one
is answered like one that does not exist. An answer is never sent: its writer picks it up.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.unreadable import shown
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.anonymous.acts.escalate import hand_up
from bot.features.anonymous.reads.anonymous import AnonymousAnswer, answers_of, find_released, recipient
from bot.features.anonymous.rules.anonymous import AnonymousState, AnswerFirst, AuthorsWord, NobodyAbove
from bot.features.anonymous.tables import AnonymousVoice, place_of
from bot.features.voice.acts.view import UnknownCategory
from bot.features.voice.rules.category import VoiceCategories
from bot.features.voice.rules.voice import MAX_ANSWER, MAX_NOTE, SILENCE, VoiceClosed, checked_voice
from bot.store.sealing import Vault
from bot.store.unit import Unit

MAX_ANSWERS: Final = 20
"""Answers to one voice: they are read in one message."""


@dataclass(frozen=True, slots=True)
class AnonymousShown(Say):
    """One anonymous voice: what was said, and no time but the day of its batch. ``gone``: its writer deleted it."""

    template: ClassVar[str] = "anonymous/shown"
    ref: int
    state: AnonymousState
    urgent: bool
    category: str
    released_on: date
    gone: bool
    words: str
    note: str
    answers: tuple[AnonymousAnswer, ...]


@dataclass(frozen=True, slots=True)
class AnonymousAnswered(Say):
    """The receipt of an answer: it lies under the code until it is picked up."""

    template: ClassVar[str] = "anonymous/answered"
    ref: int
    until: date


@dataclass(frozen=True, slots=True)
class AnonymousRaised(Say):
    """It is with the organ above now."""

    template: ClassVar[str] = "anonymous/raised"
    ref: int
    org: str


@dataclass(frozen=True, slots=True)
class AnonymousCloses(Say):
    """办结 closes nothing by itself: its writer has the last word until then."""

    template: ClassVar[str] = "anonymous/closes"
    ref: int
    until: date


@dataclass(frozen=True, slots=True)
class AnonymousSorted(Say):
    """The category is set."""

    template: ClassVar[str] = "anonymous/sorted"
    ref: int
    category: str


class AnonymousGone(Refusal):
    """Its writer has deleted it: there is nothing left to answer or to pass on."""

    code = "anonymous.gone"


class AnsweredTooOften(Refusal):
    """More answers than anybody reads; ``most``."""

    code = "anonymous.answered_too_often"


class AnswerMarkedSecret(Refusal):
    """An answer or a note with a secrecy marking (P37)."""

    code = "anonymous.answer_secret"


async def view(
    session: AsyncSession, vault: Vault, actor: Actor, ref: int, categories: VoiceCategories, *, now: datetime
) -> Seen | None:
    """``查看心声 <V>``; the reading is logged, though there is nobody whose data could be named."""
    voice = await find_released(session, actor, ref, now=now)
    if voice is None or voice.released_on is None:
        return None
    said = AnonymousShown(
        ref,
        AnonymousState(voice.state),
        voice.urgent,
        categories.name_of(voice.category),
        voice.released_on,
        voice.text is None,
        await shown(session, vault, place_of(voice.key, "text"), voice.text),
        await shown(session, vault, place_of(voice.key, "note"), voice.note),
        tuple(await answers_of(session, vault, voice)),
    )
    logged = Logged("read.anonymous", _role(actor, voice), ref=f"V{ref}")
    mine = select(AnonymousVoice.org_id, AnonymousVoice.state, AnonymousVoice.text, AnonymousVoice.answers)
    return await seen(session, said, [logged], mine.where(AnonymousVoice.ref == ref))


async def answer(unit: Unit, actor: Actor, ref: int, text: str) -> AnonymousAnswered | None:
    """``回复 <V> <内容>``: a further answer is added to those before it."""
    voice = await _held(unit, actor, ref)
    if voice is None:
        return None
    words = _checked(text, MAX_ANSWER)
    earlier = await answers_of(unit.session, unit.vault, voice)
    if len(earlier) >= MAX_ANSWERS:
        raise AnsweredTooOften(most=MAX_ANSWERS)
    org = await recipient(unit.session, voice.org_id)
    lines = [*earlier, AnonymousAnswer(org.name, unit.now.date(), words)]
    plain = [{"org": a.org, "on": a.on.isoformat(), "text": a.text} for a in lines]
    place = place_of(voice.key, "answers")
    voice.answers = await unit.seal(org.key_id, place, json.dumps(plain, ensure_ascii=False))
    voice.state, voice.answered_on = AnonymousState.ANSWERED.value, unit.now.date()
    await unit.session.flush()
    await unit.audit(actor, "anonymous.answered", role=_role(actor, voice), ref=f"V{ref}")
    return AnonymousAnswered(ref, unit.now.date() + SILENCE)


async def escalate(unit: Unit, actor: Actor, ref: int, note: str | None) -> AnonymousRaised | None:
    """``上报 <V> [说明]``: there is no name that could go with it, so nobody has to be asked."""
    voice = await _held(unit, actor, ref)
    if voice is None:
        return None
    if note is not None:
        org = await recipient(unit.session, voice.org_id)
        voice.note = await unit.seal(org.key_id, place_of(voice.key, "note"), _checked(note, MAX_NOTE))
    role = _role(actor, voice)
    above = await hand_up(unit, voice)
    if above is None:
        raise NobodyAbove
    await unit.session.flush()
    await unit.audit(actor, "anonymous.escalated", role=role, ref=f"V{ref}")
    return AnonymousRaised(ref, above.name)


async def close(unit: Unit, actor: Actor, ref: int) -> AnonymousCloses | None:
    """``办结 <V>``: only an answer and its writer's word, or seven days of silence, close it."""
    voice = await _held(unit, actor, ref)
    if voice is None:
        return None
    if voice.state != AnonymousState.ANSWERED or voice.answered_on is None:
        raise AnswerFirst(ref=ref)
    return AnonymousCloses(ref, voice.answered_on + SILENCE)


async def sort(unit: Unit, actor: Actor, ref: int, told: str, categories: VoiceCategories) -> AnonymousSorted | None:
    """``分类 <V> <分类>``: what it is about, never who wrote it (P30)."""
    voice = await find_released(unit.session, actor, ref, now=unit.now, lock=True)
    if voice is None:
        return None
    category = categories.find(told)
    if category is None:
        raise UnknownCategory(names=[c.name for c in categories.all])
    voice.category = category.key
    await unit.session.flush()
    await unit.audit(actor, "anonymous.sorted", role=_role(actor, voice), ref=f"V{ref}", category=category.key)
    return AnonymousSorted(ref, category.name)


async def _held(unit: Unit, actor: Actor, ref: int) -> AnonymousVoice | None:
    """The voice if this actor holds it; refused when it is closed or its writer has deleted it."""
    voice = await find_released(unit.session, actor, ref, now=unit.now, lock=True)
    if voice is None:
        return None
    if voice.text is None or voice.said == AuthorsWord.ERASED:
        raise AnonymousGone(ref=ref)
    if voice.state == AnonymousState.CLOSED:
        raise VoiceClosed(ref=ref)
    return voice


def _checked(text: str, limit: int) -> str:
    return checked_voice(without_strangers(text), {secrecy_marking: AnswerMarkedSecret}, least=1, most=limit)


def _role(actor: Actor, voice: AnonymousVoice) -> Role:
    """As what the actor acts: an admin of the organ, else somebody on duty."""
    return Role.ORGAN_ADMIN if voice.org_id in actor.orgs(Role.ORGAN_ADMIN) else Role.DUTY_OFFICER
