"""查看心声、分类: one item for those who may read it; each reading is logged for its author (P13, P15)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.access import need_approval
from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.features.voice.reads.voice import answers_of, find_held, find_readable, readable_by, words_of
from bot.features.voice.rules.category import VoiceCategories
from bot.features.voice.rules.voice import VoiceOutcome, VoiceState
from bot.features.voice.tables import Escalation, Voice
from bot.store.sealing import Vault
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer; ``who`` empty: the linked cadre, whose name an organ does not need."""

    who: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What was noted when it went up."""

    to: str
    words: str


@dataclass(frozen=True, slots=True)
class VoiceShown(Say):
    """One item: its author only for the linked cadre or by the author's own word; of a complaint no time (S2.4).

    ``held``: whoever reads it owes the answer; not a cadre whose organ has it by now.
    """

    template: ClassVar[str] = "voice/shown"
    ref: int
    kind: str
    category: str
    state: VoiceState
    outcome: VoiceOutcome | None
    author: str
    complaint: bool
    wordless: bool
    words: str
    said_at: datetime | None
    answers: tuple[AnswerLine, ...]
    notes: tuple[NoteLine, ...]
    held: bool


@dataclass(frozen=True, slots=True)
class Sorted(Say):
    """The category is set."""

    template: ClassVar[str] = "voice/sorted"
    ref: int
    category: str


class UnknownCategory(Refusal):
    """No such category; ``names`` are those there are."""

    code = "voice.unknown_category"


async def view_voice(
    session: AsyncSession, vault: Vault, actor: Actor, ref: int, categories: VoiceCategories, *, now: datetime
) -> Seen:
    """``查看心声 <V>``; for everybody else it does not exist."""
    voice = await find_readable(session, actor, ref, now=now)
    if voice is None:
        raise NotFound
    as_cadre = voice.cadre_id == actor.person_id and voice.about is None
    role = Role.CADRE if as_cadre else Role.ORGAN_ADMIN
    if not as_cadre and voice.named and voice.author_id is not None:
        await need_approval(session, actor, Ref("V", ref), voice.author_id, now)
    author = ""
    if voice.author_id is not None and ((as_cadre and voice.handed_named is not False) or voice.named):
        author = await name_of(session, vault, voice.author_id)
    shown = VoiceShown(
        ref=ref,
        kind=voice.kind or "",
        category=categories.name_of(voice.category),
        state=VoiceState(voice.state),
        outcome=VoiceOutcome(voice.outcome) if voice.outcome else None,
        author=author,
        complaint=voice.about is not None,
        wordless=voice.wordless,
        words=await words_of(session, vault, voice) or "",
        said_at=voice.said_at if voice.about is None else None,
        answers=await answer_lines(session, vault, voice, as_cadre=as_cadre),
        notes=await _notes(session, vault, voice),
        held=not as_cadre or voice.holder_org_id is None,
    )
    logged = [Logged("read.voice", role, voice.author_id, f"V{ref}")] if voice.author_id is not None else []
    columns = (Voice.text, Voice.state, Voice.named, Voice.category, Voice.answered_at)
    return await seen(session, shown, logged, select(*columns).where(Voice.ref == ref, readable_by(actor, now)))


async def answer_lines(session: AsyncSession, vault: Vault, voice: Voice, *, as_cadre: bool) -> tuple[AnswerLine, ...]:
    """The answers in their order.

    What the linked cadre answered may call its author by name, so it does not go up where the name does not.
    """
    lines: list[AnswerLine] = []
    for answer in await answers_of(session, voice.id):
        if answer.org_id is not None:
            who = await org_name(session, answer.org_id)
        elif as_cadre or voice.named:
            who = await name_of(session, vault, answer.by_id) if as_cadre and answer.by_id else ""
        else:
            continue
        words = await shown(session, vault, f"voice_answers:{answer.id}:text", answer.text)
        lines.append(AnswerLine(who, answer.at, words))
    return tuple(lines)


async def _notes(session: AsyncSession, vault: Vault, voice: Voice) -> tuple[NoteLine, ...]:
    rows = await session.execute(
        select(Escalation).where(Escalation.voice_id == voice.id).order_by(Escalation.at, Escalation.id)
    )
    lines: list[NoteLine] = []
    for escalation in rows.scalars().all():
        words = await shown(session, vault, f"escalations:{escalation.id}:note", escalation.note)
        lines.append(NoteLine(await org_name(session, escalation.to_org_id), words))
    return tuple(lines)


async def sort_voice(unit: Unit, actor: Actor, ref: int, told: str, categories: VoiceCategories) -> Sorted:
    """``分类 <V> <分类>``: what it is about, never what the person is (P30)."""
    voice = await find_held(unit.session, actor, ref, now=unit.now, lock=True)
    if voice is None:
        raise NotFound
    category = categories.find(told)
    if category is None:
        raise UnknownCategory(names=[c.name for c in categories.all])
    voice.category = category.key
    await unit.session.flush()
    role = Role.CADRE if voice.holder_org_id is None else Role.ORGAN_ADMIN
    await unit.audit(actor, "voice.sorted", role=role, subject_id=voice.author_id, ref=f"V{ref}", category=category.key)
    return Sorted(ref, category.name)
