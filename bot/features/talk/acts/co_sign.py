"""核对 co-signing: the youth agrees to a record, corrects it, or takes their part out of it (P1, P7, P39)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import delete, func, select
from sqlalchemy.engine import CursorResult

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Unseen
from bot.core.reads.consent import has_consent
from bot.core.reads.people import name_of
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.say import Say
from bot.features.talk.acts.close import (
    AMEND,
    CO_SIGN,
    TalkData,
    co_sign_question,
    drop_notes,
    settle_notes,
    touch_contacts,
)
from bot.features.talk.reads.record import read_notes
from bot.features.talk.rules.talk import MAX_AMENDMENT, CoSign, NotesState, SpeakerRole, refuse_reason
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.people import Person
from bot.store.unit import Unit

BACK: Final = "back"
"""The word by which one leaves the correction without making one."""


@dataclass(frozen=True, slots=True)
class CoSigned(Say):
    """The youth agreed; ``notes`` says that 要点 are kept with the record."""

    template: ClassVar[str] = "talk/cosigned"
    ref: int
    notes: bool


@dataclass(frozen=True, slots=True)
class AmendAsked(Say):
    """What is to be corrected? ``problem`` says why the words just sent were not taken."""

    template: ClassVar[str] = "talk/amend"
    ref: int
    most: int
    problem: str


@dataclass(frozen=True, slots=True)
class Amended(Say):
    """The correction stands beside the record."""

    template: ClassVar[str] = "talk/amended"
    ref: int


@dataclass(frozen=True, slots=True)
class PartDeleted(Say):
    """The youth's own words are gone from the record; so are 要点 if ``notes`` says so."""

    template: ClassVar[str] = "talk/part_deleted"
    ref: int
    deleted: int
    notes: bool


@dataclass(frozen=True, slots=True)
class CoSignOver(Say):
    """The record this question was about no longer exists."""

    template: ClassVar[str] = "talk/cosign_over"


async def answer_co_sign(unit: Unit, actor: Actor, question: Asked[TalkData], answer: str) -> Say | None:
    """An answer to ``talk.cosign``; what it is about is looked up again now."""
    found = await _part(unit, question)
    if found is None:
        return CoSignOver()
    talk, part = found
    if answer == "amend":
        await _ask_amendment(unit, actor, talk)
        return None
    if answer == "delete":
        return await _delete_part(unit, actor, talk, part)
    part.co_sign = CoSign.AGREED
    await _settled(unit, actor, talk, "talk.co_signed", part.person_id)
    return CoSigned(talk.ref, talk.notes_state == NotesState.KEPT)


async def answer_amend(
    unit: Unit, actor: Actor, question: Asked[TalkData], answer: str, words: SensitiveWords
) -> Say | None:
    """The text of a correction, sealed under the youth's own key; asked again when it may not be stored."""
    found = await _part(unit, question)
    if found is None:
        return CoSignOver()
    talk, part = found
    if answer == BACK:
        youth = await unit.session.get_one(Person, part.person_id)
        mine = await _mine(unit, part)
        await ask_speaker(unit, actor, await co_sign_question(unit, talk, youth, mine))
        return None
    sensitive_ok = await has_consent(unit.session, part.person_id, ConsentScope.SENSITIVE)
    reason = refuse_reason(answer, minor=part.minor, sensitive_ok=sensitive_ok, words=words)
    problem = reason.value if reason else ("too_long" if len(answer) > MAX_AMENDMENT else "")
    if problem:
        await _ask_amendment(unit, actor, talk, problem)
        return None
    youth = await unit.session.get_one(Person, part.person_id)
    place = f"talk_parts:{talk.id}.{part.person_id}:amendment"
    part.amendment = await unit.seal(youth.key_id, place, answer)
    part.co_sign = CoSign.AMENDED
    await _settled(unit, actor, talk, "talk.amended", part.person_id)
    return Amended(talk.ref)


