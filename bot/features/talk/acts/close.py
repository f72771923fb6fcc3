"""谈心谈话: what closing a talk does: parts, 要点, gaps, contacts, and the question to co-sign (P4, P9, P39)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, exists, func, or_, select

from bot.core.acts.consent import signal_chats
from bot.core.acts.prompt import ask_person, reword_questions
from bot.core.acts.touch import touch
from bot.core.question import Ask, Asks, Question
from bot.core.reads.consent import has_consent
from bot.core.reads.people import name_of
from bot.core.rules.checked import NOTHING, Forbidden, checked
from bot.core.rules.consent import ConsentScope
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.talk.acts.gaps import GapLine, tell_gaps
from bot.features.talk.acts.notice import take_back_notice
from bot.features.talk.reads.record import read_notes
from bot.features.talk.reads.talk import may_be_named
from bot.features.talk.rules.talk import (
    MAX_NOTES,
    CloseReason,
    CoSign,
    NotesFate,
    NotesState,
    SpeakerRole,
    TalkState,
    notes_fate,
    refuse_reason,
)
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class TalkData:
    """Which record is asked about."""

    talk_id: int


def _has_part(_now: datetime) -> ColumnElement[bool]:
    """Whoever is asked has a part in the record that they have not deleted."""
    return exists().where(
        TalkPart.talk_id == Prompt.subject_id,
        TalkPart.person_id == Prompt.person_id,
        TalkPart.co_sign != CoSign.DELETED.value,
    )


CO_SIGN: Final = Question("talk.cosign", Asks.YOUTH, TalkData, reason=_has_part)
AMEND: Final = Question("talk.amend", Asks.YOUTH, TalkData, cancel="back", reason=_has_part)
CO_SIGN_OPTIONS: Final = ("agree", "amend", "delete")


@dataclass(frozen=True, slots=True)
class TalkClosed(Say):
    """The end of a recording: how many messages were stored and how many not, gaps, and what became of the 要点."""

    template: ClassVar[str] = "talk/closed"
    aside: ClassVar[bool] = True
    ref: int
    why: CloseReason
    stored: int
    not_stored: int
    asked: int
    notes: NotesFate
    gaps: tuple[GapLine, ...]


@dataclass(frozen=True, slots=True)
class CoSignAsked(Say):
    """The question to a youth whose words were stored; the 要点 are shown in full, as they would be kept."""

    template: ClassVar[str] = "talk/cosign"
    ref: int
    at: datetime
    cadre: str
    mine: int
    notes: str
    kept: bool
    minor: bool


class NotesTooLong(Refusal):
    """要点 that are too long; field ``most``."""

    code = "talk.notes_too_long"


def checked_notes(notes: str, forbid: Forbidden = NOTHING) -> str:
    """The 要点 as they may be kept; refuses what is too long to be shown to the youth in one go."""
    return checked(notes, most=(MAX_NOTES, NotesTooLong), forbid=forbid, names=None)


async def finish(
    unit: Unit,
    talk: Talk,
    why: CloseReason,
    *,
    actor: Actor | None = None,
    notes: str = "",
    words: SensitiveWords | None = None,
) -> TalkClosed:
    """Close a talk. Whoever did not type the command is told by a push: the group, or the cadre where it is gone."""
    talk.state = TalkState.CLOSED
    await take_back_notice(unit, talk.id)
    ended_at = talk.closed_at = talk.closed_at or max(unit.moment, talk.opened_at)
    counts = await _counts(unit, talk.id)
    youths = await _youths(unit, talk, counts)
    fate = NotesFate.NONE
    if notes:
        notes = without_strangers(notes, await may_be_named(unit.session, unit.vault, talk, unit.now)).strip()
    if notes and words is not None:
        fate = await _take_notes(unit, talk, actor, notes, words, youths)
    gaps = await tell_gaps(unit, talk.id)
    await unit.session.flush()
    asked = [await _ask_co_sign(unit, talk, youth, counts[youth.id]) for youth in youths]
    if talk.notes_state == NotesState.HELD:
        await settle_notes(unit, talk)
    await touch_contacts(unit, talk.id, ended_at)
    stored = sum(counts.values())
    await unit.audit(
        actor, "talk.closed", role=Role.CADRE if actor else "", ref=f"T{talk.ref}", n=stored, why=why.value
    )
    await signal_chats(unit, talk.chat_id)
    said = TalkClosed(talk.ref, why, stored, talk.not_stored, sum(asked), fate, gaps)
    await _tell(unit, talk, said)
    return said


async def _tell(unit: Unit, talk: Talk, said: TalkClosed) -> None:
    key = f"closed:{talk.id}"
    if said.why in (CloseReason.IDLE, CloseReason.UNLINKED, CloseReason.OFFICE):
        chat = await unit.session.get_one(Chat, talk.chat_id)
        await unit.push_chat(chat, said, instead=talk.cadre_id, idem_key=key)
    elif said.why in (CloseReason.LOST, CloseReason.NO_NOTES):
        await unit.push_person(talk.cadre_id, said, idem_key=key)


async def count_messages(unit: Unit, talk_id: int) -> int:
    """How many messages of a talk are stored."""
    return sum((await _counts(unit, talk_id)).values())


async def _counts(unit: Unit, talk_id: int) -> dict[int, int]:
    rows = await unit.session.execute(
        select(TalkMessage.person_id, func.count())
        .where(TalkMessage.talk_id == talk_id)
        .group_by(TalkMessage.person_id)
        .order_by(TalkMessage.person_id)
    )
    return {row[0]: row[1] for row in rows}


async def _youths(unit: Unit, talk: Talk, counts: Mapping[int, int]) -> list[Person]:
    """Enter everybody whose words were stored as taking part; returns the youths among them."""
    chat = await unit.session.get(Chat, talk.chat_id) if talk.chat_id else None
    cadres = {talk.cadre_id} if chat is None else {talk.cadre_id, chat.owner_id}
    cadres.update(await unit.session.scalars(select(ChatHost.person_id).where(ChatHost.chat_id == talk.chat_id)))
    # Also who has left the group since (their contact names no group then): leaving makes nobody a cadre.
    theirs = or_(Contact.chat_id == talk.chat_id, Contact.cadre_id.in_(cadres))
    contacts = set((await unit.session.execute(select(Contact.youth_id).where(theirs))).scalars())
    youths: list[Person] = []
    for person_id in counts:
        person = await unit.session.get_one(Person, person_id)
        # A co-host who stopped being one meanwhile is no youth of this group.
        is_cadre = person_id in cadres or person_id not in contacts
        part = await unit.session.get(TalkPart, (talk.id, person_id))
        if part is None:
            role = SpeakerRole.CADRE if is_cadre else SpeakerRole.YOUTH
            unit.session.add(
                TalkPart(
                    talk_id=talk.id,
                    person_id=person_id,
                    role=role,
                    minor=not is_cadre and person.age_band == AgeBand.MINOR,
                )
            )
        if not is_cadre:
            youths.append(person)
    await unit.session.flush()
    return youths


async def _ask_co_sign(unit: Unit, talk: Talk, youth: Person, mine: int) -> bool:
    """Ask one youth to co-sign; who cannot be asked counts as silent at once."""
    part = await unit.session.get_one(TalkPart, (talk.id, youth.id))
    ask = await co_sign_question(unit, talk, youth, mine)
    asked = youth.state == "active" and await ask_person(unit, youth.id, ask)
    part.co_sign, part.asked_at = (CoSign.ASKED if asked else CoSign.SILENT), unit.now
    await unit.session.flush()
    return asked


async def co_sign_question(unit: Unit, talk: Talk, youth: Person, mine: int) -> Ask[TalkData]:
    """The question to co-sign; its words show the 要点 as they would be kept."""
    notes = await read_notes(unit.session, unit.vault, talk)
    say = CoSignAsked(
        ref=talk.ref,
        at=talk.opened_at,
        cadre=await name_of(unit.session, unit.vault, talk.cadre_id),
        mine=mine,
        notes=notes.text if notes else "",
        kept=talk.notes_state == NotesState.KEPT,
        minor=youth.age_band == AgeBand.MINOR,
    )
    return Ask(CO_SIGN, CO_SIGN_OPTIONS, say, TalkData(talk.id), subject_id=talk.id)


# --- 要点 -------------------------------------------------------------------------------------------------------------


async def _take_notes(
    unit: Unit, talk: Talk, actor: Actor | None, notes: str, words: SensitiveWords, youths: Sequence[Person]
) -> NotesFate:
    """Keep, hold or drop the 要点 (P8, P9, P37); numbers and addresses of a person never stay in them (P6)."""
    agreed = [await has_consent(unit.session, y.id, ConsentScope.TALK_NOTES) for y in youths]
    sensitive = [await has_consent(unit.session, y.id, ConsentScope.SENSITIVE) for y in youths]
    reason = refuse_reason(notes, minor=True, sensitive_ok=bool(youths) and all(sensitive), words=words)
    fate = notes_fate(agreed, reason)
    if fate in (NotesFate.KEPT, NotesFate.HELD):
        author = actor.person_id if actor and actor.person_id else talk.cadre_id
        await write_notes(unit, talk, author, notes, NotesState(fate.value))
    return fate


async def write_notes(unit: Unit, talk: Talk, author_id: int, text: str, state: NotesState) -> None:
    """Seal 要点 with their author under the talk's own key."""
    plain = json.dumps({"by": author_id, "text": text}, ensure_ascii=False)
    talk.notes = await unit.seal(talk.key_id, f"talks:{talk.id}:notes", plain)
    talk.notes_state = state


