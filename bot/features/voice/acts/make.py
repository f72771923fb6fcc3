"""心声、建议、投诉: from the words to the record, with the questions that come first (R2.5, P9, P10, P37, K6)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import func, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.crisis import on_card
from bot.core.acts.prompt import AT_ONCE
from bot.core.question import Asked
from bot.core.reads.questions import open_question
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor, AgeBand
from bot.core.rules.privacy import SensitiveWords, private_details, secrecy_marking, sensitive_matters
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.ask_first import ABOUT, AGAIN, CADRE, SENSITIVE, NoCadre, next_question, waits_already
from bot.features.voice.acts.draft import Draft
from bot.features.voice.acts.gone import GONE
from bot.features.voice.acts.keep import record_complaint, record_voice
from bot.features.voice.reads.route import complaint_route, top_admins
from bot.features.voice.reads.voice import cadre_in_chat, cadres_of, find_own
from bot.features.voice.rules.voice import VoiceAbout, VoiceKind, checked_voice
from bot.features.voice.tables import Voice
from bot.store.people import OrgUnit, Person
from bot.store.unit import Unit

STRANGERS_A_DAY: Final = 20
"""Complaints of people whom the bot does not know, in the whole installation: enough to be heard, no way to flood."""
MOST_OPEN: Final = 20
"""Own items that may wait for an answer at once."""


@dataclass(frozen=True, slots=True)
class HeldBack(Say):
    """Another question is open: the words wait in hand, nobody has seen them."""

    template: ClassVar[str] = "voice/held_back"


@dataclass(frozen=True, slots=True)
class AskedPrivately(Say):
    """In a group: something is asked in private first."""

    template: ClassVar[str] = "voice/asked_privately"


@dataclass(frozen=True, slots=True)
class NotSent(Say):
    """Nothing was kept or passed on; ``silent``: because nobody answered the question."""

    template: ClassVar[str] = "voice/not_sent"
    silent: bool


@dataclass(frozen=True, slots=True)
class VoiceUnder14(Say):
    """Nothing is kept of somebody under 14: whom to call (P10)."""

    template: ClassVar[str] = "voice/under_14"
    hotlines: tuple[Hotline, ...]


class VoiceSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "voice.secret"


class VoicePrivate(Refusal):
    """A phone, identity or bank number or an address, of whomever (P6, P24)."""

    code = "voice.private"


class NobodyAbove(Refusal):
    """No organ above can take it: it is not kept, and who else may be called is said."""

    code = "voice.nobody_above"


@dataclass(frozen=True, slots=True)
class NobodyAboveTold(Say):
    """The same, where it follows from an answer: the question is closed."""

    template: ClassVar[str] = "voice/nobody_above"


class SensitiveStranger(Refusal):
    """A private matter of somebody whom nobody can ask first: it is not kept, and how to say it without (P9)."""

    code = "voice.sensitive_stranger"


class TooManyStrangers(Refusal):
    """Enough complaints of unknown people for a day."""

    code = "voice.too_many"


class TooManyOpen(Refusal):
    """This many of one's own wait for an answer already; field ``most``."""

    code = "voice.too_many_open"


@dataclass(frozen=True, slots=True)
class Tools:
    """What the questions need to know besides the database."""

    words: SensitiveWords
    hotlines: tuple[Hotline, ...]
    workdays: Workdays


async def submit(
    unit: Unit, actor: Actor, text: str, kind: VoiceKind | None, tools: Tools, *, chat_id: int | None, aloud: bool
) -> Say | None:
    """Take what somebody says; None when a question is put first."""
    plain = checked_text(text)
    author = await _author(unit, actor)
    if actor.age_band is AgeBand.UNDER_14:
        return VoiceUnder14(on_card(tools.hotlines))
    draft = Draft(plain, kind.value if kind else None, mark=unit.vault.mac("dedup", plain).hex())
    if author is None:
        return await _from_a_stranger(unit, actor, draft, tools)
    await _must_have_room(unit, author.id, complaint=draft.complaint)
    if not draft.complaint:
        cadres = await cadres_of(unit.session, unit.vault, author.id, serving_at=unit.now)
        if not cadres:
            raise NoCadre
        here = await cadre_in_chat(unit.session, author.id, chat_id) if chat_id is not None else None
        if here is not None or len(cadres) == 1:
            draft = draft.with_(cadre_id=here or cadres[0][0])
    return await proceed(unit, actor, author, draft, tools, aloud=aloud)


