"""借玩具、还玩具: a toy is lent, its borrower is reminded once, and it comes back by their word."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.features.toy.rules.toy import LENT_FOR
from bot.features.toy.tables import Toy
from sqlalchemy import delete, select

from bot.core.acts.prompt import ask_person, cancel
from bot.core.question import Ask, Asked, Asks, Question, ends
from bot.core.reads.contacts import memberships
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit

KEPT_FOR: Final = timedelta(days=30)
"""A toy that never came back is forgotten."""


@dataclass(frozen=True, slots=True)
class ReturnData:
    """Which toy is asked about."""

    toy_id: int


BACK: Final = Question("toy.back", Asks.YOUTH, ReturnData, silence=ends, no="not_yet", cancel="not_yet")
"""To its borrower: is it back?"""


@dataclass(frozen=True, slots=True)
class ToyLent(Say):
    """It is lent; ``until``: when its borrower is reminded."""

    template: ClassVar[str] = "toy/lent"
    what: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ToyAsked(Say):
    """The reminder, as a question."""

    template: ClassVar[str] = "toy/asked"
    what: str


@dataclass(frozen=True, slots=True)
class ToyAnswered(Say):
    """``back``: it is; else it stays lent."""

    template: ClassVar[str] = "toy/answered"
    back: bool


async def lend(unit: Unit, actor: Actor, borrower_id: int, what: str) -> ToyLent:
    """``借玩具 <什么>``."""
    person = await unit.session.get_one(Person, borrower_id)
    toy_id = new_id()
    sealed = await unit.seal(person.key_id, f"toys:{toy_id}:what", what)
    cadres = await memberships(unit.session, unit.vault, person.id, now=unit.now)
    cadre_id = cadres[0].cadre_id if cadres else None
    unit.session.add(Toy(id=toy_id, borrower_id=person.id, what=sealed, lent_at=unit.now, cadre_id=cadre_id))
    await unit.session.flush()
    await unit.audit(actor, "toy.lent", subject_id=person.id)
    return ToyLent(what, unit.now + LENT_FOR)


async def remind(unit: Unit, toy_id: int) -> bool:
    """Ask its borrower once whether it is back."""
    toy = await unit.session.get(Toy, toy_id, with_for_update=True)
    if toy is None or toy.reminded_at is not None:
        return False
    toy.reminded_at = unit.now
    what = await unit.open(f"toys:{toy.id}:what", toy.what) or ""
    return await ask_person(
        unit, toy.borrower_id, Ask(BACK, ("back", "not_yet"), ToyAsked(what), ReturnData(toy.id), subject_id=toy.id)
    )


async def answer_back(unit: Unit, actor: Actor, question: Asked[ReturnData], answer: str) -> ToyAnswered:
    """It is back, or not yet."""
    if answer == "back":
        await unit.session.execute(delete(Toy).where(Toy.id == question.data.toy_id))
        await unit.audit(actor, "toy.returned", subject_id=question.person_id)
    return ToyAnswered(answer == "back")


async def forget_toys(unit: Unit, borrower_id: int) -> None:
    """Everything of a person who goes."""
    toys = await unit.session.execute(select(Toy.id).where(Toy.borrower_id == borrower_id))
    for toy_id in toys.scalars().all():
        await cancel(unit, BACK, subject_id=toy_id)
    await unit.session.execute(delete(Toy).where(Toy.borrower_id == borrower_id))


async def expire_toys(unit: Unit, limit: int) -> int:
    """Toys that never came back."""
    old = select(Toy.id).where(Toy.lent_at < unit.now - KEPT_FOR).limit(limit)
    done = await unit.session.execute(delete(Toy).where(Toy.id.in_(old)).returning(Toy.id))
    return len(done.all())
