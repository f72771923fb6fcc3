"""值班人: who is told whom to reach and since when, and what their answer does (P27)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Unpack

from sqlalchemy import select

from bot.core.acts.prompt import ask_person, cancel, put_next
from bot.core.question import Ask, Asked, Asks, Duty, NoData, Question, as_long_as, ends
from bot.core.reads.duty import Holders, nearest_holders, org_name, parent_of
from bot.core.reads.people import name_of
from bot.core.reads.questions import waiting
from bot.core.rules.crisis import CrisisState, state_after_closing, state_after_follow_up
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoKind
from bot.core.tables import Crisis
from bot.store.delivery import Prompt
from bot.store.outbox import Sending
from bot.store.unit import Unit

FOLLOW_UP: Final = Question(
    "crisis.followup",
    Asks.OFFICE,
    silence=ends,
    todo=Duty(TodoKind.CRISIS, Role.DUTY_OFFICER, since=Crisis.opened_at, due=Crisis.due_at, done=Crisis.closed_at),
    reason=as_long_as(Crisis.id, Crisis.closed_at.is_(None)),
    untold=True,
)
REACHED: Final = "reached"
NOT_REACHED: Final = "not_reached"
TAKING: Final = "taking"
"""They have read it and are going to make contact: the person is told who, and the others are released."""
CALL_LIFE: Final = timedelta(days=7)
AFTER_THE_ANSWER: Final = 2
"""Place in the sender's queue of a call that is repeated to the officer who has just spoken."""


@dataclass(frozen=True, slots=True)
class CrisisCall(Say):
    """To a duty officer: whom to reach and since when, nothing more."""

    template: ClassVar[str] = "crisis/call"
    name: str
    account: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CrisisTaken(Say):
    """To the other duty officers: somebody has it."""

    template: ClassVar[str] = "crisis/taken"
    since: datetime


@dataclass(frozen=True, slots=True)
class CrisisTaking(Say):
    """To the duty officer who said that they take it: the two reports that it waits for."""

    template: ClassVar[str] = "crisis/taking"
    since: datetime


@dataclass(frozen=True, slots=True)
class CrisisSeen(Say):
    """To who asked for a person: which duty officer has answered, and with what; ``passed_to`` the organ above."""

    template: ClassVar[str] = "crisis/seen"
    officer: str
    taking: bool
    reached: bool
    passed_to: str


@dataclass(frozen=True, slots=True)
class CrisisReached(Say):
    """To the duty officer who reached the person."""

    template: ClassVar[str] = "crisis/reached"


@dataclass(frozen=True, slots=True)
class CrisisPassedUp(Say):
    """To the duty officer who could not reach them: who was told now; empty when there is nobody above."""

    template: ClassVar[str] = "crisis/passed_up"
    org: str


@dataclass(frozen=True, slots=True)
class CrisisOver(Say):
    """To a duty officer whose answer comes after the end, or whose duty has ended."""

    template: ClassVar[str] = "crisis/over"


@dataclass(frozen=True, slots=True)
class CrisisRotaEmpty(Say):
    """To those responsible: somebody asked for a person and nobody is on duty. No name."""

    template: ClassVar[str] = "crisis/rota_empty"
    org: str


async def call_duty(unit: Unit, crisis: Crisis) -> bool:
    """Tell the duty officers of the crisis' organisation or the nearest above; False when nobody is on duty."""
    holders = await on_duty(unit, crisis, crisis.org_id)
    if holders is None:
        await unit.audit(None, "crisis.rota_empty", role="system")
        await tell_responsible(unit, crisis.org_id, CrisisRotaEmpty(await org_name(unit.session, crisis.org_id)))
        return False
    await call(unit, crisis, holders)
    return True


