"""回复、办结: the answer goes to the author, whose word or seven days of silence close the item (6.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import ask_person
from bot.core.acts.touch import touch
from bot.core.question import Ask
from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.rules.checked import Forbidden
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import PrivateDetail, private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.features.voice.acts.transition import KIND, NAMED, RATING, UP, UP_NAMELESS, cancel_about, write
from bot.features.voice.reads.voice import answers_of, find_held, locked, standing_of
from bot.features.voice.rules.voice import (
    MAX_ANSWER,
    SILENCE,
    VoiceOutcome,
    VoiceRating,
    VoiceState,
    answered,
    checked_voice,
    ended,
    unanswered,
)
from bot.features.voice.tables import Voice, VoiceAnswer
from bot.store.base import new_id
from bot.store.chat import Contact
from bot.store.outbox import Sending
from bot.store.unit import Unit

RATINGS = tuple(rating.value for rating in VoiceRating)
ANSWER: Final = "voice.answer"
"""What an answer's words are about (``Standing``): the answer, as long as it is there."""
NEVER_ANSWERED = frozenset({PrivateDetail.ID_CARD, PrivateDetail.BANK_CARD})
"""Numbers that no answer needs; a phone number of an office it may."""


@dataclass(frozen=True, slots=True)
class AnswerSent(Say):
    """The receipt of an answer; ``asked``: its author will say whether it helped."""

    template: ClassVar[str] = "voice/answer_sent"
    ref: int
    asked: bool
    until: datetime | None
    waits: bool
    """Nothing has gone out yet: no bot that its author knows is connected."""


@dataclass(frozen=True, slots=True)
class ClosingAsked(Say):
    """办结 closes nothing by itself: its author is asked."""

    template: ClassVar[str] = "voice/closing_asked"
    ref: int
    closed: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class VoiceReply(Say):
    """To the author: the answer and who gave it; without words: it was dealt with in person."""

    template: ClassVar[str] = "voice/reply"
    ref: int
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class RatingAsked(Say):
    """Whether it helped."""

    template: ClassVar[str] = "voice/rating"
    ref: int


class AnswerSecret(Refusal):
    """An answer with a secrecy marking (P37)."""

    code = "voice.answer_secret"


class AnswerPrivate(Refusal):
    """An identity or bank number in an answer."""

    code = "voice.answer_private"


class AuthorOutOfReach(Refusal):
    """An author without an account cannot read an answer: nothing is sent, the item stays open; field ``ref``."""

    code = "voice.out_of_reach"


class WaitsForAuthor(Refusal):
    """It was answered: until ``until`` its author may say something; after that it closes by itself."""

    code = "voice.waits_for_author"


async def answer_voice(unit: Unit, actor: Actor, ref: int, text: str) -> AnswerSent:
    """``回复 <V> <内容>``: of two who answer at once one is first, the other hears that."""
    forbid: Forbidden = {secrecy_marking: AnswerSecret, _never_answered: AnswerPrivate}
    words = checked_voice(without_strangers(text), forbid, least=1, most=MAX_ANSWER)
    voice = await _held(unit, actor, ref)
    own = await _own_last(unit, actor, voice)
    standing = answered(standing_of(voice), again=own)
    asked = await _put_to_author(unit, actor, voice, words)
    write(voice, standing if voice.author_id is not None else ended(standing, VoiceOutcome.DROPPED), unit.now)
    await unit.session.flush()
    await unit.audit(actor, "voice.answered", role=_role(voice), subject_id=voice.author_id, ref=f"V{ref}")
    waits, unit.held = unit.held, False
    return AnswerSent(ref, asked, unit.now + SILENCE if asked else None, waits)


async def close_voice(unit: Unit, actor: Actor, ref: int) -> ClosingAsked:
    """``办结 <V>``: the holder has dealt with it in person; its author is asked as after any answer."""
    voice = await _held(unit, actor, ref)
    if voice.state == VoiceState.ANSWERED and voice.answered_at is not None:
        raise WaitsForAuthor(ref=ref, until=voice.answered_at + SILENCE)
    standing = answered(standing_of(voice))
    asked = await _can_be_asked(unit, voice) and await _put_to_author(unit, actor, voice, "")
    if not asked:
        standing = ended(standing, VoiceOutcome.DROPPED)  # an author whom nobody can reach has not said nothing
    write(voice, standing, unit.now)
    await unit.session.flush()
    await unit.audit(actor, "voice.close_asked", role=_role(voice), subject_id=voice.author_id, ref=f"V{ref}")
    return ClosingAsked(ref, voice.closed_at is not None, unit.now + SILENCE if asked else None)


