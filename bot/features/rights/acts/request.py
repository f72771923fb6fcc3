"""更正 and 联系负责人: what a person asks for besides deletion, and who answers by when (P7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import ask_person, cancel
from bot.core.feature import Look
from bot.core.question import Ask, Asked, Asks, Duty, NoData, Question, as_long_as, ends
from bot.core.reads.duty import Holders, nearest_holders, org_name
from bot.core.reads.people import name_of
from bot.core.reads.questions import is_waiting
from bot.core.rules.checked import checked
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.text import clean
from bot.core.rules.todo import TodoKind
from bot.features.rights.rules.rights import (
    ANSWER_WITHIN,
    MAX_ORG_TEXT,
    NotAYouth,
    OrgTextTooLong,
    OrgTooOften,
    RightsKind,
    RightsState,
)
from bot.features.rights.tables import RightsRequest
from bot.store.base import new_id
from bot.store.chat import Contact
from bot.store.delivery import Prompt
from bot.store.people import Account, Person
from bot.store.unit import Unit

OFFICER: Final = Question(
    "rights.contact",
    Asks.OFFICE,
    silence=ends,
    todo=Duty(TodoKind.DATA_REQUEST, Role.PRIVACY_OFFICER, due=RightsRequest.due_at),
    reason=as_long_as(RightsRequest.id, RightsRequest.done_at.is_(None)),
)
"""To the responsible persons: somebody wants a word."""
ORG: Final = Question(
    "rights.org",
    Asks.OFFICE,
    silence=ends,
    todo=Duty(TodoKind.ORG_CORRECTION, Role.CADRE, due=RightsRequest.due_at),
    reason=as_long_as(RightsRequest.id, RightsRequest.done_at.is_(None)),
)
"""To the cadre: a youth says that they belong to another organisation."""
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class ContactAsked(Say):
    """联系负责人: who was told and by when there is an answer; ``org`` empty: nobody is in charge."""

    template: ClassVar[str] = "rights/contact_asked"
    org: str
    due: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class ContactUnknown(Say):
    """联系负责人 by somebody whom no table knows: we do not know whose officer it would be."""

    template: ClassVar[str] = "rights/contact_unknown"


@dataclass(frozen=True, slots=True)
class OfficerCall(Say):
    """To the responsible person: who wants a word, and by when; not what about."""

    template: ClassVar[str] = "rights/officer_call"
    name: str
    account: str
    org: str
    due: datetime


@dataclass(frozen=True, slots=True)
class OfficerReminded(Say):
    """To the responsible person: the time for an answer is over."""

    template: ClassVar[str] = "rights/officer_reminded"
    asked: datetime


@dataclass(frozen=True, slots=True)
class RequestDone(Say):
    """To whoever answered a request."""

    template: ClassVar[str] = "rights/request_done"


@dataclass(frozen=True, slots=True)
class OrgAsked(Say):
    """更正 组织: the cadre, or the organ's admin, was told."""

    template: ClassVar[str] = "rights/org_asked"
    wanted: str
    told: int
    due: datetime


@dataclass(frozen=True, slots=True)
class OrgCall(Say):
    """To the cadre: which organisation the youth names."""

    template: ClassVar[str] = "rights/org_call"
    name: str
    org: str
    wanted: str
    due: datetime


async def log_request(unit: Unit, person: Person, kind: RightsKind) -> None:
    """A request that was carried out on the spot."""
    unit.session.add(
        RightsRequest(
            person_id=person.id,
            org_id=person.org_id,
            kind=kind.value,
            state=RightsState.DONE.value,
            asked_at=unit.now,
            due_at=unit.now,
            done_at=unit.now,
        )
    )
    await unit.session.flush()


