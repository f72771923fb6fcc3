"""微心愿: what its owner says: 收到, 没收到, 不需要了, 撤回, and after a 婉拒. Only their word closes it (6.5)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.arrivals import tell_change
from bot.core.acts.touch import touch
from bot.core.question import Asked, Asks, Question, as_long_as, ends
from bot.core.rules.checked import checked
from bot.core.rules.people import Actor
from bot.core.rules.privacy import secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.wish import find_own
from bot.features.wish.rules.wish import (
    CARRIED,
    CLOSED,
    MAX_DONE,
    REOPEN_WITHIN,
    WishAct,
    WishNotPossible,
    WishParty,
    WishState,
)
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RefData:
    """The wish's number."""

    ref: int


RECEIVED: Final = Question(
    "wish.received", Asks.YOUTH, RefData, silence=ends, reason=as_long_as(Wish.id, Wish.state.in_(CARRIED))
)
DECLINED: Final = Question(
    "wish.declined",
    Asks.YOUTH,
    RefData,
    silence=ends,
    reason=as_long_as(Wish.id, Wish.state == WishState.DECLINED.value),
)
RECEIVED_OPTIONS: Final = ("received", "not_received", "not_needed")
DECLINED_OPTIONS: Final = ("ok", "reopen")


@dataclass(frozen=True, slots=True)
class WishWithdrawn(Say):
    """To the owner: taken back, and its words are gone."""

    template: ClassVar[str] = "wish/withdrawn"
    ref: int


@dataclass(frozen=True, slots=True)
class WishFulfilled(Say):
    """To the owner: it is closed as fulfilled."""

    template: ClassVar[str] = "wish/fulfilled"
    ref: int


@dataclass(frozen=True, slots=True)
class WishReopened(Say):
    """To the owner: open again; ``held``: with who was at it, else waiting for somebody."""

    template: ClassVar[str] = "wish/reopened"
    ref: int
    held: bool


@dataclass(frozen=True, slots=True)
class WishDeclineKept(Say):
    """To the owner: it stays closed; how to open it again."""

    template: ClassVar[str] = "wish/decline_kept"
    ref: int


@dataclass(frozen=True, slots=True)
class WishWithdrawnTold(Say):
    """To who was at it, or had it: no longer needed. Nothing is said of why, also not when its owner is gone."""

    template: ClassVar[str] = "wish/withdrawn_told"
    ref: int


@dataclass(frozen=True, slots=True)
class WishFulfilledTold(Say):
    """To who did it: the owner has it."""

    template: ClassVar[str] = "wish/fulfilled_told"
    ref: int


@dataclass(frozen=True, slots=True)
class WishReopenedTold(Say):
    """To who is to go on with it: not received, with what the owner says about it."""

    template: ClassVar[str] = "wish/reopened_told"
    ref: int
    held: bool
    note: str = field(repr=False)


class WishWhich(Refusal):
    """Several wishes wait for an answer, or none; ``refs`` of those that do."""

    code = "wish.which"


class WishNoteTooLong(Refusal):
    """More than is read in chat in one go; fields ``most``, ``length``."""

    code = "wish.note_too_long"


class WishNoteSecret(Refusal):
    """A note with a secrecy marking (P37)."""

    code = "wish.note_secret"


async def withdraw_wish(unit: Unit, actor: Actor, number: int) -> WishWithdrawn:
    """``撤回心愿 <W>``: at any time before it is over, no question asked; its words are deleted."""
    return await _withdraw(unit, actor, await find_own(unit.session, actor, number))


async def receive(unit: Unit, actor: Actor, number: int | None) -> WishFulfilled:
    """``收到 <W>``, also before the other side has said 完成; without a number the one that is asked about."""
    return await _fulfil(unit, actor, await _meant(unit, actor, number))


async def not_received(unit: Unit, actor: Actor, number: int | None, note: str | None) -> WishReopened:
    """``没收到 <W> [说明]``: back to who held it; also takes back a 收到, and opens a declined wish again."""
    told = checked_note(note or "")
    return await _reopen(unit, actor, await _meant(unit, actor, number), told)


def checked_note(note: str) -> str:
    """What somebody writes about a wish; refused when it is too long or bears a secrecy marking (P37)."""
    return checked(note, most=(MAX_DONE, WishNoteTooLong), forbid={secrecy_marking: WishNoteSecret})


async def answer_received(unit: Unit, actor: Actor, question: Asked[RefData], answer: str) -> Say:
    """① 收到 ② 没收到 ③ 不需要了."""
    wish = await find_own(unit.session, actor, question.data.ref)
    match answer:
        case "received":
            return await _fulfil(unit, actor, wish)
        case "not_received":
            return await _reopen(unit, actor, wish, "")
        case _:
            return await _withdraw(unit, actor, wish)


async def answer_declined(unit: Unit, actor: Actor, question: Asked[RefData], answer: str) -> Say:
    """① 知道了 ② 再试试: the wish is open again for the cadre."""
    wish = await find_own(unit.session, actor, question.data.ref)
    if answer == "reopen":
        return await _reopen(unit, actor, wish, "")
    return WishDeclineKept(wish.ref)


async def _meant(unit: Unit, actor: Actor, number: int | None) -> Wish:
    """The wish named, or the only one whose owner is being asked."""
    if number is not None:
        return await find_own(unit.session, actor, number)
    rows = await unit.session.execute(
        select(Wish)
        .where(Wish.owner_id == actor.person_id, Wish.asked_at.is_not(None), Wish.state.in_(CARRIED))
        .order_by(Wish.asked_at)
    )
    waiting = list(rows.scalars().all())
    if len(waiting) != 1:
        raise WishWhich(refs=[wish.ref for wish in waiting])
    return waiting[0]


async def _withdraw(unit: Unit, actor: Actor, wish: Wish) -> WishWithdrawn:
    told = {wish.holder_id, wish.cadre_id} - {None, actor.person_id}
    await change(unit, actor, wish, WishAct.WITHDRAW, WishParty.OWNER)
    for person_id in sorted(person for person in told if person is not None):
        await tell_change(unit, person_id, WishWithdrawnTold(wish.ref))
    return WishWithdrawn(wish.ref)


async def _fulfil(unit: Unit, actor: Actor, wish: Wish) -> WishFulfilled:
    await change(unit, actor, wish, WishAct.FULFIL, WishParty.OWNER)
    for person_id in sorted({wish.holder_id, wish.cadre_id} - {None, actor.person_id}, key=str):
        if person_id is not None:
            await tell_change(unit, person_id, WishFulfilledTold(wish.ref))
    await touch(unit, Contact.cadre_id == wish.cadre_id, Contact.youth_id == wish.owner_id)
    return WishFulfilled(wish.ref)


async def _reopen(unit: Unit, actor: Actor, wish: Wish, note: str) -> WishReopened:
    if WishState(wish.state) in CLOSED and (wish.closed_at is None or unit.now - wish.closed_at > REOPEN_WITHIN):
        raise WishNotPossible(ref=wish.ref, state=wish.state)
    await change(unit, actor, wish, WishAct.REOPEN, WishParty.OWNER)
    held = wish.holder_id is not None
    to = wish.holder_id if held else wish.cadre_id
    if to is not None and await unit.session.get(Person, to) is not None:
        await tell_change(unit, to, WishReopenedTold(wish.ref, held, note))
    return WishReopened(wish.ref, held)
