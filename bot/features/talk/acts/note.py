"""记谈心: a talk held elsewhere is kept only as its youth decides, who sees what would be kept (P1, P9, S1.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import func, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asked, Asks, Question, always, ends, in_touch
from bot.core.reads.consent import has_consent
from bot.core.reads.contacts import Youth, address_youth, in_contact
from bot.core.reads.people import name_of
from bot.core.reads.questions import asked, still_waits
from bot.core.rules.checked import Forbidden
from bot.core.rules.consent import ConsentScope, may_ask, may_be_recorded
from bot.core.rules.contact import YouthUnreachable
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.privacy import SensitiveWords, private_details, secrecy_marking, sensitive_matters
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.tables import Consent, ConsentRefusal
from bot.features.talk.acts.close import checked_notes
from bot.features.talk.rules.talk import SAME_WITHIN
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class NoteData:
    """A talk held elsewhere: with whom and when, its number, and the draft; ``text`` is the draft's keyed hash.

    找人聊聊 asks without a draft, and with no number before there is something to keep.
    """

    cadre_id: int
    at: datetime
    ref: int = 0
    draft: str = field(default="", repr=False)
    text: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class AgainData:
    """To whom the same draft would go a second time."""

    youth_id: int
    draft: str = field(repr=False)


NOTE: Final = Question("talk.note", Asks.YOUTH, NoteData, no="none", reason=in_touch)
NOTE_AGAIN: Final = Question(
    "talk.note_again", Asks.OFFICE, AgainData, silence=ends, no="no", cancel="no", reason=always
)
NOTE_SENSITIVE: Final = Question("talk.note_sensitive", Asks.YOUTH, NoteData, no="once", reason=in_touch)
OPTIONS: Final = ("none", "once", "notes")
AGAIN_LIFE: Final = timedelta(hours=1)
"""How long the question "again?" waits: until then the draft lives in it."""


@dataclass(frozen=True, slots=True)
class NoteAsked(Say):
    """To the cadre: the youth is being asked; nothing is kept so far."""

    template: ClassVar[str] = "talk/note_asked"
    ref: int
    name: str


@dataclass(frozen=True, slots=True)
class NoteQuestion(Say):
    """To the youth: what would be kept, word for word, and what they may choose."""

    template: ClassVar[str] = "talk/note"
    ref: int
    cadre: str
    draft: str
    sensitive: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class NoteAgainAsked(Say):
    """To the cadre: this was sent a moment ago; once more?"""

    template: ClassVar[str] = "talk/note_again"
    name: str


@dataclass(frozen=True, slots=True)
class NoteDropped(Say):
    """To the cadre: not sent a second time."""

    template: ClassVar[str] = "talk/note_dropped"


class YouthNotRecordable(Refusal):
    """Under 14, or the age band is not known (P10)."""

    code = "talk.not_recordable"


class NotesSecret(Refusal):
    """要点 with a secrecy marking (P37)."""

    code = "talk.notes_secret"


class NotesPrivate(Refusal):
    """要点 with a phone, identity or bank number or an address (P6)."""

    code = "talk.notes_private"


async def note_talk(unit: Unit, actor: Actor, name: str, notes: str, words: SensitiveWords) -> NoteAsked | None:
    """Put the question to the youth; None when the cadre is asked first whether they mean it a second time."""
    if actor.person_id is None:
        raise NotFound
    youth, notes = await address_youth(unit.session, unit.vault, actor.person_id, name, notes)
    own = await name_of(unit.session, unit.vault, actor.person_id)
    forbid: Forbidden = {secrecy_marking: NotesSecret, private_details: NotesPrivate}
    draft = checked_notes(without_strangers(notes, (youth.name, own)), forbid)
    await _must_be_askable(unit, youth)
    if await _was_just_sent(unit, actor, youth, draft):
        data = AgainData(youth.person_id, draft)
        ask = Ask(NOTE_AGAIN, ("yes", "no"), NoteAgainAsked(youth.name), data, youth.person_id, life=AGAIN_LIFE)
        if await ask_speaker(unit, actor, ask):
            return None
    return await _put(unit, actor, youth.person_id, draft, words)


async def answer_again(unit: Unit, actor: Actor, question: Asked[AgainData], answer: str, words: SensitiveWords) -> Say:
    """The cadre's answer to "once more?"; the contact is looked up again now."""
    youth_id = question.data.youth_id
    if answer != "yes":
        return NoteDropped()
    if actor.person_id is None or not await in_contact(unit.session, actor.person_id, youth_id):
        return NoteDropped()
    return await _put(unit, actor, youth_id, question.data.draft, words)


async def _must_be_askable(unit: Unit, youth: Youth) -> None:
    if not may_be_recorded(youth.age_band):
        raise YouthNotRecordable
    if await unit.account_of(youth.person_id) is None:
        raise YouthUnreachable


async def _was_just_sent(unit: Unit, actor: Actor, youth: Youth, draft: str) -> bool:
    """The same text is still with the youth, or the youth answered this cadre within ten minutes (section 4)."""
    rows = await unit.session.execute(
        select(Prompt).where(
            Prompt.kind == NOTE.kind,
            Prompt.person_id == youth.person_id,
            Prompt.subject_id == actor.person_id,
            Prompt.asked_at > unit.now - SAME_WITHIN,
        )
    )
    for prompt in rows.scalars().all():
        if not still_waits(prompt):
            return True
        data = (await asked(unit.session, unit.vault, prompt)).data
        if data is not None and data.text == unit.vault.mac("dedup", draft).hex():
            return True
    return False


async def _put(unit: Unit, actor: Actor, youth_id: int, draft: str, words: SensitiveWords) -> NoteAsked:
    """Until the answer nothing but the waiting question is kept; the draft lives sealed in it alone."""
    ref = await new_ref(unit, "T")
    youth = await unit.session.get_one(Person, youth_id)
    notes = not await _said_no_to_notes(unit, youth_id)
    sensitive = notes and bool(sensitive_matters(draft, words))
    say = NoteQuestion(
        ref=ref,
        cadre=await name_of(unit.session, unit.vault, actor.person_id or 0),
        draft=draft if notes else "",
        sensitive=sensitive,
        minor=youth.age_band == AgeBand.MINOR,
    )
    data = NoteData(
        cadre_id=actor.person_id or 0,
        at=unit.now,
        ref=ref,
        draft=draft if notes else "",
        text=unit.vault.mac("dedup", draft).hex(),
        sensitive=sensitive,
    )
    options = OPTIONS if notes else OPTIONS[:2]
    await ask_person(unit, youth_id, Ask(NOTE, options, say, data, subject_id=actor.person_id))
    await unit.audit(actor, "talk.note_asked", role=Role.CADRE, subject_id=youth_id, ref=f"T{ref}")
    return NoteAsked(ref, await name_of(unit.session, unit.vault, youth_id))


async def _said_no_to_notes(unit: Unit, youth_id: int) -> bool:
    """A no to 要点 is not asked again for 90 days (P5): then only ① and ② are offered."""
    if await has_consent(unit.session, youth_id, ConsentScope.TALK_NOTES):
        return False
    moments = [
        await unit.session.scalar(
            select(func.max(moment)).where(table.person_id == youth_id, table.scope == ConsentScope.TALK_NOTES)
        )
        for table, moment in ((ConsentRefusal, ConsentRefusal.at), (Consent, Consent.withdrawn_at))
    ]
    said_no = max((m for m in moments if m is not None), default=None)
    return not may_ask(decided=False, refused_at=said_no, now=unit.now)