@CO_SIGN.when_silent
@AMEND.when_silent
async def co_sign_silent(unit: Unit, question: Asked[TalkData]) -> None:
    """Silence for the life of the question: the record stays without co-signature, waiting 要点 go."""
    found = await _part(unit, question)
    if found is None:
        return
    talk, part = found
    if part.co_sign == CoSign.ASKED:
        part.co_sign = CoSign.SILENT
    await unit.session.flush()
    await settle_notes(unit, talk)
    await unit.session.flush()


@CO_SIGN.when_unshown
async def co_sign_unshown(unit: Unit, question: Asked[TalkData], why: Unseen) -> None:
    """Given up: the record stays without co-signature, as nobody could be asked."""
    if why is Unseen.OVER:
        await co_sign_silent(unit, question)


async def _settled(unit: Unit, actor: Actor, talk: Talk, action: str, person_id: int) -> None:
    await unit.session.flush()
    await settle_notes(unit, talk)
    await unit.session.flush()
    await touch_contacts(unit, talk.id, talk.closed_at or unit.now)
    await unit.audit(actor, action, role=Role.YOUTH, subject_id=person_id, ref=f"T{talk.ref}")


async def _part(unit: Unit, question: Asked[TalkData]) -> tuple[Talk, TalkPart] | None:
    """The talk and this youth's part in it; None when either is gone, or the part was deleted by other words."""
    talk = await unit.session.get(Talk, question.data.talk_id, with_for_update=True)
    part = await unit.session.get(TalkPart, (talk.id, question.person_id)) if talk is not None else None
    if talk is None or part is None or part.co_sign == CoSign.DELETED:
        return None
    return talk, part


async def _ask_amendment(unit: Unit, actor: Actor, talk: Talk, problem: str = "") -> None:
    say = AmendAsked(talk.ref, MAX_AMENDMENT, problem)
    ask = Ask(AMEND, (BACK,), say, TalkData(talk.id), subject_id=talk.id, takes_text=True)
    await ask_speaker(unit, actor, ask)


async def _mine(unit: Unit, part: TalkPart) -> int:
    found = await unit.session.execute(
        select(func.count())
        .select_from(TalkMessage)
        .where(TalkMessage.talk_id == part.talk_id, TalkMessage.person_id == part.person_id)
    )
    return found.scalar_one()


async def _delete_part(unit: Unit, actor: Actor, talk: Talk, part: TalkPart) -> PartDeleted:
    deleted, notes = await remove_part(unit, talk, part)
    part.co_sign = CoSign.DELETED
    await unit.session.flush()
    await unit.audit(
        actor, "talk.part_deleted", role=Role.YOUTH, subject_id=part.person_id, ref=f"T{talk.ref}", n=deleted
    )
    return PartDeleted(talk.ref, deleted, notes)


async def remove_part(unit: Unit, talk: Talk, part: TalkPart) -> tuple[int, bool]:
    """Delete a youth's words and correction; the 要点 too if they were waiting, are about nobody else, or name them."""
    done = await unit.session.execute(
        delete(TalkMessage)
        .where(TalkMessage.talk_id == talk.id, TalkMessage.person_id == part.person_id)
        .execution_options(synchronize_session=False)
    )
    part.amendment = None
    unit.erased = True
    gone = await _notes_are_theirs(unit, talk, part.person_id) and await drop_notes(unit, talk)
    await unit.session.flush()
    return _rows(done), gone


def _rows(done: object) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0


async def _notes_are_theirs(unit: Unit, talk: Talk, person_id: int) -> bool:
    if talk.notes is None or talk.notes_state == NotesState.HELD:
        return True
    others = await unit.session.execute(
        select(func.count())
        .select_from(TalkPart)
        .where(
            TalkPart.talk_id == talk.id,
            TalkPart.role == SpeakerRole.YOUTH,
            TalkPart.person_id != person_id,
            TalkPart.co_sign != CoSign.DELETED,
        )
    )
    if others.scalar_one() == 0:
        return True
    notes = await read_notes(unit.session, unit.vault, talk)
    name = await name_of(unit.session, unit.vault, person_id)
    return notes is None or (bool(name) and name in notes.text)
