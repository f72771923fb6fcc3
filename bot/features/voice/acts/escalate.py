"""上报 Escalation: one level up, only by its author's word, with the name or without it (6.4, P12)."""

from dataclasses import dataclass
from typing import ClassVar, Unpack

from bot.core.acts.prompt import ask_person
from bot.core.acts.unshown import refuse_if_not_shown
from bot.core.question import Ask, Asked
from bot.core.reads.duty import Holders
from bot.core.reads.questions import is_waiting
from bot.core.rules.checked import Forbidden
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.features.voice.acts.keep import tell_organ
from bot.features.voice.acts.transition import NAMED, RATING, UP, UP_NAMELESS, UpData, cancel_about, tell_holders, write
from bot.features.voice.reads.route import next_holder
from bot.features.voice.reads.voice import find_held, locked, standing_of
from bot.features.voice.rules.voice import MAX_NOTE, VoiceClosed, VoiceKind, VoiceState, checked_voice, escalated
from bot.features.voice.tables import Escalation, Voice
from bot.store.base import new_id
from bot.store.outbox import Sending
from bot.store.people import Person
from bot.store.unit import Unit

HOLDER, AUTHOR, CLOCK = "holder", "author", "clock"
"""At whose wish the question is put: whoever holds the item, its author's 没解决, or a long wait."""


@dataclass(frozen=True, slots=True)
class UpAsked(Say):
    """To the holder: the author is being asked; nothing goes up before their yes."""

    template: ClassVar[str] = "voice/up_asked"
    ref: int
    to: str


@dataclass(frozen=True, slots=True)
class UpQuestion(Say):
    """To the author: whether it goes up, to whom, and with which name; ``wish`` says why it is asked."""

    template: ClassVar[str] = "voice/up"
    ref: int
    to: str
    note: str
    wish: str
    nameless: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class UpDecided(Say):
    """To the author: what happens now; ``to`` empty: it stays where it is."""

    template: ClassVar[str] = "voice/up_decided"
    ref: int
    to: str
    named: bool


@dataclass(frozen=True, slots=True)
class UpSettled(Say):
    """To the holder who asked: it went up, or it stays with them."""

    template: ClassVar[str] = "voice/up_settled"
    ref: int
    to: str


class NoteSecret(Refusal):
    """A note with a secrecy marking (P37)."""

    code = "voice.note_secret"


class NotePrivate(Refusal):
    """A note with a phone, identity or bank number or an address (P6)."""

    code = "voice.note_private"


class NoLevelAbove(Refusal):
    """Nobody stands above who could take it."""

    code = "voice.no_level_above"


class UpRefused(Refusal):
    """The author does not want it to go up; asked once, not twice (P5)."""

    code = "voice.up_refused"


class UpWaits(Refusal):
    """The author is being asked already."""

    code = "voice.up_waits"


class AuthorUnreachable(Refusal):
    """An author without an account cannot say yes."""

    code = "voice.author_unreachable"


async def escalate(unit: Unit, actor: Actor, ref: int, note: str | None) -> Say:
    """``上报 <V> [说明]``: asks the author first; what has no known author goes up at once, it names nobody."""
    words = _checked_note(note)
    voice = await find_held(unit.session, actor, ref, now=unit.now, lock=True)
    if voice is None:
        raise NotFound
    if voice.state == VoiceState.CLOSED:
        raise VoiceClosed
    route = await next_holder(unit.session, voice, now=unit.now)
    if route is None:
        raise NoLevelAbove
    if voice.author_id is None:
        await raise_voice(unit, actor, voice, route, named=False, note=words)
        return UpSettled(ref, route.org_name)
    if voice.up_refused:
        raise UpRefused
    await refuse_if_not_shown(unit, UP, UP_NAMELESS, subject_id=voice.id, what=f"#V{ref}")
    if await is_waiting(unit.session, UP, UP_NAMELESS, subject_id=voice.id, now=unit.now):
        raise UpWaits
    if not await ask_up(unit, voice, route, HOLDER, note=words):
        raise AuthorUnreachable
    role = Role.CADRE if voice.holder_org_id is None else Role.ORGAN_ADMIN
    await unit.audit(actor, "voice.up_asked", role=role, subject_id=voice.author_id, ref=f"V{ref}")
    return UpAsked(ref, route.org_name)


