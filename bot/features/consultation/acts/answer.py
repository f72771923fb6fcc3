"""答、查看问计: one answer a youth, shown to the asker without a name and in no order (R4.4, P13, P15)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.person_data import Erasing
from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.unreadable import shown
from bot.core.rules.consent import may_be_recorded
from bot.core.rules.pages import split_pages
from bot.core.rules.paging import check_page
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.refusal import NotFound
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.consultation.acts.ask import LETTER
from bot.features.consultation.acts.send import send_batch
from bot.features.consultation.reads.consultation import (
    answers_mixed,
    asked_by,
    count_answers,
    find_asked,
    find_put_to,
)
from bot.features.consultation.rules.consultation import ConsultationState, answered, checked_answer
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.sealing import Vault
from bot.store.unit import Unit

LINE_COST: Final = 4


@dataclass(frozen=True, slots=True)
class AnswerTaken(Say):
    """The receipt; ``replaced``: it took the place of an earlier one."""

    template: ClassVar[str] = "consultation/answer_taken"
    ref: int
    replaced: bool


@dataclass(frozen=True, slots=True)
class AnswerTakenBack(Say):
    """The answer is gone."""

    template: ClassVar[str] = "consultation/answer_gone"
    ref: int


@dataclass(frozen=True, slots=True)
class ConsultationShown(Say):
    """The question and a page of answers."""

    template: ClassVar[str] = "consultation/shown"
    ref: int
    question: str
    state: ConsultationState
    ends_at: datetime
    total: int
    answers: tuple[str, ...]
    result: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class ConsultationEnded(Say):
    """To the asker: its time is over; those who answered want to know what came of it."""

    template: ClassVar[str] = "consultation/ended"
    ref: int
    answers: int


async def answer(unit: Unit, actor: Actor, ref: int, text: str, words: SensitiveWords) -> AnswerTaken:
    """``答 <Q> <内容>``: kept under the youth's own key; a second one takes the place of the first."""
    if actor.person_id is None or not may_be_recorded(actor.age_band):
        raise NotFound
    consultation = await find_put_to(unit.session, actor.person_id, ref)
    if consultation is None:
        raise NotFound
    answered(ConsultationState(consultation.state), consultation.ends_at, unit.now)
    plain = checked_answer(text, words)
    # One at a time: two answers of the same youth at once are one.
    person = (
        await unit.session.execute(select(Person).where(Person.id == actor.person_id).with_for_update())
    ).scalar_one()
    row = await _own(unit, consultation.id, person.id)
    replaced = row is not None
    row_id = row.id if row is not None else new_id()
    sealed = await unit.seal(person.key_id, f"consultation_answers:{row_id}:text", plain)
    if row is None:
        row = ConsultationAnswer(id=row_id, consultation_id=consultation.id, person_id=person.id)
        unit.session.add(row)
    row.text, row.day = sealed, unit.now.date()
    await unit.session.flush()
    unit.erased = unit.erased or replaced
    await unit.audit(actor, "consultation.answered", role=Role.YOUTH, subject_id=person.id, ref=f"{LETTER}{ref}")
    return AnswerTaken(ref, replaced)


async def take_back(unit: Unit, actor: Actor, ref: int) -> AnswerTakenBack:
    """``撤回回答 <Q>``: at any time, also when the question is closed."""
    rows = await unit.session.execute(
        select(ConsultationAnswer)
        .join(Consultation, Consultation.id == ConsultationAnswer.consultation_id)
        .where(Consultation.ref == ref, ConsultationAnswer.person_id == actor.person_id)
        .with_for_update()
    )
    row = rows.scalar_one_or_none()
    if row is None or actor.person_id is None:
        raise NotFound
    await unit.session.delete(row)
    await unit.session.flush()
    unit.erased = True
    await unit.audit(actor, "consultation.taken_back", subject_id=actor.person_id, ref=f"{LETTER}{ref}")
    return AnswerTakenBack(ref)


