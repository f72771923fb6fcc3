"""Talks and data rights: taking a person's words out, letting records expire, erasing a person (P7, P20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Delete, delete, or_, select
from sqlalchemy.engine import CursorResult

from bot.core.acts.consent import signal_chats
from bot.core.acts.prompt import close_question, put_next
from bot.core.person_data import Erasing
from bot.core.reads.people import name_of
from bot.core.reads.questions import asked, waiting
from bot.core.rules.retention import RetentionPeriods
from bot.features.talk.acts.close import AMEND, CO_SIGN, drop_notes, settle_notes
from bot.features.talk.acts.co_sign import remove_part
from bot.features.talk.acts.delete import delete_talk
from bot.features.talk.acts.note import NOTE, NOTE_AGAIN, NOTE_SENSITIVE
from bot.features.talk.rules.talk import CoSign, NotesState, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit

QUESTIONS = (CO_SIGN, AMEND, NOTE, NOTE_AGAIN, NOTE_SENSITIVE)
"""Kinds of question that belong to talks."""
ROWS_OF_ONE: Final = 25
"""One talk counts as so many rows of a batch: it is several statements, and goes as a whole."""
NAMELESS = "〇〇"
"""What stands in other people's recorded words where an erased person's 称呼 stood."""


@dataclass(frozen=True, slots=True)
class TalksErased:
    """What an erasure took out of talks: the person's messages, and talks that are gone altogether."""

    messages: int
    talks: int


# --- a youth takes back ----------------------------------------------------------------------------------------------


async def delete_my_messages(unit: Unit, person_id: int, chat_id: int | None = None) -> int:
    """Delete a person's recorded words in one group's talks, or in all (原话 withdrawn with deletion)."""
    statement = delete(TalkMessage).where(TalkMessage.person_id == person_id)
    if chat_id is not None:
        statement = statement.where(TalkMessage.talk_id.in_(select(Talk.id).where(Talk.chat_id == chat_id)))
    return await _deleted(unit, statement)


async def delete_my_notes(unit: Unit, person_id: int, chat_id: int | None = None) -> int:
    """Delete 要点 and corrections of talks in which the person took part as a youth (要点 withdrawn with deletion).

    要点 are agreed to once for all groups: ``chat_id`` is never given.
    """
    rows = await unit.session.execute(
        select(Talk, TalkPart)
        .join(TalkPart, TalkPart.talk_id == Talk.id)
        .where(TalkPart.person_id == person_id, TalkPart.role == SpeakerRole.YOUTH)
    )
    gone = 0
    for talk, part in rows.all():
        gone += await drop_notes(unit, talk) or part.amendment is not None
        unit.erased = unit.erased or part.amendment is not None
        part.amendment = None
    await unit.session.flush()
    return gone


# --- retention -------------------------------------------------------------------------------------------------------


