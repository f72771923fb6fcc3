"""问计于青年: whose a question is, who may answer it, and what its asker reads; never who said what (R4.4, P13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import paged
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.consultation.rules.consultation import ConsultationReach, ConsultationState
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.store.chat import Chat, Contact
from bot.store.people import OrgUnit, Person
from bot.store.sealing import Vault

HEAD: Final = 24
"""Characters of a question by which its asker recognises it in a list."""


@dataclass(frozen=True, slots=True)
class ConsultationLine:
    """One own question."""

    ref: int
    head: str
    state: ConsultationState
    asked_at: datetime
    ends_at: datetime
    answers: int


@dataclass(frozen=True, slots=True)
class MyConsultations(Say):
    """Own questions, newest first."""

    template: ClassVar[str] = "consultation/mine"
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    total: int
    page: int
    pages: int
    lines: tuple[ConsultationLine, ...]


def asked_by(actor: Actor) -> Any:
    """What this actor asked, and what was asked for an organ they administer."""
    return or_(
        and_(Consultation.asker_id == actor.person_id, Consultation.asker_id.is_not(None)),
        and_(
            Consultation.reach == ConsultationReach.ORGS.value,
            Consultation.org_id.in_(actor.orgs(Role.ORGAN_ADMIN)),
        ),
    )


async def find_asked(session: AsyncSession, actor: Actor, ref: int, *, lock: bool = False) -> Consultation | None:
    """The question with this reference if the actor asked it."""
    statement = select(Consultation).where(Consultation.ref == ref, asked_by(actor))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def find_put_to(session: AsyncSession, person_id: int, ref: int) -> Consultation | None:
    """The question with this reference if it was put to this youth: one's cadre, one's group or an organ above."""
    found = (await session.execute(select(Consultation).where(Consultation.ref == ref))).scalar_one_or_none()
    if found is None:
        return None
    mine = select(Contact.id).where(Contact.youth_id == person_id, Contact.ended_at.is_(None))
    match found.reach:
        case ConsultationReach.CHAT.value:
            mine = mine.where(Contact.chat_id == found.chat_id)
        case ConsultationReach.YOUTHS.value:
            mine = mine.where(Contact.cadre_id == found.asker_id)
        case _:
            mine = mine.where(Contact.chat_id.in_(chats_below(await _path(session, found.org_id))))
    return found if (await session.execute(mine.limit(1))).first() is not None else None


async def _path(session: AsyncSession, org_id: int) -> str:
    return (await session.execute(select(OrgUnit.path).where(OrgUnit.id == org_id))).scalar_one()


def chats_below(path: str) -> Select[int]:
    """The linked groups of an organisation and of everything below it."""
    return select(Chat.id).where(*_linked_below(path))


def _linked_below(path: str) -> tuple[ColumnElement[bool], ...]:
    organs = select(OrgUnit.id).where(OrgUnit.path.startswith(path, autoescape=True))
    return Chat.org_id.in_(organs), Chat.state == "linked"


async def groups_of(session: AsyncSession, org_id: int, *, after: int = -1, limit: int | None = None) -> list[Chat]:
    """Linked groups of an organ and below, in a fixed order."""
    below = _linked_below(await _path(session, org_id))
    rows = await session.execute(select(Chat).where(*below, Chat.id > after).order_by(Chat.id).limit(limit))
    return list(rows.scalars().all())


async def youth_ids(session: AsyncSession, cadre_id: int, *, after: int = -1, limit: int | None = None) -> list[int]:
    """A cadre's own youths, each once, in a fixed order."""
    rows = await session.execute(
        select(Contact.youth_id)
        .join(Person, Person.id == Contact.youth_id)
        .where(
            Contact.cadre_id == cadre_id,
            Contact.ended_at.is_(None),
            Contact.youth_id > after,
            Person.state == "active",
            Person.is_youth.is_(True),
        )
        .distinct()
        .order_by(Contact.youth_id)
        .limit(limit)
    )
    return list(rows.scalars().all())


async def count_answers(session: AsyncSession, consultation_id: int) -> int:
    """How many answers there are."""
    statement = select(func.count()).where(
        ConsultationAnswer.consultation_id == consultation_id, ConsultationAnswer.text.is_not(None)
    )
    return await session.scalar(statement) or 0


async def answers_mixed(session: AsyncSession, vault: Vault, consultation_id: int) -> list[tuple[int, str]]:
    """Author and words of each answer, in an order that has nothing to do with who came when."""
    rows = await session.execute(
        select(ConsultationAnswer).where(
            ConsultationAnswer.consultation_id == consultation_id, ConsultationAnswer.text.is_not(None)
        )
    )
    answers = sorted(rows.scalars().all(), key=lambda a: vault.mac("index", "answer", consultation_id, a.id))
    found = []
    for answer in answers:
        if answer.person_id is not None:
            words = await shown(session, vault, f"consultation_answers:{answer.id}:text", answer.text)
            found.append((answer.person_id, words))
    return found


async def my_consultations(session: AsyncSession, vault: Vault, actor: Actor, page: int) -> MyConsultations:
    """``我的问计 [页]``."""
    mine = select(Consultation).where(asked_by(actor)).order_by(Consultation.asked_at.desc(), Consultation.id)
    found = await paged(session, mine, page)
    lines = []
    for each in found.rows:
        words = await shown(session, vault, f"consultations:{each.id}:text", each.text)
        head = words if len(words) <= HEAD else words[:HEAD] + "…"
        state = ConsultationState(each.state)
        count = await count_answers(session, each.id)
        lines.append(ConsultationLine(each.ref, head, state, each.asked_at, each.ends_at, count))
    return MyConsultations(found.total, page, found.pages, tuple(lines))