async def answer_follow_up(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say | None:
    """我来联系 takes it; 已联系上 closes; 联系不上 goes one level up. The person hears who has answered.

    The first answer counts, rights are looked at once more.
    """
    found = await unit.session.execute(select(Crisis).where(Crisis.id == question.subject_id).with_for_update())
    crisis = found.scalar_one_or_none()
    if crisis is None or crisis.closed_at is not None or not actor.has(Role.DUTY_OFFICER):
        return CrisisOver()
    crisis.duty_id, crisis.seen_at = actor.person_id, crisis.seen_at or unit.now
    if answer == TAKING:
        await _release_others(unit, crisis)
        await unit.audit(actor, "crisis.taken", role=Role.DUTY_OFFICER, subject_id=crisis.person_id)
        await _tell_seen(unit, crisis, TAKING)
        ask = Ask(FOLLOW_UP, (REACHED, NOT_REACHED), CrisisTaking(crisis.opened_at), subject_id=crisis.id, urgent=True)
        await ask_person(unit, question.person_id, ask, kind="reply", priority=1)
        return None
    if answer == REACHED:
        crisis.state = state_after_closing(state_after_follow_up(CrisisState(crisis.state))).value
        crisis.closed_at = unit.now
        await _release_others(unit, crisis)
        await _tell_seen(unit, crisis, REACHED)
        await unit.audit(actor, "crisis.reached", role=Role.DUTY_OFFICER, subject_id=crisis.person_id)
        return CrisisReached()
    await unit.audit(actor, "crisis.not_reached", role=Role.DUTY_OFFICER, subject_id=crisis.person_id)
    officer_id = crisis.duty_id
    above = await pass_up(unit, crisis)
    await _tell_seen(unit, crisis, NOT_REACHED, by=officer_id, passed_to=above.org_name if above else "")
    if above is None:
        # Nobody stands above: the same officer keeps it, and the clock goes on.
        await _ask(unit, crisis, question.person_id, kind="reply", priority=AFTER_THE_ANSWER)
    return CrisisPassedUp(above.org_name if above else "")


async def pass_up(unit: Unit, crisis: Crisis, *, keep_waiting: bool = False) -> Holders | None:
    """Call the duty officers one level up; those called before are released unless they still ought to try."""
    above = await parent_of(unit.session, crisis.org_id)
    holders = await on_duty(unit, crisis, above)
    if holders is None:
        return None
    if not keep_waiting:
        await _release_others(unit, crisis)
    await call(unit, crisis, holders)
    return holders


async def on_duty(unit: Unit, crisis: Crisis, org_id: int | None) -> Holders | None:
    """The duty officers of this organisation or the nearest above, but not the person themselves."""
    itself = frozenset((crisis.person_id,)) if crisis.person_id is not None else frozenset[int]()
    return await nearest_holders(unit.session, org_id, Role.DUTY_OFFICER, now=unit.now, but=itself)


async def call(unit: Unit, crisis: Crisis, holders: Holders) -> None:
    """Tell these officers, each once; from now on the crisis is with their organisation."""
    crisis.org_id = holders.org_id
    crisis.duty_id, crisis.seen_at = holders.people[0], None
    asked_already = {prompt.person_id for prompt in await still_asked_of(unit, crisis)}
    for person_id in holders.people:
        if person_id not in asked_already:
            await _ask(unit, crisis, person_id)


async def _ask(unit: Unit, crisis: Crisis, officer_id: int, **how: Unpack[Sending]) -> None:
    """Tell one officer; the youth sees later that their name and account were shown (P15)."""
    if crisis.person_id is None:
        return
    account = await unit.account_of(crisis.person_id)
    native = (await unit.private_address(account)).native_id if account is not None else ""
    name = await name_of(unit.session, unit.vault, crisis.person_id)
    ask = Ask(
        FOLLOW_UP,
        (REACHED, NOT_REACHED, TAKING),
        CrisisCall(name, native, crisis.opened_at),
        subject_id=crisis.id,
        urgent=True,
        life=CALL_LIFE,
    )
    if await ask_person(unit, officer_id, ask, **how):
        await unit.audit(
            Actor(officer_id, None), "read.crisis_call", role=Role.DUTY_OFFICER, subject_id=crisis.person_id
        )


async def still_asked_of(unit: Unit, crisis: Crisis) -> list[Prompt]:
    """Officers who were asked and have not answered; one who is answering at this moment is left to their own turn."""
    rows = await unit.session.execute(waiting(FOLLOW_UP, subject_id=crisis.id).with_for_update(skip_locked=True))
    return list(rows.scalars().all())


async def _release_others(unit: Unit, crisis: Crisis) -> None:
    """Take the question back from everybody else who was told, and say so."""
    for question in await cancel(unit, FOLLOW_UP, subject_id=crisis.id, go_on=False, skip_busy=True):
        await unit.push_person(
            question.person_id,
            CrisisTaken(crisis.opened_at),
            idem_key=f"crisis:{crisis.id}:taken:{question.id}",
            cls="L",
            kind="alert",
            priority=0,
        )
        await put_next(unit, question.account_id)


async def _tell_seen(unit: Unit, crisis: Crisis, answer: str, *, by: int | None = None, passed_to: str = "") -> None:
    """Tell who asked for a person that a duty officer has read it: nobody waits without a sign."""
    officer_id = by or crisis.duty_id
    if crisis.person_id is None or officer_id is None:
        return
    name = await name_of(unit.session, unit.vault, officer_id)
    say = CrisisSeen(name, taking=answer == TAKING, reached=answer == REACHED, passed_to=passed_to)
    key = f"crisis:{crisis.id}:seen:{officer_id}:{answer}"
    await unit.push_person(crisis.person_id, say, idem_key=key, cls="L", kind="alert", priority=0)


async def tell_responsible(unit: Unit, org_id: int | None, say: Say) -> None:
    """The privacy officers, or where there are none the organ admins, nearest first; never a name."""
    for role in (Role.PRIVACY_OFFICER, Role.ORGAN_ADMIN):
        holders = await nearest_holders(unit.session, org_id, role, now=unit.now)
        if holders is not None:
            for person_id in holders.people:
                await unit.push_person(person_id, say, cls="L", kind="alert", priority=0)
            return
