"""Sending a 问计, or its result, to those whom it is for, batch by batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.reads.unsolicited import may_be_written_to
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import LEAST_PEOPLE
from bot.features.consultation.reads.consultation import groups_of, youth_ids
from bot.features.consultation.rules.consultation import (
    ConsultationReach,
    ConsultationState,
)
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.store.unit import Unit

BATCH: Final = 50
"""Messages written in one transaction, so that no command waits for them."""


@dataclass(frozen=True, slots=True)
class ConsultationPut(Say):
    """The question as youths read it, and how to answer it in private; ``private``: to one youth.

    ``few``: so few are asked that whoever asks may guess who answered.
    """

    template: ClassVar[str] = "consultation/put"
    ref: int
    who: str
    words: str
    ends_at: datetime
    private: bool
    few: bool


@dataclass(frozen=True, slots=True)
class ConsultationResult(Say):
    """To everybody who answered: what came of it."""

    template: ClassVar[str] = "consultation/result"
    ref: int
    who: str
    question: str
    words: str


async def put(unit: Unit, consultation: Consultation, *, private: bool) -> ConsultationPut:
    """The question in words."""
    words = await unit.open(f"consultations:{consultation.id}:text", consultation.text)
    who = await asker_name(unit, consultation)
    few = private and consultation.written < LEAST_PEOPLE
    return ConsultationPut(consultation.ref, who, words or "", consultation.ends_at, private, few)


async def asker_name(unit: Unit, consultation: Consultation) -> str:
    """Who asks, as youths are told: the organ, or their cadre."""
    if consultation.reach == ConsultationReach.ORGS or consultation.asker_id is None:
        return await org_name(unit.session, consultation.org_id)
    return await name_of(unit.session, unit.vault, consultation.asker_id)


async def send_batch(unit: Unit, consultation: Consultation) -> int:
    """Send the question, or its result, to the next ones in line; how many were looked at. The cursor never goes back.

    Who may be written to is looked up now, not when it was asked.
    """
    after = consultation.cursor
    if after is None:
        return 0
    if consultation.state == ConsultationState.CLOSED:
        last, count = await _send_results(unit, consultation, after)
    elif consultation.reach == ConsultationReach.ORGS:
        last, count = await _post_in_groups(unit, consultation, after)
    else:
        last, count = await _write_to_youths(unit, consultation, after)
    consultation.cursor = last if count >= BATCH else None
    await unit.session.flush()
    return count


async def _post_in_groups(unit: Unit, consultation: Consultation, after: int) -> tuple[int, int]:
    chats = await groups_of(unit.session, consultation.org_id, after=after, limit=BATCH)
    say = await put(unit, consultation, private=False)
    for chat in chats:
        await unit.push_chat(chat, say, idem_key=f"consultation:{consultation.id}:put:{chat.id}", cls="O")
    return (chats[-1].id if chats else after), len(chats)


async def _write_to_youths(unit: Unit, consultation: Consultation, after: int) -> tuple[int, int]:
    youths = await youth_ids(unit.session, consultation.asker_id or 0, after=after, limit=BATCH)
    say = await put(unit, consultation, private=True)
    for youth_id in await may_be_written_to(unit.session, youths, unit.now):
        await unit.push_person(youth_id, say, idem_key=f"consultation:{consultation.id}:put:{youth_id}", cls="O")
    return (youths[-1] if youths else after), len(youths)


async def _send_results(unit: Unit, consultation: Consultation, after: int) -> tuple[int, int]:
    rows = await unit.session.execute(
        select(ConsultationAnswer.id, ConsultationAnswer.person_id)
        .where(
            ConsultationAnswer.consultation_id == consultation.id,
            ConsultationAnswer.text.is_not(None),
            ConsultationAnswer.id > after,
        )
        .order_by(ConsultationAnswer.id)
        .limit(BATCH)
    )
    answered = rows.all()
    say = ConsultationResult(
        consultation.ref,
        await asker_name(unit, consultation),
        await unit.open(f"consultations:{consultation.id}:text", consultation.text) or "",
        await unit.open(f"consultations:{consultation.id}:result", consultation.result) or "",
    )
    for answer_id, person_id in answered:
        key = f"consultation:{consultation.id}:result:{answer_id}"
        if person_id is not None:
            await unit.push_person(person_id, say, idem_key=key, cls="L")
    return (answered[-1].id if answered else after), len(answered)