async def expire_messages(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Delete original messages that arrived long ago (90 days)."""
    before = unit.now - periods.original_messages
    batch = select(TalkMessage.id).where(TalkMessage.arrived_at < before).limit(limit)
    return await _deleted(unit, delete(TalkMessage).where(TalkMessage.id.in_(batch)))


async def expire_notes(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Blank 要点, 话题 and corrections of talks closed long ago (1 year after closing), each talk as a whole."""
    amended = select(TalkPart.talk_id).where(TalkPart.amendment.is_not(None))
    talks: Sequence[Talk] = ()
    for which in (or_(Talk.notes.is_not(None), Talk.topic.is_not(None)), Talk.id.in_(amended)):
        old = Talk.closed_at < unit.now - periods.talk_notes
        rows = await unit.session.execute(
            select(Talk).where(old, which).order_by(Talk.closed_at).limit(max(1, limit // ROWS_OF_ONE))
        )
        talks = talks or rows.scalars().all()
    for talk in talks:
        await drop_notes(unit, talk)
        talk.topic = None
    await unit.session.flush()
    await unit.swap(TalkPart, TalkPart.talk_id.in_([talk.id for talk in talks]), amendment=None)
    unit.erased = unit.erased or bool(talks)
    return len(talks)


async def expire_talks(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Delete what is left of talks closed long ago, each as a whole: records without content (3 years)."""
    rows = await unit.session.execute(
        select(Talk).where(Talk.closed_at < unit.now - periods.talks).limit(max(1, limit // ROWS_OF_ONE))
    )
    talks = rows.scalars().all()
    for talk in talks:
        await delete_talk(unit, talk)
    return len(talks)


async def _deleted(unit: Unit, statement: Delete) -> int:
    done = await unit.session.execute(statement.execution_options(synchronize_session=False))
    count = done.rowcount if isinstance(done, CursorResult) else 0
    unit.erased = unit.erased or count > 0
    return count


# --- erasure ---------------------------------------------------------------------------------------------------------


async def erase_talks(going: Erasing) -> None:
    """What was said and written about somebody who is erased."""
    if going.youth_only:
        await _leave_as_youth(going.unit, going.person_id)
    else:
        await erase_person_from_talks(going.unit, going.person_id)


async def _leave_as_youth(unit: Unit, person_id: int) -> None:
    """Take out what a person of the roster said as somebody's youth; talks they held as a cadre stay theirs."""
    rows = await unit.session.execute(
        select(Talk, TalkPart)
        .join(TalkPart, TalkPart.talk_id == Talk.id)
        .where(TalkPart.person_id == person_id, TalkPart.role == SpeakerRole.YOUTH)
    )
    for talk, part in rows.all():
        await remove_part(unit, talk, part)
        await unit.session.delete(part)
        await unit.session.flush()
        others = await unit.session.execute(
            select(TalkPart).where(TalkPart.talk_id == talk.id, TalkPart.role == SpeakerRole.YOUTH).limit(1)
        )
        if others.first() is None and talk.state == TalkState.CLOSED:
            await delete_talk(unit, talk)


async def erase_person_from_talks(unit: Unit, person_id: int) -> TalksErased:
    """Take a person out of every talk; called before their key is destroyed, since their 称呼 is looked for.

    As a youth: own words, correction and part go; a talk with no other youth in it goes altogether; elsewhere 要点
    go if they waited or name the person, and their 称呼 in other people's words becomes 〇〇. As a cadre: a talk goes
    to the other cadre who took part, or goes altogether, since nobody else may ever read it (P11).
    """
    await _cancel_questions(unit, person_id)
    name = await name_of(unit.session, unit.vault, person_id)
    messages = talks = 0
    for talk in await _talks_of(unit, person_id):
        part = await unit.session.get(TalkPart, (talk.id, person_id))
        role = part.role if part is not None else _role_of(talk, person_id)
        messages += await _deleted(unit, delete(TalkMessage).where(_words(talk.id, person_id)))
        if await _stays(unit, talk, person_id, SpeakerRole(role)):
            await _take_out(unit, talk, part, name)
        else:
            await delete_talk(unit, talk)
            talks += 1
        await signal_chats(unit, talk.chat_id)
    return TalksErased(messages, talks)


def _role_of(talk: Talk, person_id: int) -> SpeakerRole:
    return SpeakerRole.CADRE if talk.cadre_id == person_id else SpeakerRole.YOUTH


def _words(talk_id: int, person_id: int) -> ColumnElement[bool]:
    return (TalkMessage.talk_id == talk_id) & (TalkMessage.person_id == person_id)


async def _talks_of(unit: Unit, person_id: int) -> list[Talk]:
    parts = select(TalkPart.talk_id).where(TalkPart.person_id == person_id)
    words = select(TalkMessage.talk_id).where(TalkMessage.person_id == person_id)
    rows = await unit.session.execute(
        select(Talk).where(or_(Talk.id.in_(parts), Talk.id.in_(words), Talk.cadre_id == person_id)).order_by(Talk.id)
    )
    return list(rows.scalars())


async def _stays(unit: Unit, talk: Talk, person_id: int, role: SpeakerRole) -> bool:
    """Whether a talk goes on without this person; hands it to another cadre of it where they had opened it."""
    if role is SpeakerRole.YOUTH and talk.state != TalkState.CLOSED:
        return True  # still being recorded: others may yet speak, parts are entered when it closes
    others = await unit.session.execute(
        select(TalkPart.person_id)
        .where(
            TalkPart.talk_id == talk.id,
            TalkPart.role == role,
            TalkPart.person_id != person_id,
            TalkPart.co_sign != CoSign.DELETED,
        )
        .order_by(TalkPart.person_id)
        .limit(1)
    )
    other = others.scalar_one_or_none()
    if other is not None and talk.cadre_id == person_id:
        talk.cadre_id = other
    return other is not None


async def _take_out(unit: Unit, talk: Talk, part: TalkPart | None, name: str) -> None:
    if part is not None and part.role == SpeakerRole.YOUTH:
        await remove_part(unit, talk, part)
    if part is not None:
        await unit.session.delete(part)
        await unit.session.flush()
    if talk.notes_state == NotesState.HELD:
        await settle_notes(unit, talk)
    if name:
        await _unname(unit, talk, name)
    await unit.session.flush()


async def _unname(unit: Unit, talk: Talk, name: str) -> None:
    """Take the 称呼 out of what others said."""
    rows = await unit.session.execute(
        select(TalkMessage, Person.key_id)
        .join(Person, Person.id == TalkMessage.person_id)
        .where(TalkMessage.talk_id == talk.id)
    )
    for message, key_id in rows.all():
        place = f"talk_messages:{message.id}:body"
        words = await unit.open(place, message.body)
        if words and name in words:
            message.body = await unit.seal(key_id, place, words.replace(name, NAMELESS))
            unit.erased = True
    topic = await unit.open(f"talks:{talk.id}:topic", talk.topic)
    if topic and name in topic:
        talk.topic = await unit.seal(talk.key_id, f"talks:{talk.id}:topic", topic.replace(name, NAMELESS))


async def _cancel_questions(unit: Unit, person_id: int) -> None:
    """Questions about talks put to this person, and their own notes that are waiting with youths."""
    rows = await unit.session.execute(
        waiting(*QUESTIONS).where(or_(Prompt.person_id == person_id, Prompt.subject_id == person_id))
    )
    for prompt in rows.scalars().all():
        question = await asked(unit.session, unit.vault, prompt)
        if await close_question(unit, question, state="cancelled") and prompt.person_id != person_id:
            await put_next(unit, prompt.account_id)
