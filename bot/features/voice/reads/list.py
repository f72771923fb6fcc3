"""我的心声、心声列表: own items and their state; open items of whoever has to answer them. No words, no names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import counted, paged
from bot.core.reads.people import name_of
from bot.core.rules.paging import PAGE, pages_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.reads.anonymous import AnonymousLine, line_of, listed
from bot.features.anonymous.reads.anonymous import counted as counted_roughly
from bot.features.anonymous.rules.anonymous import AnonymousRules, AnonymousState
from bot.features.voice.reads.voice import answers_of, find_own, held_by, holder_name, words_of
from bot.features.voice.rules.voice import REMIND_AFTER, SILENCE, VoiceOutcome, VoiceState, answer_due
from bot.features.voice.tables import Voice
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One own item: who has it, and how far it is."""

    ref: int
    kind: str
    state: VoiceState
    outcome: VoiceOutcome | None
    to: str
    day: datetime


@dataclass(frozen=True, slots=True)
class MyVoices(Say):
    """Own items, newest first."""

    template: ClassVar[str] = "voice/mine"
    total: int
    page: int
    pages: int
    lines: tuple[OwnLine, ...]


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One answer to an own item."""

    who: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class MyVoice(Say):
    """One own item with its words and answers; nobody else sees this page."""

    template: ClassVar[str] = "voice/my_voice"
    line: OwnLine
    wordless: bool
    named: bool
    complaint: bool
    words: str
    answers: tuple[OwnAnswer, ...]


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One item to deal with: until when an answer is expected, or until when its author may still say something."""

    ref: int
    kind: str
    state: VoiceState
    due: date | None
    late: bool
    wordless: bool
    nameless: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class HeldVoices(Say):
    """What the actor holds: what waits for them first, oldest first; ``about``: how many came without a name this year.

    That number is rounded and told of five and more only; anonymous ones that wait for their batch are in none (P23).
    """

    template: ClassVar[str] = "voice/held"
    total: int
    page: int
    pages: int
    lines: tuple[HeldLine, ...]
    about: int | None


async def my_voices(session: AsyncSession, vault: Vault, person_id: int, page: int) -> MyVoices:
    """``我的心声 [页]``."""
    mine = select(Voice).where(Voice.author_id == person_id).order_by(Voice.said_at.desc(), Voice.id)
    found = await paged(session, mine, page)
    lines = [await _own_line(session, vault, voice) for voice in found.rows]
    return MyVoices(found.total, page, found.pages, tuple(lines))


async def my_voice(session: AsyncSession, vault: Vault, person_id: int, ref: int) -> MyVoice:
    """``我的心声 <V>``: somebody else's answers like one that does not exist."""
    voice = await find_own(session, person_id, ref)
    if voice is None:
        raise NotFound
    answers = []
    for answer in await answers_of(session, voice.id):
        organ = await session.get(OrgUnit, answer.org_id) if answer.org_id is not None else None
        who = organ.name if organ is not None else await name_of(session, vault, answer.by_id or 0)
        words = await vault.read(session, f"voice_answers:{answer.id}:text", answer.text)
        answers.append(OwnAnswer(who, answer.at, words or ""))
    return MyVoice(
        line=await _own_line(session, vault, voice),
        wordless=voice.wordless,
        named=voice.named,
        complaint=voice.about is not None,
        words=await words_of(session, vault, voice) or "",
        answers=tuple(answers),
    )


async def held_voices(
    session: AsyncSession, actor: Actor, page: int, *, workdays: Workdays, rules: AnonymousRules, now: datetime
) -> HeldVoices:
    """``心声列表 [页]``: what came without a name stands before the rest."""
    nameless = await listed(session, actor, now=now)
    named = select(Voice).where(held_by(actor, now), Voice.state != VoiceState.CLOSED.value)
    before = await counted(session, nameless)
    total = before + await counted(session, named)
    pages, skip = pages_of(total, page), (page - 1) * PAGE
    shown = (await session.scalars(nameless.limit(PAGE).offset(skip))).all() if skip < before else ()
    ordered = named.order_by(Voice.state == VoiceState.ANSWERED.value, Voice.held_since, Voice.id)
    rows = await session.scalars(ordered.limit(PAGE - len(shown)).offset(max(0, skip - before)))
    lines = (
        *(_nameless_line(line_of(row), workdays, now) for row in shown),
        *(_held_line(voice, workdays, now) for voice in rows),
    )
    about = await counted_roughly(session, actor.orgs(Role.ORGAN_ADMIN), date(now.year, 1, 1), rules)
    return HeldVoices(total, page, pages, lines, about)


def _nameless_line(line: AnonymousLine, workdays: Workdays, now: datetime) -> HeldLine:
    answered = line.state is AnonymousState.ANSWERED
    state = VoiceState(line.state.value)
    if answered:
        due = line.answered_on + SILENCE if line.answered_on is not None else None
    else:
        due = workdays.after(line.held_since, REMIND_AFTER)
    late = due is not None and not answered and now.date() > due
    return HeldLine(line.ref, "", state, due, late, False, nameless=True, urgent=line.urgent)


def _held_line(voice: Voice, workdays: Workdays, now: datetime) -> HeldLine:
    state = VoiceState(voice.state)
    if state is VoiceState.ANSWERED:
        due = (voice.answered_at + SILENCE).date() if voice.answered_at is not None else None
        return HeldLine(voice.ref, voice.kind or "", state, due, False, voice.wordless)
    due = answer_due(voice.held_since, workdays)
    return HeldLine(voice.ref, voice.kind or "", state, due, now.date() > due, voice.wordless)


async def _own_line(session: AsyncSession, vault: Vault, voice: Voice) -> OwnLine:
    return OwnLine(
        voice.ref,
        voice.kind or "",
        VoiceState(voice.state),
        VoiceOutcome(voice.outcome) if voice.outcome else None,
        await holder_name(session, vault, voice),
        voice.said_at,
    )