async def settle_notes(unit: Unit, talk: Talk) -> None:
    """Look whether held 要点 are now agreed to by every youth, or can no longer be."""
    if talk.notes_state != NotesState.HELD:
        return
    rows = await unit.session.execute(
        select(TalkPart).where(TalkPart.talk_id == talk.id, TalkPart.role == SpeakerRole.YOUTH)
    )
    waiting = False
    for part in rows.scalars().all():
        if part.co_sign in (CoSign.AGREED, CoSign.AMENDED):
            continue
        if part.co_sign != CoSign.DELETED and await has_consent(unit.session, part.person_id, ConsentScope.TALK_NOTES):
            continue
        if part.co_sign in (CoSign.DELETED, CoSign.SILENT):
            await drop_notes(unit, talk)
            return
        waiting = True
    if not waiting:
        talk.notes_state = NotesState.KEPT


async def drop_notes(unit: Unit, talk: Talk) -> bool:
    """Remove the 要点 of a talk, also from the questions that would still show them; True when there were any."""
    if talk.notes is None:
        talk.notes_state = NotesState.NONE
        return False
    talk.notes, talk.notes_state = None, NotesState.NONE
    unit.erased = True
    await reword_questions(unit, CO_SIGN, subject_id=talk.id, notes="", kept=False)
    return True


# --- contacts -------------------------------------------------------------------------------------------------------


async def touch_contacts(unit: Unit, talk_id: int, at: datetime) -> None:
    """The cadres and youths of a talk were in contact."""
    parts = select(TalkPart.person_id).where(TalkPart.talk_id == talk_id)
    cadres = Contact.cadre_id.in_(parts.where(TalkPart.role == SpeakerRole.CADRE))
    youths = Contact.youth_id.in_(parts.where(TalkPart.role == SpeakerRole.YOUTH))
    await touch(unit, cadres, youths, at=at)