async def _must_have_room(unit: Unit, author_id: int, *, complaint: bool) -> None:
    """Complaints count apart: nobody is kept from one by what else they have said."""
    is_complaint = Voice.about.is_not(None) if complaint else Voice.about.is_(None)
    waiting = select(func.count()).where(Voice.author_id == author_id, Voice.closed_at.is_(None), is_complaint)
    if (await unit.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise TooManyOpen(most=MOST_OPEN)


def checked_text(text: str) -> str:
    """The words if they may be kept at all."""
    return checked_voice(text, {secrecy_marking: VoiceSecret, private_details: VoicePrivate})


async def _author(unit: Unit, actor: Actor) -> Person | None:
    """Who says it; somebody who has not finished joining is not known yet (P1)."""
    person = await unit.session.get(Person, actor.person_id) if actor.person_id is not None else None
    return person if person is not None and person.state == "active" else None


async def proceed(
    unit: Unit, actor: Actor, author: Person, draft: Draft, tools: Tools, *, aloud: bool = False
) -> Say | None:
    """Put the next question this draft needs, or keep it."""
    ask = await next_question(unit, actor, author, draft, tools.words)
    if ask is None:
        return await _record(unit, actor, author, draft, tools, aloud=aloud)
    if await waits_already(unit, author.id, draft):
        return HeldBack()
    account_id = actor.account_id
    busy = account_id is not None and await open_question(unit.session, unit.vault, account_id, now=unit.now)
    if not await ask_speaker(unit, actor, ask):
        raise NoCadre
    if aloud:
        return AskedPrivately()
    return HeldBack() if busy else None


async def _record(unit: Unit, actor: Actor, author: Person, draft: Draft, tools: Tools, *, aloud: bool) -> Say:
    org_id = author.org_id
    if org_id is None:
        raise NoCadre
    if not draft.complaint:
        # Looked up again: days may lie between the words and the last answer.
        cadres = dict(await cadres_of(unit.session, unit.vault, author.id))
        if draft.cadre_id is None or draft.cadre_id not in cadres:
            raise NoCadre
        taken = await record_voice(unit, actor, author, draft, draft.cadre_id, org_id, aloud=aloud)
        if taken.gone:
            await GONE.ask_if_gone(unit, await find_own(unit.session, author.id, taken.ref), **AT_ONCE)
        return taken
    about = VoiceAbout(draft.about or VoiceAbout.OTHER)
    route = await complaint_route(
        unit.session, about, author_id=author.id, org_id=org_id, about_id=draft.cadre_id, now=unit.now
    )
    if route is None:
        raise NobodyAbove
    return await record_complaint(unit, actor, author, draft, route, org_id, tools.workdays)


async def _from_a_stranger(unit: Unit, actor: Actor, draft: Draft, tools: Tools) -> Say:
    """Nobody is known who could be asked or answered: it goes to the highest organ, without any id."""
    if not draft.complaint:
        raise NoCadre
    if sensitive_matters(draft.text, tools.words):
        raise SensitiveStranger
    route = await top_admins(unit.session, now=unit.now)
    if route is None:
        raise NobodyAbove
    today = unit.now.replace(hour=0, minute=0, second=0, microsecond=0)
    count = await unit.session.scalar(
        select(func.count()).where(Voice.author_id.is_(None), Voice.about.is_not(None), Voice.said_at >= today)
    )
    if (count or 0) >= STRANGERS_A_DAY:
        raise TooManyStrangers
    org = await unit.session.get_one(OrgUnit, route.org_id)
    return await record_complaint(unit, actor, None, draft, route, org.id, tools.workdays)


# --- answers ---------------------------------------------------------------------------------------------------------


async def answer_before(unit: Unit, actor: Actor, question: Asked[Draft], answer: str, tools: Tools) -> Say | None:
    """An answer to one of the questions that come first; the draft goes on from there."""
    draft = question.data
    author = await _author(unit, actor)
    if author is None or answer in ("no", "drop"):
        return NotSent(silent=False)
    match question.kind:
        case AGAIN.kind:
            draft = draft.with_(again=True)
        case SENSITIVE.kind:
            draft = draft.with_(again=True, cleared=True, wordless=answer == "talk")
        case ABOUT.kind:
            draft = draft.with_(again=True, cleared=True, about=answer)
            cadres = await cadres_of(unit.session, unit.vault, author.id, ever=True)
            if draft.about == VoiceAbout.CADRE and len(cadres) == 1:
                draft = draft.with_(cadre_id=cadres[0][0])
        case _:
            draft = draft.with_(again=True, cleared=True, cadre_id=draft.choices[int(answer) - 1])
    try:
        return await proceed(unit, actor, author, draft, tools)
    except NobodyAbove:  # nothing is kept, and the question that led here is over
        return NobodyAboveTold()


@AGAIN.when_silent
@SENSITIVE.when_silent
@CADRE.when_silent
@ABOUT.when_silent
async def before_silent(unit: Unit, question: Asked[Draft]) -> None:
    """Nobody answered: the draft is gone, and its author hears that nothing was sent."""
    unit.erased = True
    await unit.push_person(question.person_id, NotSent(silent=not question.dropped), cls="L")