async def _can_be_asked(unit: Unit, voice: Voice) -> bool:
    return voice.author_id is not None and await unit.account_of(voice.author_id) is not None


async def _held(unit: Unit, actor: Actor, ref: int) -> Voice:
    voice = await find_held(unit.session, actor, ref, now=unit.now, lock=True)
    if voice is None:
        raise NotFound
    return voice


async def _own_last(unit: Unit, actor: Actor, voice: Voice) -> bool:
    """Whether the newest answer is the actor's own: they may add to it."""
    answers = await answers_of(unit.session, voice.id)
    return bool(answers) and answers[-1].by_id == actor.person_id


async def _put_to_author(unit: Unit, actor: Actor, voice: Voice, words: str) -> bool:
    """Keep the answer, send it, and ask whether it helped; False when nobody is known who could be asked."""
    answer_id = new_id()
    key_id = voice.key_id or unit.vault.system_key_id
    sealed = await unit.seal(key_id, f"voice_answers:{answer_id}:text", words) if words else None
    organ = voice.holder_org_id
    unit.session.add(
        VoiceAnswer(id=answer_id, voice_id=voice.id, by_id=actor.person_id, org_id=organ, text=sealed, at=unit.now)
    )
    voice.first_answer_at, voice.answered_at = voice.first_answer_at or unit.now, unit.now
    if voice.author_id is None:
        return False
    if organ is None:
        await touch(unit, Contact.cadre_id == voice.cadre_id, Contact.youth_id == voice.author_id)
        who = await name_of(unit.session, unit.vault, actor.person_id or 0)
    else:
        who = await org_name(unit.session, organ)
    await cancel_about(unit, voice, UP, UP_NAMELESS, KIND, NAMED)
    by = (actor.person_id, f"#V{voice.ref} 的答复") if actor.person_id is not None else None
    reply = VoiceReply(voice.ref, who, words)
    how: Sending = {"cls": "L", "priority": 2, "by": by, "about": (ANSWER, answer_id)}
    if not await unit.push_person(voice.author_id, reply, **how):
        raise AuthorOutOfReach(ref=voice.ref)
    await cancel_about(unit, voice, RATING)  # it is asked anew, about this answer
    return await ask_person(unit, voice.author_id, Ask(RATING, RATINGS, RatingAsked(voice.ref), subject_id=voice.id))


async def still_answered(session: AsyncSession, answer_id: int, _now: datetime) -> bool:
    """Whether an answer that goes out late still is one: it was neither withdrawn with its item nor undone."""
    return await session.scalar(select(VoiceAnswer.id).where(VoiceAnswer.id == answer_id)) is not None


async def answer_became(unit: Unit, answer_id: int, arrived: bool) -> None:
    """An answer that did not arrive is no answer: the item waits as it did, and is reminded of as before."""
    answer = None if arrived else await unit.session.get(VoiceAnswer, answer_id)
    voice = await locked(unit.session, answer.voice_id) if answer is not None else None
    if answer is None or voice is None:
        return
    await unit.session.delete(answer)
    await unit.session.flush()
    before = await answers_of(unit.session, voice.id)
    voice.first_answer_at = before[0].at if before else None
    voice.answered_at = before[-1].at if before else None
    if voice.state == VoiceState.ANSWERED and not before:
        held_since, reminded_at, told_at = voice.held_since, voice.reminded_at, voice.told_above_at
        write(voice, unanswered(standing_of(voice)), unit.now)
        voice.held_since, voice.reminded_at, voice.told_above_at = held_since, reminded_at, told_at
        await cancel_about(unit, voice, RATING)
    await unit.session.flush()
    await unit.audit(None, "voice.not_arrived", role="system", subject_id=voice.author_id, ref=f"V{voice.ref}")


def _role(voice: Voice) -> Role:
    return Role.CADRE if voice.holder_org_id is None else Role.ORGAN_ADMIN


def _never_answered(words: str) -> bool:
    return bool(private_details(words) & NEVER_ANSWERED)