def _checked_note(note: str | None) -> str:
    forbid: Forbidden = {secrecy_marking: NoteSecret, private_details: NotePrivate}
    return checked_voice(without_strangers(note), forbid, least=1, most=MAX_NOTE) if note else ""


async def ask_up(
    unit: Unit, voice: Voice, route: Holders, wish: str, *, note: str = "", **how: Unpack[Sending]
) -> bool:
    """Put the question to the author; what an organ has without a name needs no question about the name."""
    if voice.author_id is None:
        return False
    author = await unit.session.get_one(Person, voice.author_id)
    withheld = voice.handed_named is False or (voice.holder_org_id is not None and not voice.named)
    nameless = voice.kind == VoiceKind.SUGGESTION or withheld  # a name once withheld goes no higher (P12)
    say = UpQuestion(voice.ref, route.org_name, note, wish, nameless, author.age_band == "minor")
    kind, options = (UP_NAMELESS, ("yes", "no")) if nameless else (UP, ("named", "nameless", "no"))
    return await ask_person(unit, author.id, Ask(kind, options, say, UpData(wish, note), subject_id=voice.id), **how)


async def answer_up(unit: Unit, actor: Actor, question: Asked[UpData], answer: str) -> Say | None:
    """The author's word; whether there still is somebody above is looked up again now."""
    voice = await _still_theirs(unit, question)
    if voice is None:
        return None
    wish = question.data.wish
    route = await next_holder(unit.session, voice, now=unit.now)
    if answer == "no" or route is None:
        voice.up_refused = answer == "no" and wish == HOLDER
        await unit.session.flush()
        if wish == HOLDER:
            await tell_holders(unit, voice, UpSettled(voice.ref, ""))
        return UpDecided(voice.ref, "", False)
    before = UpSettled(voice.ref, route.org_name)
    await tell_holders(unit, voice, before)
    named = answer == "named"  # the last answer counts for whom it goes to
    await raise_voice(unit, actor, voice, route, named=named, note=question.data.note)
    return UpDecided(voice.ref, route.org_name, named)


@UP.when_silent
@UP_NAMELESS.when_silent
async def up_silent(unit: Unit, question: Asked[UpData]) -> None:
    """A week of silence is no yes: it stays where it is."""
    voice = await _still_theirs(unit, question)
    if voice is not None and question.data.wish == HOLDER:
        await tell_holders(unit, voice, UpSettled(voice.ref, ""))


async def _still_theirs(unit: Unit, question: Asked[UpData]) -> Voice | None:
    voice = await locked(unit.session, question.subject_id) if question.subject_id is not None else None
    if voice is None or voice.author_id != question.person_id or voice.state == VoiceState.CLOSED:
        return None
    return voice


async def raise_voice(unit: Unit, actor: Actor, voice: Voice, route: Holders, *, named: bool, note: str) -> None:
    """Hand it over: from now on the organ above has it, under a new term."""
    escalation_id = new_id()
    key_id = voice.key_id or unit.vault.system_key_id
    unit.session.add(
        Escalation(
            id=escalation_id,
            voice_id=voice.id,
            from_org_id=voice.holder_org_id,
            to_org_id=route.org_id,
            named=named,
            note=await unit.seal(key_id, f"escalations:{escalation_id}:note", note) if note else None,
            at=unit.now,
        )
    )
    write(voice, escalated(standing_of(voice), author_said_yes=True), unit.now)
    voice.holder_org_id, voice.named, voice.up_refused = route.org_id, named, False
    await unit.session.flush()
    await cancel_about(unit, voice, RATING, NAMED)
    await tell_organ(unit, voice, route)
    role = Role.YOUTH if actor.has(Role.YOUTH) and voice.author_id == actor.person_id else ""
    await unit.audit(actor, "voice.escalated", role=role, subject_id=voice.author_id, ref=f"V{voice.ref}", named=named)
