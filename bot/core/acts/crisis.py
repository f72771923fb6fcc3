"""危机 Crisis: the card at once, the person's own choice, and what it opens (P27, stories S3b).

What somebody wrote is neither stored nor passed on. Nobody but the duty officers of the person's organisation, or of
the nearest one above, is ever told of them, and only when the person asked for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts import crisis_call
from bot.core.acts.after_danger import DangerHeard
from bot.core.acts.calm import leave_in_peace
from bot.core.acts.prompt import ask_account, cancel
from bot.core.question import Ask, Asked, Asks, NoData, Question, as_long_as, ends
from bot.core.reads.people import name_of
from bot.core.reads.questions import waiting
from bot.core.rules.crisis import (
    CrisisCalm,
    CrisisChoice,
    CrisisKind,
    CrisisSign,
    CrisisState,
    Hotline,
    calm_until,
    crisis_due,
    hotlines_for,
    state_after_asking,
    state_after_choice,
)
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.tables import Crisis
from bot.store.base import new_id
from bot.store.delivery import Prompt
from bot.store.people import Account, Person
from bot.store.unit import Unit

QUESTION: Final = Question(
    "crisis.contact",
    Asks.YOUTH,
    silence=ends,
    no="not_now",
    lenient=True,
    reason=as_long_as(Crisis.id, Crisis.closed_at.is_(None)),
)
SAME_CRISIS: Final = timedelta(hours=1)
"""Further words within this time belong to the crisis that is open already."""
CHOICE_LIFE: Final = timedelta(hours=12)
CHOICES: Final = tuple(choice.value for choice in CrisisChoice)


@dataclass(frozen=True, slots=True)
class CrisisCard(Say):
    """危机卡片: a human sentence, that this is a program, the numbers, and for known people the offer of a contact."""

    template: ClassVar[str] = "crisis/card"
    kind: CrisisKind
    hotlines: tuple[Hotline, ...]
    offer: bool
    called: bool
    late: bool = False
    """It answers words that were said while the bot was away."""
    turn: int = 0
    """How many cards this person has had within the hour: a further one is shorter, and not the same words."""
    officer: str = ""
    """The duty officer who has answered already."""


@dataclass(frozen=True, slots=True)
class CrisisCalled(Say):
    """The duty officers have been told; no minutes are promised."""

    template: ClassVar[str] = "crisis/called"


@dataclass(frozen=True, slots=True)
class CrisisNobody(Say):
    """Nobody is on duty: said honestly, with the numbers again."""

    template: ClassVar[str] = "crisis/nobody"
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class CrisisLater(Say):
    """先不要 or 只想有人陪我等一会儿: respected, nothing stays open; the word 要 counts ``until`` the end."""

    template: ClassVar[str] = "crisis/later"
    wait_with_me: bool
    until: datetime
    hotlines: tuple[Hotline, ...]


def on_card(hotlines: tuple[Hotline, ...]) -> tuple[Hotline, ...]:
    """The lines that the card names, 110 and 120 first; regional ones stay out while the region is unknown."""
    return tuple(line for line in hotlines_for("", hotlines) if line.on_card)


async def open_crisis(
    unit: Unit,
    actor: Actor,
    account: Account | None,
    sign: CrisisSign,
    *,
    hotlines: tuple[Hotline, ...],
    calm: CrisisCalm,
    late: bool = False,
    turn: int = 0,
) -> CrisisCard | None:
    """Answer words of danger at once. A known person is asked in the card itself, so nothing is returned then.

    For a stranger nothing is stored and nobody can be told: the card says so.
    """
    lines = on_card(hotlines)
    if account is None or actor.person_id is None:
        return CrisisCard(sign.kind, lines, offer=False, called=False, late=late, turn=turn)
    # One at a time: two messages of the same second must not open two crises.
    person = (
        await unit.session.execute(select(Person).where(Person.id == actor.person_id).with_for_update())
    ).scalar_one()
    await leave_in_peace(unit, person, calm_until(unit.now, calm), but=(QUESTION.kind,))
    crisis = await _recent(unit, person.id)
    turn = max(turn, 1) if crisis is not None else turn
    if crisis is not None and CrisisState(crisis.state) is CrisisState.CONTACT_WANTED:
        officer = await name_of(unit.session, unit.vault, crisis.duty_id) if crisis.duty_id and crisis.seen_at else ""
        return CrisisCard(sign.kind, lines, False, crisis.duty_id is not None, late, turn, officer)
    if crisis is None:
        crisis = await _open(unit, actor, person)
    await _offer(unit, account, crisis, CrisisCard(sign.kind, lines, True, False, late, turn), life=CHOICE_LIFE)
    return None


async def want_contact(
    unit: Unit, actor: Actor, account: Account, *, hotlines: tuple[Hotline, ...]
) -> CrisisCalled | CrisisNobody:
    """Somebody who had written anonymously wants a person to make contact: from now on it is in their name (13.3)."""
    person = (
        await unit.session.execute(select(Person).where(Person.id == account.person_id).with_for_update())
    ).scalar_one()
    crisis = await _recent(unit, person.id) or await _open(unit, actor, person)
    await _take_back(unit, crisis)
    if CrisisState(crisis.state) is CrisisState.CONTACT_WANTED:
        return CrisisCalled() if crisis.duty_id is not None else CrisisNobody(on_card(hotlines))
    return await _call(unit, actor, crisis, hotlines=hotlines)


async def want_after_all(
    unit: Unit, actor: Actor, crisis_id: int, *, hotlines: tuple[Hotline, ...]
) -> CrisisCalled | CrisisNobody:
    """要, said some time after 先不要."""
    crisis = (
        await unit.session.execute(select(Crisis).where(Crisis.id == crisis_id).with_for_update())
    ).scalar_one_or_none()
    if crisis is None or crisis.closed_at is not None:
        return CrisisNobody(on_card(hotlines))
    if CrisisState(crisis.state) is CrisisState.CONTACT_WANTED:  # said twice in one moment
        return CrisisCalled() if crisis.duty_id is not None else CrisisNobody(on_card(hotlines))
    return await _call(unit, actor, crisis, hotlines=hotlines)


async def _call(
    unit: Unit, actor: Actor, crisis: Crisis, *, hotlines: tuple[Hotline, ...]
) -> CrisisCalled | CrisisNobody:
    crisis.state = state_after_choice(CrisisState(crisis.state), CrisisChoice.WANT_CONTACT).value
    await unit.audit(actor, "crisis.contact_wanted", subject_id=crisis.person_id)
    called = await crisis_call.call_duty(unit, crisis)
    await unit.session.flush()
    return CrisisCalled() if called else CrisisNobody(on_card(hotlines))


async def answer_contact(
    unit: Unit, actor: Actor, question: Asked[NoData], choice: CrisisChoice | None, *, hotlines: tuple[Hotline, ...]
) -> Say | None:
    """What the person chose; None: free words, of which nothing is kept."""
    lines = on_card(hotlines)
    crisis = await unit.session.get(Crisis, question.subject_id) if question.subject_id else None
    account = await unit.session.get(Account, question.account_id)
    if crisis is None or account is None or crisis.closed_at is not None:
        return CrisisNobody(lines) if choice is not CrisisChoice.NOT_NOW else None
    if choice is None:
        await _offer(unit, account, crisis, DangerHeard(0, choices=True, wanted=False), life=CHOICE_LIFE)
        return None
    if choice is not CrisisChoice.WANT_CONTACT:
        crisis.state = state_after_choice(CrisisState(crisis.state), choice).value
        return CrisisLater(choice is CrisisChoice.WAIT_WITH_ME, crisis.due_at, lines)
    said = await _call(unit, actor, crisis, hotlines=hotlines)
    # Before every question that waited meanwhile.
    await unit.push_person(question.person_id, said, cls="L", priority=0)
    return None


async def refused(session: AsyncSession, account: Account | None, *, now: datetime) -> int | None:
    """The crisis in which this person wanted nobody so far, while it lasts and no card of it is being answered."""
    if account is None:
        return None
    asked = waiting(QUESTION).where(Prompt.subject_id == Crisis.id).correlate(Crisis).exists()
    return await session.scalar(
        select(Crisis.id)
        .where(
            Crisis.person_id == account.person_id,
            Crisis.state == CrisisState.ASKED.value,
            Crisis.closed_at.is_(None),
            Crisis.due_at > now,
            ~asked,
        )
        .order_by(Crisis.opened_at.desc())
        .limit(1)
    )


async def _open(unit: Unit, actor: Actor, person: Person) -> Crisis:
    crisis = Crisis(
        id=new_id(),
        person_id=person.id,
        org_id=person.org_id if person.org_id is not None else _any_org(actor),
        state=state_after_asking(CrisisState.OPEN).value,
        opened_at=unit.now,
        due_at=crisis_due(unit.now),
    )
    unit.session.add(crisis)
    await unit.audit(actor, "crisis.opened", subject_id=person.id)
    await unit.session.flush()
    return crisis


async def _offer(unit: Unit, account: Account, crisis: Crisis, say: Say, *, life: timedelta) -> None:
    """Put the question, in place of an older one about the same crisis, before everything else that waits."""
    await _take_back(unit, crisis)
    # Free words count as an answer only while the offer stands; after a no they are ordinary words again.
    ask = Ask(QUESTION, CHOICES, say, subject_id=crisis.id, takes_text=True, urgent=True, life=life)
    await ask_account(unit, account, ask)


async def _take_back(unit: Unit, crisis: Crisis) -> None:
    await cancel(unit, QUESTION, subject_id=crisis.id, go_on=False)


async def _recent(unit: Unit, person_id: int) -> Crisis | None:
    found = await unit.session.execute(
        select(Crisis)
        .where(
            Crisis.person_id == person_id,
            Crisis.closed_at.is_(None),
            Crisis.opened_at > unit.now - SAME_CRISIS,
        )
        .order_by(Crisis.opened_at.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


def _any_org(actor: Actor) -> int | None:
    return actor.grants[0].org_id if actor.grants else None
