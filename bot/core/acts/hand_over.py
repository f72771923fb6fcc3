"""转交: what waits with a cadre who is gone; only its youth says whether the words go to who stands in (P12, P13)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Unpack

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asked, Question
from bot.core.reads.office import is_serving
from bot.core.reads.people import name_of
from bot.core.reads.stand_in import StandIn, stand_in_for
from bot.core.rules.say import Say
from bot.store.outbox import Sending
from bot.store.unit import Unit

OPTIONS: Final = ("named", "nameless", "keep", "withdraw")


@dataclass(frozen=True, slots=True)
class HandOverData:
    """To whom it would go, as the youth was told: the words go to nobody else."""

    ref: str
    cadre_id: int
    people: tuple[int, ...]
    org_id: int | None


@dataclass(frozen=True, slots=True)
class HandOverAsked(Say):
    """To the youth: their cadre is gone; who could take it, and what they would see."""

    template: ClassVar[str] = "contact/hand_over"
    ref: str
    cadre: str = field(repr=False)
    to: str = field(repr=False)
    withheld: bool


@dataclass(frozen=True, slots=True)
class HandedOver(Say):
    """To the youth: it is with them now."""

    template: ClassVar[str] = "contact/handed_over"
    ref: str
    to: str = field(repr=False)
    named: bool


@dataclass(frozen=True, slots=True)
class NotHandedOver(Say):
    """To the youth: it stays where it is.

    ``back``: because their cadre is there again; ``nobody``: because who was named stands in no more.
    """

    template: ClassVar[str] = "contact/not_handed_over"
    ref: str
    cadre: str = field(repr=False)
    back: bool
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class StandInTold(Say):
    """To who stands in: that something waits for a decision of its youth; reference only."""

    template: ClassVar[str] = "contact/stand_in_told"
    ref: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """等待转交的事: its reference and row, the cadre who is gone and the youth."""

    ref: str
    row_id: int
    cadre_id: int
    youth_id: int
    withheld: bool = False
    """Its youth has handed it on without the name before: the name goes no further (P12)."""


async def ask_hand_over(unit: Unit, question: Question[HandOverData], item: Waiting, **how: Unpack[Sending]) -> bool:
    """Put the question, and tell who stands in; False while there is nobody to hand it to, or nobody to ask.

    Who stands in sees it in 待办 all the same, whether its youth can be asked or not.
    """
    stand_in = await stand_in_for(unit.session, unit.vault, item.cadre_id, item.youth_id, now=unit.now)
    if stand_in is None:
        return False
    cadre = await name_of(unit.session, unit.vault, item.cadre_id)
    ask = Ask(
        question,
        OPTIONS[1:] if item.withheld else OPTIONS,
        HandOverAsked(item.ref, cadre, stand_in.name, item.withheld),
        HandOverData(item.ref, item.cadre_id, stand_in.people, stand_in.org_id),
        subject_id=item.row_id,
    )
    for person_id in stand_in.people:
        key = f"stand_in:{item.row_id}:{item.cadre_id}:{person_id}"
        await unit.push_person(person_id, StandInTold(item.ref), idem_key=key)
    return await ask_person(unit, item.youth_id, ask, **how)


async def still_meant(unit: Unit, question: Asked[HandOverData]) -> StandIn | NotHandedOver:
    """To whom it goes by this yes: who was named and still stands in; or why it stays."""
    data = question.data
    cadre = await name_of(unit.session, unit.vault, data.cadre_id)
    if await is_serving(unit.session, data.cadre_id, now=unit.now):
        return NotHandedOver(data.ref, cadre, back=True)
    found = await stand_in_for(unit.session, unit.vault, data.cadre_id, question.person_id, now=unit.now)
    if found is None or found.org_id != data.org_id or not set(found.people) & set(data.people):
        return NotHandedOver(data.ref, cadre, back=False, nobody=True)
    people = tuple(person for person in found.people if person in data.people)
    return StandIn(people, found.org_id, found.name)


async def kept(unit: Unit, question: Asked[HandOverData]) -> NotHandedOver:
    """③ 先放着."""
    cadre = await name_of(unit.session, unit.vault, question.data.cadre_id)
    return NotHandedOver(question.data.ref, cadre, back=False)