async def contact_officer(unit: Unit, actor: Actor) -> Say:
    """``联系负责人``: open a request and tell the privacy officers of the organisation or the nearest above."""
    if actor.person_id is None:
        return ContactUnknown()
    person = await unit.session.get_one(Person, actor.person_id)
    org_id = person.org_id if person.org_id is not None else next((g.org_id for g in actor.grants), None)
    holders = await nearest_holders(
        unit.session, org_id, Role.PRIVACY_OFFICER, now=unit.now, but=frozenset((person.id,))
    )
    request = await _open_request(unit, person.id, RightsKind.CONTACT)
    if request is not None and (holders is None or await _is_asked(unit, request)):
        return ContactAsked(holders.org_name if holders else "", request.due_at, again=True)
    if request is None:
        request = await _open(unit, person, org_id, RightsKind.CONTACT)
    else:
        _begin_anew(unit, request)
    await unit.audit(actor, "rights.contact_asked", role=Role.YOUTH, subject_id=person.id, ref="")
    if holders is None:
        return ContactAsked("", request.due_at, again=False)
    await _ask_officers(unit, request, person, holders)
    return ContactAsked(holders.org_name, request.due_at, again=False)


async def _ask_officers(unit: Unit, request: RightsRequest, person: Person, holders: Holders) -> None:
    account = await unit.account_of(person.id)
    native = (await unit.private_address(account)).native_id if account is not None else ""
    say = OfficerCall(
        await name_of(unit.session, unit.vault, person.id),
        native,
        await org_name(unit.session, request.org_id),
        request.due_at,
    )
    for officer_id in holders.people:
        await ask_person(unit, officer_id, Ask(OFFICER, (DONE,), say, subject_id=request.id, life=2 * ANSWER_WITHIN))
        await unit.audit(
            Actor(officer_id, None), "read.contact_request", role=Role.PRIVACY_OFFICER, subject_id=person.id
        )


