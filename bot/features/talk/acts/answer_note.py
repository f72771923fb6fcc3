"""记谈心: the youth's answer, and what it keeps (P1, P5, P9, S1.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked
from bot.core.reads.consent import has_consent
from bot.core.reads.people import name_of
from bot.core.rules.consent import ConsentScope, may_be_recorded
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.say import Say
from bot.features.talk.acts.close import touch_contacts, write_notes
from bot.features.talk.acts.note import NOTE, NOTE_SENSITIVE, in_contact
from bot.features.talk.rules.talk import CoSign, Kept, NotesState, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkPart
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class NoteSensitiveAsked(Say):
    """To the youth: a separate yes or no for a sensitive matter in this one record (P9)."""

    template: ClassVar[str] = "talk/note_sensitive"
    ref: int
    draft: str
    minor: bool


@dataclass(frozen=True, slots=True)
class NoteDecided(Say):
    """To the youth: what is kept now; ``kept`` empty: nothing."""

    template: ClassVar[str] = "talk/note_decided"
    ref: int
    kept: str


@dataclass(frozen=True, slots=True)
class NoteSettled(Say):
    """To the cadre: what is kept; ``kept`` empty: settled, and nothing more is said about why."""

    template: ClassVar[str] = "talk/note_settled"
    ref: int
    name: str
    kept: str


@dataclass(frozen=True, slots=True)
class NoteOver(Say):
    """To the youth: there is nothing to keep any more, since the contact has ended."""

    template: ClassVar[str] = "talk/note_over"


async def answer_note(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say | None:
    """① nothing, ② only that it took place, ③ the 要点 as shown; a sensitive matter is asked about once more."""
    data = question.data
    if not await still_possible(unit, question):
        await _settle(unit, question, "")
        return NoteOver()
    sensitive_ok = await has_consent(unit.session, question.person_id, ConsentScope.SENSITIVE)
    if answer == "notes" and data["sensitive"] and not sensitive_ok:
        say = NoteSensitiveAsked(data["ref"], data["draft"], actor.is_minor)
        ask = Ask(NOTE_SENSITIVE, ("keep", "once"), say, data, subject_id=data["cadre_id"])
        await ask_speaker(unit, actor, ask)
        return None
    if answer == "none":
        return await _settle(unit, question, "")
    kept = Kept.NOTES if answer == "notes" else Kept.ONCE
    return await _settle(unit, question, await record_talk(unit, actor, question, kept))


async def answer_sensitive(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say:
    """The separate yes keeps the 要点; otherwise only that there is something to follow up (P9)."""
    if not await still_possible(unit, question):
        await _settle(unit, question, "")
        return NoteOver()
    kept = Kept.NOTES if answer == "keep" else Kept.FOLLOW_UP
    return await _settle(unit, question, await record_talk(unit, actor, question, kept))


@NOTE.when_silent
@NOTE_SENSITIVE.when_silent
async def note_silent(unit: Unit, question: Asked[Any]) -> None:
    """Silence for a week: as ①; after ③ without the separate yes only that there is something to follow up."""
    if question.data is None:
        return
    kept = ""
    if question.question is NOTE_SENSITIVE and await still_possible(unit, question):
        kept = await record_talk(unit, None, question, Kept.FOLLOW_UP)
    await _settle(unit, question, kept)


async def still_possible(unit: Unit, question: Asked[Any]) -> bool:
    """Whether there still is a contact between the two, and an age at which a record may be kept."""
    youth = await unit.session.get(Person, question.person_id)
    if youth is None or youth.state != "active" or not youth.age_band:
        return False
    if not may_be_recorded(AgeBand(youth.age_band)):
        return False
    return await in_contact(unit, question.data["cadre_id"], question.person_id)


async def _settle(unit: Unit, question: Asked[Any], kept: str) -> NoteDecided:
    """Tell the cadre the outcome; for nothing kept only that it is settled, with no audit row (no list of those who
    said no may exist, P5). The draft went with the question.
    """
    data: dict[str, Any] = question.data
    unit.erased = True
    name = await name_of(unit.session, unit.vault, question.person_id)
    if await unit.session.get(Person, data["cadre_id"]) is not None:
        await unit.push_person(data["cadre_id"], NoteSettled(data["ref"], name, kept))
    return NoteDecided(data["ref"], kept)


async def record_talk(
    unit: Unit, actor: Actor | None, question: Asked[Any], kept: Kept, *, ref: int | None = None
) -> str:
    """Enter a talk held elsewhere as its youth has decided; ``ref`` where the question showed none yet."""
    data = question.data
    ref = ref or data["ref"]
    at: datetime = data["at"]
    youth = await unit.session.get_one(Person, question.person_id)
    talk_id = new_id()
    talk = Talk(
        id=talk_id,
        ref=ref,
        chat_id=None,
        cadre_id=data["cadre_id"],
        state=TalkState.CLOSED,
        kept=kept,
        key_id=await unit.vault.new_key(unit.session, f"talk:{talk_id}"),
        notes_state=NotesState.NONE,
        opened_at=at,
        closed_at=unit.now,
        last_activity_at=at,
        last_notice_at=at,
    )
    unit.session.add(talk)
    if kept is Kept.NOTES:
        await write_notes(unit, talk, data["cadre_id"], data["draft"], NotesState.KEPT)
    await unit.session.flush()
    minor = youth.age_band == AgeBand.MINOR
    unit.session.add(TalkPart(talk_id=talk_id, person_id=data["cadre_id"], role=SpeakerRole.CADRE))
    unit.session.add(
        TalkPart(
            talk_id=talk_id,
            person_id=youth.id,
            role=SpeakerRole.YOUTH,
            minor=minor,
            co_sign=CoSign.AGREED if actor else CoSign.NONE,
            asked_at=at,
        )
    )
    await unit.session.flush()
    await touch_contacts(unit, talk_id, at)
    role = Role.YOUTH if actor else ""
    await unit.audit(actor, "talk.noted", role=role, subject_id=youth.id, ref=f"T{ref}", kept=kept.value)
    return kept.value
