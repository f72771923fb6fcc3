"""退出 with a 微心愿 still open: its owner says whether it goes on, or is taken back (P7)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import AT_ONCE, ask_person
from bot.core.events import ContactEnded
from bot.core.question import Ask, Asked, Asks, NoData, Question, as_long_as
from bot.core.reads.duty import nearest_holders, org_name
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.wish.acts.arrive import arrived
from bot.features.wish.acts.confirm import withdraw_wish
from bot.features.wish.reads.wish import OPENISH, linked_now
from bot.features.wish.rules.wish import HELD, WishState
from bot.features.wish.tables import Wish
from bot.store.unit import Unit

LEAVING: Final = Question("wish.leaving", Asks.YOUTH, reason=as_long_as(Wish.id, Wish.state.in_(OPENISH)))
OPTIONS: Final = ("go_on", "withdraw")


@dataclass(frozen=True, slots=True)
class WishLeavingAsked(Say):
    """To the owner who has left: this one is still open; ``state`` says where it is."""

    template: ClassVar[str] = "wish/leaving"
    ref: int
    state: WishState


@dataclass(frozen=True, slots=True)
class WishGoesOn(Say):
    """To the owner: it goes on; ``to``: the organ that has it now, empty: who had it goes on."""

    template: ClassVar[str] = "wish/goes_on"
    ref: int
    to: str


async def contact_ended(unit: Unit, event: ContactEnded) -> None:
    """Ask about each whose cadre they are no longer in contact with; until they have said it stays where it is."""
    rows = await unit.session.execute(
        select(Wish)
        .where(Wish.owner_id == event.youth_id, Wish.state.in_(OPENISH))
        .where(~linked_now() | Wish.cadre_id.is_(None))
        .order_by(Wish.made_at)
    )
    for wish in rows.scalars().all():
        say = WishLeavingAsked(wish.ref, WishState(wish.state))
        if await ask_person(unit, event.youth_id, Ask(LEAVING, OPTIONS, say, subject_id=wish.id), **AT_ONCE):
            wish.handed_named = True  # the cadre knows whose it is
    await unit.session.flush()


async def answer_leaving(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say | None:
    """① whoever has claimed it goes on, and what nobody has goes to the organ; ② it is taken back."""
    wish = await _still_theirs(unit, question)
    if wish is None:
        return None
    if answer == "withdraw":
        return await withdraw_wish(unit, actor, wish.ref)
    if wish.state in HELD or wish.state != WishState.OPEN:
        return WishGoesOn(wish.ref, "")
    organ = await nearest_holders(
        unit.session, wish.org_id, Role.ORGAN_ADMIN, now=unit.now, but=frozenset({question.person_id})
    )
    if organ is None:
        return WishGoesOn(wish.ref, "")
    wish.cadre_id, wish.handed_named, wish.reminded_at = organ.people[0], False, None
    wish.version += 1
    await unit.session.flush()
    await unit.audit(
        actor, "wish.handed_over", role=Role.YOUTH, subject_id=wish.owner_id, ref=f"W{wish.ref}", named=False
    )
    await arrived(unit, wish)
    return WishGoesOn(wish.ref, await org_name(unit.session, organ.org_id))


@LEAVING.when_silent
async def leaving_silent(unit: Unit, question: Asked[NoData]) -> None:
    """Nothing goes on without a word of somebody who has left: it is taken back."""
    wish = await _still_theirs(unit, question)
    if wish is not None:
        await withdraw_wish(unit, Actor(question.person_id, None), wish.ref)


async def _still_theirs(unit: Unit, question: Asked[NoData]) -> Wish | None:
    wish = await unit.session.get(Wish, question.subject_id or 0, with_for_update=True)
    if wish is None or wish.owner_id != question.person_id or wish.state not in OPENISH:
        return None
    return wish
