"""我的心声: own items and their state; and how an open item stands in the list of whoever has to answer it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import paged
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.voice.reads.voice import answers_of, find_own, holder_name, words_of
from bot.features.voice.rules.voice import SILENCE, VoiceOutcome, VoiceState, answer_due
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
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    opened_by: ClassVar[str] = "voice.mine"
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
        words = await shown(session, vault, f"voice_answers:{answer.id}:text", answer.text)
        answers.append(OwnAnswer(who, answer.at, words))
    return MyVoice(
        line=await _own_line(session, vault, voice),
        wordless=voice.wordless,
        named=voice.named,
        complaint=voice.about is not None,
        words=await words_of(session, vault, voice) or "",
        answers=tuple(answers),
    )


def held_line(voice: Voice, workdays: Workdays, now: datetime) -> HeldLine:
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
