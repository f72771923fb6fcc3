"""转交: what waits with a cadre who is gone; only its youth says whether the words go to who stands in (P12, P13)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeVar, Unpack

from sqlalchemy import Select

from bot.core.acts.prompt import ask_person, cancel
from bot.core.events import AccountGone, OfficeEnded
from bot.core.feature import Reaction
from bot.core.question import Ask, Asked, Question, Unseen
from bot.core.reads.office import is_serving
from bot.core.reads.people import name_of
from bot.core.reads.stand_in import StandIn, stand_in_for
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.base import Base
from bot.store.outbox import Sending
from bot.store.unit import Unit

R = TypeVar("R", bound=Base)
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
class NobodyStandsIn(Say):
    """To the youth: their cadre is gone and nobody can take it; it stays, unread; who runs the bot sees that."""

    template: ClassVar[str] = "contact/nobody_stands_in"
    ref: str
    cadre: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandOver(Generic[R]):
    """转交: how one kind of thing that waits with a cadre changes hands, as its feature declares it.

    Its rows have ``id``, ``ref``, ``cadre_id``, ``handed_named`` and ``gone_asked_at``. Its manifest takes ``question``
    and ``reactions``; a tick that looks for what was missed calls ``ask_if_gone``.
    """

    question: Question[HandOverData]
    audit: str
    """The kind of the audit row that its youth was asked."""
    letter: str
    table: type[R]
    youth_of: Callable[[R], int | None]
    """Whose it is."""
    offices: tuple[Role, ...]
    """In which office somebody to whom it was handed serves; until then it is a cadre."""
    all_of: Callable[[int], Select[R]]
    """What waits with this cadre, in order."""
    is_open: Callable[[R], bool]
    """Whether it may still change hands."""
    waits: Callable[[R], bool]
    """Whether the cadre has to do something: only then the youth is asked."""
    withdraw: Callable[[Unit, Actor, int], Awaitable[Say]]
    """The youth takes it back, by its number."""
    give: Callable[[Unit, Actor, R, StandIn, bool], Awaitable[None]]
    """It goes to who stands in, with the youth's name or without."""
    let_go: Callable[[Unit, R], Awaitable[None]] | None = None
    """What the cadre who is gone gives up first."""

    def __post_init__(self) -> None:
        """When the question could not be shown, the youth is asked again."""
        self.question.when_unshown(self._unshown)

    @property
    def reactions(self) -> tuple[Reaction[Any], ...]:
        """The events after which the youths of a cadre are asked at once."""
        return (Reaction(OfficeEnded, self._office_ended), Reaction(AccountGone, self._account_gone))

    async def ask_if_gone(self, unit: Unit, row: R | None, **how: Unpack[Sending]) -> bool:
        """Ask the youth once while the cadre is gone, or take the question back when they serve; whether anything was
        done. The row is held already.
        """
        item: Any = row
        youth_id = self.youth_of(row) if row is not None else None
        if row is None or youth_id is None or item.cadre_id is None or not self.is_open(row):
            return False
        offices = self.offices if item.handed_named is not None else (Role.CADRE,)
        if await is_serving(unit.session, item.cadre_id, *offices, now=unit.now):
            if item.gone_asked_at is None:
                return False
            await self._mark(unit, row, None)
            await cancel(unit, self.question, subject_id=item.id, skip_busy=True)
            return True
        if self.let_go is not None:
            await self.let_go(unit, row)
        if item.gone_asked_at is not None or not self.waits(row):
            return False
        asked = await self._ask(unit, item, youth_id, **how)
        if asked:
            await self._mark(unit, row, unit.now)
            await unit.audit(None, self.audit, role="system", subject_id=youth_id, ref=self._ref(item))
        return asked

    async def answer(self, unit: Unit, actor: Actor, question: Asked[HandOverData], answer: str) -> Say | None:
        """Carry out the answer: only ① and ② move the words, and only to who was named; None: it is over."""
        held = await unit.session.get(
            self.table, question.subject_id or 0, with_for_update=True, populate_existing=True
        )
        if held is None or self.youth_of(held) != question.person_id or not self.is_open(held):
            return None
        item: Any = held
        if answer == "withdraw":
            return await self.withdraw(unit, actor, item.ref)
        if answer == "keep":
            cadre = await name_of(unit.session, unit.vault, question.data.cadre_id)
            return NotHandedOver(question.data.ref, cadre, back=False)
        to = await _still_meant(unit, question)
        if isinstance(to, Say):
            await self._mark(unit, held, None)
            return to
        named = answer == "named"
        await self.give(unit, actor, held, to, named)
        return HandedOver(question.data.ref, to.name, named)

    async def _ask(self, unit: Unit, item: Any, youth_id: int, **how: Unpack[Sending]) -> bool:
        """Put the question, and tell who stands in; False while there is nobody to ask, or nobody to hand it to, which
        its youth is told.

        Who stands in sees it in 待办 all the same, whether its youth can be asked or not.
        """
        stand_in = await stand_in_for(unit.session, unit.vault, item.cadre_id, youth_id, now=unit.now)
        ref, cadre = self._ref(item), await name_of(unit.session, unit.vault, item.cadre_id)
        if stand_in is None:
            key = f"stranded:{item.id}:{item.cadre_id}"
            await unit.push_person(youth_id, NobodyStandsIn(ref, cadre), idem_key=key)
            return False
        data = HandOverData(ref, item.cadre_id, stand_in.people, stand_in.org_id)
        for person_id in stand_in.people:
            key = f"stand_in:{item.id}:{item.cadre_id}:{person_id}"
            await unit.push_person(person_id, StandInTold(ref), idem_key=key)
        withheld = item.handed_named is False  # handed on without the name before: the name goes no further (P12)
        say = HandOverAsked(ref, cadre, stand_in.name, withheld)
        ask = Ask(self.question, OPTIONS[1:] if withheld else OPTIONS, say, data, subject_id=item.id)
        return await ask_person(unit, youth_id, ask, **how)

    def _ref(self, item: Any) -> str:
        return f"{self.letter}{item.ref}"

    async def _mark(self, unit: Unit, row: R, at: datetime | None) -> None:
        """Note when its youth was asked, without changing the thing itself."""
        table: Any = self.table
        item: Any = row
        await unit.swap(self.table, table.id == item.id, gone_asked_at=at)
        await unit.session.refresh(row)

    async def _unshown(self, unit: Unit, question: Asked[HandOverData], why: Unseen) -> None:
        """The youth never saw the question: the next look asks again."""
        if why is Unseen.OVER:
            table: Any = self.table
            await unit.swap(self.table, table.id == question.subject_id, gone_asked_at=None)

    async def _office_ended(self, unit: Unit, event: OfficeEnded) -> None:
        """These cadres are out of office, or away."""
        for person_id in event.person_ids:
            await self._ask_all(unit, person_id)

    async def _account_gone(self, unit: Unit, event: AccountGone) -> None:
        """解绑: this cadre has let an account go."""
        await self._ask_all(unit, event.person_id)

    async def _ask_all(self, unit: Unit, cadre_id: int) -> None:
        await unit.session.flush()
        rows = await unit.session.execute(self.all_of(cadre_id).with_for_update())
        for row in rows.scalars().all():
            await self.ask_if_gone(unit, row)


async def _still_meant(unit: Unit, question: Asked[HandOverData]) -> StandIn | NotHandedOver:
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