async def requests_unasked(session: AsyncSession, look: Look) -> Sequence[int]:
    """Requests for a word with the responsible person that have been put to nobody yet."""
    put = exists().where(Prompt.subject_id == RightsRequest.id)
    rows = await session.execute(
        select(RightsRequest.id)
        .where(
            RightsRequest.state == RightsState.OPEN.value,
            RightsRequest.due_at > look.now,
            RightsRequest.kind == RightsKind.CONTACT.value,
            ~put,
        )
        .order_by(RightsRequest.due_at)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def ask_late(unit: Unit, request_id: int, _look: Look) -> bool:
    """When it was asked nobody was there; if somebody is now, it is theirs."""
    request = await unit.session.get(RightsRequest, request_id, with_for_update=True)
    if request is None or request.state != RightsState.OPEN.value or request.person_id is None:
        return False
    person = await unit.session.get_one(Person, request.person_id)
    holders = await nearest_holders(
        unit.session, request.org_id, Role.PRIVACY_OFFICER, now=unit.now, but=frozenset((person.id,))
    )
    if holders is None or await unit.session.scalar(select(Prompt.id).where(Prompt.subject_id == request.id).limit(1)):
        return False
    await _ask_officers(unit, request, person, holders)
    return True


async def correct_org(unit: Unit, actor: Actor, wanted: str) -> OrgAsked:
    """``更正 组织``: a request to the linked cadres, or where there is none to the organ's admins."""
    if actor.person_id is None or not actor.has(Role.YOUTH):
        raise NotAYouth
    wanted = checked(" ".join(clean(wanted).split()), most=(MAX_ORG_TEXT, OrgTextTooLong))
    if unit.crowd.full(("org", actor.person_id), unit.now):
        raise OrgTooOften
    person = await unit.session.get_one(Person, actor.person_id)
    request = await _open_request(unit, person.id, RightsKind.CORRECT)
    if request is None:
        request = await _open(unit, person, person.org_id, RightsKind.CORRECT)
    else:
        _begin_anew(unit, request)
        await cancel(unit, ORG, subject_id=request.id)
    say = OrgCall(
        await name_of(unit.session, unit.vault, person.id),
        await org_name(unit.session, person.org_id),
        wanted,
        request.due_at,
    )
    told = 0
    for cadre_id in await _responsible_for(unit, person):
        ask = Ask(ORG, (DONE,), say, subject_id=request.id, life=2 * ANSWER_WITHIN)
        told += await ask_person(unit, cadre_id, ask)
    await unit.audit(actor, "rights.org_asked", role=Role.YOUTH, subject_id=person.id, n=told)
    return OrgAsked(wanted, told, request.due_at)


async def answer_request(unit: Unit, actor: Actor, question: Asked[NoData]) -> Say:
    """已处理 by the officer or the cadre: the request is done; the others who were asked are released."""
    request = await unit.session.get(RightsRequest, question.subject_id) if question.subject_id else None
    if request is not None and request.done_at is None:
        request.state, request.done_at = RightsState.DONE.value, unit.now
        await cancel(unit, question.question, subject_id=request.id)
        role = Role.PRIVACY_OFFICER if question.question is OFFICER else Role.CADRE
        await unit.audit(actor, "rights.answered", role=role, subject_id=request.person_id)
    return RequestDone()


async def requests_overdue(session: AsyncSession, look: Look) -> Sequence[int]:
    """Requests whose time is over and whose holders do not know yet."""
    rows = await session.execute(
        select(RightsRequest.id)
        .where(RightsRequest.state == RightsState.OPEN.value, RightsRequest.due_at <= look.now)
        .order_by(RightsRequest.due_at)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def remind_overdue(unit: Unit, request_id: int, _look: Look) -> bool:
    """Its holders are told once more, and it shows as overdue."""
    request = await unit.session.get(RightsRequest, request_id, with_for_update=True)
    if request is None or request.state != RightsState.OPEN.value or request.due_at > unit.now:
        return False
    request.state = RightsState.OVERDUE.value
    holders = await nearest_holders(unit.session, request.org_id, Role.PRIVACY_OFFICER, now=unit.now)
    for officer_id in holders.people if holders else ():
        await unit.push_person(
            officer_id,
            OfficerReminded(request.asked_at),
            idem_key=f"rights:{request.id}:{officer_id}",
            cls="L",
            kind="alert",
        )
    await unit.audit(None, "rights.overdue", role="system", subject_id=request.person_id)
    return True


async def _open(unit: Unit, person: Person, org_id: int | None, kind: RightsKind) -> RightsRequest:
    request = RightsRequest(
        id=new_id(),
        person_id=person.id,
        org_id=org_id,
        kind=kind.value,
        state=RightsState.OPEN.value,
        asked_at=unit.now,
        due_at=unit.now + ANSWER_WITHIN,
    )
    unit.session.add(request)
    await unit.session.flush()
    return request


def _begin_anew(unit: Unit, request: RightsRequest) -> None:
    """It is put to people again: they have the whole time again."""
    request.state, request.due_at = RightsState.OPEN.value, unit.now + ANSWER_WITHIN


async def _is_asked(unit: Unit, request: RightsRequest) -> bool:
    """Whether anybody is still being asked; a question that nobody answered is over, the request is not."""
    return await is_waiting(unit.session, OFFICER, subject_id=request.id)


async def _open_request(unit: Unit, person_id: int, kind: RightsKind) -> RightsRequest | None:
    found = await unit.session.execute(
        select(RightsRequest)
        .where(
            RightsRequest.person_id == person_id,
            RightsRequest.kind == kind.value,
            RightsRequest.state != RightsState.DONE.value,
        )
        .order_by(RightsRequest.asked_at.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def _responsible_for(unit: Unit, person: Person) -> tuple[int, ...]:
    rows = await unit.session.execute(
        select(Contact.cadre_id)
        .join(Account, Account.person_id == Contact.cadre_id)
        .where(Contact.youth_id == person.id, Contact.ended_at.is_(None))
        .distinct()
    )
    cadres = tuple(rows.scalars().all())
    if cadres:
        return cadres
    holders = await nearest_holders(unit.session, person.org_id, Role.ORGAN_ADMIN, now=unit.now)
    return holders.people if holders else ()