async def _own(unit: Unit, consultation_id: int, person_id: int) -> ConsultationAnswer | None:
    found = await unit.session.execute(
        select(ConsultationAnswer)
        .where(ConsultationAnswer.consultation_id == consultation_id, ConsultationAnswer.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def view(session: AsyncSession, vault: Vault, actor: Actor, ref: int, page: int) -> Seen:
    """``查看问计 <Q> [页]``: the reading is logged for each youth whose answer it shows."""
    consultation = await find_asked(session, actor, ref)
    if consultation is None:
        raise NotFound
    answers = await answers_mixed(session, vault, consultation.id)
    pages = split_pages([LINE_COST + len(words) for _, words in answers])
    check_page(page, len(pages))
    on_page = [answers[i] for i in pages[page - 1]]
    role = Role.CADRE if actor.has(Role.CADRE) else Role.ORGAN_ADMIN
    people = sorted(person_id for person_id, _ in on_page)
    said = ConsultationShown(
        ref=ref,
        question=await shown(session, vault, f"consultations:{consultation.id}:text", consultation.text),
        state=ConsultationState(consultation.state),
        ends_at=consultation.ends_at,
        total=len(answers),
        answers=tuple(words for _, words in on_page),
        result=await shown(session, vault, f"consultations:{consultation.id}:result", consultation.result),
        page=page,
        pages=len(pages),
    )
    return await seen(
        session,
        said,
        [Logged("read.consultation", role, person_id, f"{LETTER}{ref}", {"page": page}) for person_id in people],
        select(Consultation.state, Consultation.result).where(Consultation.id == consultation.id, asked_by(actor)),
        select(ConsultationAnswer.id, ConsultationAnswer.text).where(
            ConsultationAnswer.consultation_id == consultation.id, ConsultationAnswer.person_id.in_(people)
        ),
    )


# --- time and rights -------------------------------------------------------------------------------------------------


async def tick_consultation(unit: Unit, consultation_id: int, look: Look) -> bool:
    """One question on the clock: send on, end after thirty days, remind its asker once in a morning."""
    found = await unit.session.execute(select(Consultation).where(Consultation.id == consultation_id).with_for_update())
    consultation = found.scalar_one_or_none()
    if consultation is None:
        return False
    sent = await send_batch(unit, consultation)
    if consultation.state == ConsultationState.OPEN and consultation.ends_at <= unit.now:
        consultation.state, consultation.cursor = ConsultationState.ENDED.value, None
        await unit.session.flush()
        sent += 1
    if consultation.state != ConsultationState.ENDED or consultation.reminded_at is not None:
        return sent > 0
    if not look.in_office_hours:
        return sent > 0
    consultation.reminded_at = unit.now
    answers = await count_answers(unit.session, consultation.id)
    if not answers:
        consultation.state, consultation.closed_at = ConsultationState.CLOSED.value, unit.now
    await unit.session.flush()
    if consultation.asker_id is not None:
        say, key = ConsultationEnded(consultation.ref, answers), f"consultation:{consultation.id}:ended"
        await unit.push_person(consultation.asker_id, say, idem_key=key, cls="L")
    return True


async def forget_answers(going: Erasing) -> None:
    """The answers of somebody who deletes their data: words and name go, that there was one stays."""
    session = going.unit.session
    rows = await session.execute(
        select(ConsultationAnswer).where(ConsultationAnswer.person_id == going.person_id).with_for_update()
    )
    for row in rows.scalars().all():
        row.person_id, row.text = None, None
    await session.flush()


async def expire_answers(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Answers to questions that were over long ago; one batch, how many."""
    before = unit.now - periods.consultations
    over = select(Consultation.id).where(
        or_(Consultation.closed_at < before, Consultation.closed_at.is_(None) & (Consultation.ends_at < before))
    )
    rows = await unit.session.execute(
        select(ConsultationAnswer)
        .where(ConsultationAnswer.consultation_id.in_(over), ConsultationAnswer.text.is_not(None))
        .limit(limit)
    )
    answers = rows.scalars().all()
    for row in answers:
        row.person_id, row.text = None, None
    await unit.session.flush()
    unit.erased = unit.erased or bool(answers)
    return len(answers)
