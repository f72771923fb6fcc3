"""申请查阅: somebody in office asks to read a minor's voice or wish, with a reason (P14)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asks, Duty, Question, as_long_as
from bot.core.reads.access import approved
from bot.core.reads.duty import nearest_holders, org_name
from bot.core.reads.items import covers, find_item
from bot.core.reads.people import name_of
from bot.core.rules.access import (
    DECIDE_WITHIN,
    AccessState,
    NobodyToApprove,
    TalksAreClosed,
    checked_reason,
)
from bot.core.rules.items import TALK_LETTER, Item
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoKind
from bot.core.tables import AccessRequest
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit

ASKERS: Final = (Role.ORGAN_ADMIN, Role.DUTY_OFFICER, Role.PRIVACY_OFFICER)
"""Offices with a duty beyond the own youths; a cadre reads those alone."""
DECIDE: Final = Question(
    "access.decide",
    Asks.OFFICE,
    no="refuse",
    todo=Duty(TodoKind.ACCESS, Role.PRIVACY_OFFICER, due=AccessRequest.due_at),
    reason=as_long_as(AccessRequest.id, AccessRequest.state == AccessState.ASKED.value),
)
"""To the responsible persons: may somebody read a minor's record? Silence is no approval."""
APPROVE: Final = "approve"
REFUSE: Final = "refuse"


@dataclass(frozen=True, slots=True)
class AccessAsked(Say):
    """To the asker: who decides; ``again``: it had been asked before and waits."""

    template: ClassVar[str] = "access/asked"
    ref: str
    org: str
    due: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class AccessOpen(Say):
    """To the asker: it is approved already, until then."""

    template: ClassVar[str] = "access/open"
    ref: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AccessCall(Say):
    """To the responsible person: who wants to read which item and why; no word of it and not whose it is."""

    template: ClassVar[str] = "access/call"
    ref: str
    name: str
    role: Role
    org: str
    reason: str


async def ask_access(unit: Unit, actor: Actor, ref: Ref, text: str) -> Say:
    """``申请查阅 <号> <缘由>``: what is foreign, an adult's or not there answers alike."""
    reason = checked_reason(text)
    if ref.letter == TALK_LETTER:
        raise TalksAreClosed
    item = await find_item(unit.session, ref)
    role = await covers(unit.session, actor, item, *ASKERS) if item is not None else None
    if item is None or role is None or item.complaint or not item.minor or actor.person_id is None:
        raise NotFound
    open_now = await approved(unit.session, actor, ref, unit.now)
    if open_now is not None:
        return AccessOpen(ref.code, open_now.due_at)
    but = frozenset((actor.person_id,))
    holders = await nearest_holders(unit.session, item.org_id, Role.PRIVACY_OFFICER, now=unit.now, but=but)
    if holders is None:
        raise NobodyToApprove
    waiting = await _waiting(unit, actor, ref)
    if waiting is not None:
        return AccessAsked(ref.code, holders.org_name, waiting.due_at, again=True)
    request = await _open(unit, actor, item, role, reason)
    org_id = next(grant.org_id for grant in actor.grants if grant.role is role)
    name = await name_of(unit.session, unit.vault, actor.person_id)
    say = AccessCall(ref.code, name, role, await org_name(unit.session, org_id), reason)
    for officer_id in holders.people:
        ask = Ask(DECIDE, (APPROVE, REFUSE), say, subject_id=request.id, life=DECIDE_WITHIN)
        await ask_person(unit, officer_id, ask)
    await unit.audit(actor, "access.asked", role=role, ref=ref.code)  # whether the minor is told, the officer says
    return AccessAsked(ref.code, holders.org_name, request.due_at, again=False)


async def _waiting(unit: Unit, actor: Actor, ref: Ref) -> AccessRequest | None:
    found = await unit.session.execute(
        select(AccessRequest).where(
            AccessRequest.number == ref.number,
            AccessRequest.letter == ref.letter,
            AccessRequest.asker_id == actor.person_id,
            AccessRequest.state == AccessState.ASKED.value,
            AccessRequest.due_at > unit.now,
        )
    )
    return found.scalars().first()


async def _open(unit: Unit, actor: Actor, item: Item, role: Role, reason: str) -> AccessRequest:
    request_id, subject_id = new_id(), min(item.subjects)
    person = await unit.session.get_one(Person, subject_id)
    request = AccessRequest(
        id=request_id,
        letter=item.ref.letter,
        number=item.ref.number,
        subject_id=subject_id,
        asker_id=actor.person_id,
        org_id=item.org_id,
        role=role.value,
        reason=await unit.seal(person.key_id, f"access_requests:{request_id}:reason", reason),
        asked_at=unit.now,
        due_at=unit.now + DECIDE_WITHIN,
    )
    unit.session.add(request)
    await unit.session.flush()
    return request
