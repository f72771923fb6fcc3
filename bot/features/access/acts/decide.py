"""批准、不批: the responsible person decides; the minor is told, unless that endangers somebody (P14)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select

from bot.core.acts.prompt import cancel
from bot.core.question import Asked, NoData
from bot.core.reads.duty import org_name
from bot.core.reads.items import covers, find_item
from bot.core.rules.access import ACCESS_LIFE, AccessState, checked_reason, told_or_not
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.tables import AccessRequest
from bot.features.access.acts.ask import APPROVE, DECIDE
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AccessDecided(Say):
    """To the responsible person: what they decided; ``told``: the minor is told now."""

    template: ClassVar[str] = "access/decided"
    ref: str
    approved: bool
    told: bool


@dataclass(frozen=True, slots=True)
class AccessAnswer(Say):
    """To the asker: until when they may read it, or that they may not; ``reason`` as the officer gave it."""

    template: ClassVar[str] = "access/answer"
    ref: str
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class AccessTold(Say):
    """To the minor: which office of which organisation may read what, why, and until when."""

    template: ClassVar[str] = "access/told"
    ref: str
    role: Role
    org: str
    reason: str
    until: datetime


async def approve(unit: Unit, actor: Actor, ref: Ref, text: str) -> AccessDecided:
    """``批准 <号> [不告知 <缘由>]``."""
    request = await _to_decide(unit, actor, ref)
    withheld, why = told_or_not(text)
    return await _approve(unit, actor, request, checked_reason(why) if withheld else "")


async def refuse(unit: Unit, actor: Actor, ref: Ref, text: str) -> AccessDecided:
    """``不批 <号> [缘由]``."""
    request = await _to_decide(unit, actor, ref)
    return await _refuse(unit, actor, request, told_or_not(text)[1])


async def answer_decide(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say:
    """The question's own options; what is decided already, or nobody's any more, is refused as not there."""
    request = await unit.session.get(AccessRequest, question.subject_id) if question.subject_id else None
    if request is None:
        raise NotFound
    request = await _to_decide(unit, actor, Ref(request.letter, request.number), request.id)
    if answer == APPROVE:
        return await _approve(unit, actor, request, "")
    return await _refuse(unit, actor, request, "")


@DECIDE.when_silent
async def nobody_decided(unit: Unit, question: Asked[NoData]) -> None:
    """Silence is no approval; the asker hears it once."""
    request = await unit.session.get(AccessRequest, question.subject_id) if question.subject_id else None
    if request is None or request.state != AccessState.ASKED or request.due_at > unit.now:
        return
    request.state, request.decided_at = AccessState.LAPSED.value, unit.now
    ref = Ref(request.letter, request.number)
    await unit.push_person(request.asker_id, AccessAnswer(ref.code, None, ""), cls="L")
    await unit.audit(None, "access.lapsed", role="system", ref=ref.code)


async def _to_decide(unit: Unit, actor: Actor, ref: Ref, request_id: int | None = None) -> AccessRequest:
    """The oldest request about this item that waits for somebody like this actor; not their own."""
    waiting = select(AccessRequest).where(
        AccessRequest.number == ref.number,
        AccessRequest.letter == ref.letter,
        AccessRequest.state == AccessState.ASKED.value,
        AccessRequest.due_at > unit.now,
        AccessRequest.asker_id != actor.person_id,
    )
    if request_id is not None:
        waiting = waiting.where(AccessRequest.id == request_id)
    found = await unit.session.execute(waiting.order_by(AccessRequest.asked_at, AccessRequest.id).with_for_update())
    request = found.scalars().first()
    item = await find_item(unit.session, ref)
    if request is None or item is None or await covers(unit.session, actor, item, Role.PRIVACY_OFFICER) is None:
        raise NotFound
    return request


async def _approve(unit: Unit, actor: Actor, request: AccessRequest, why_withheld: str) -> AccessDecided:
    ref, until = Ref(request.letter, request.number), unit.now + ACCESS_LIFE
    await _decide(unit, actor, request, AccessState.APPROVED)
    request.due_at, request.withheld = until, bool(why_withheld)
    person = await unit.session.get_one(Person, request.subject_id)
    if why_withheld:
        place = f"access_requests:{request.id}:withheld_why"
        request.withheld_why = await unit.seal(person.key_id, place, why_withheld)
    else:
        reason = await unit.open(f"access_requests:{request.id}:reason", request.reason) or ""
        told = AccessTold(ref.code, Role(request.role), await org_name(unit.session, request.org_id), reason, until)
        await unit.push_person(person.id, told, cls="L")
    await unit.push_person(request.asker_id, AccessAnswer(ref.code, until, ""), cls="L")
    await unit.audit(
        actor,
        "access.approved",
        role=Role.PRIVACY_OFFICER,
        subject_id=None if request.withheld else request.subject_id,
        ref=ref.code,
        withheld=request.withheld,
    )
    return AccessDecided(ref.code, approved=True, told=not why_withheld)


async def _refuse(unit: Unit, actor: Actor, request: AccessRequest, reason: str) -> AccessDecided:
    ref = Ref(request.letter, request.number)
    await _decide(unit, actor, request, AccessState.REFUSED)
    await unit.push_person(request.asker_id, AccessAnswer(ref.code, None, reason), cls="L")
    await unit.audit(actor, "access.refused", role=Role.PRIVACY_OFFICER, ref=ref.code)
    return AccessDecided(ref.code, approved=False, told=False)


async def _decide(unit: Unit, actor: Actor, request: AccessRequest, state: AccessState) -> None:
    request.state, request.decided_by, request.decided_at = state.value, actor.person_id, unit.now
    await unit.session.flush()
    await cancel(unit, DECIDE, subject_id=request.id)
