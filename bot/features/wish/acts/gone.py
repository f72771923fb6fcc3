"""微心愿 of a cadre who is gone: its owner says who gets it; until then nobody else reads a word of it (P12, P13)."""

from typing import Final

from sqlalchemy import Select, select

from bot.core.acts.hand_over import HandOver, HandOverData
from bot.core.question import Asks, Question, as_long_as, ends
from bot.core.reads.stand_in import StandIn
from bot.core.rules.people import Actor, Role
from bot.features.wish.acts.arrive import arrived
from bot.features.wish.acts.confirm import withdraw_wish
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.wish import HOLDERS, OPENISH, followers_of, linked_now
from bot.features.wish.rules.wish import CLOSED, HELD, WishAct, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.unit import Unit

WITH_CADRE: Final = (WishState.OPEN, WishState.CADRE_HELPING)
"""States in which the cadre has to do something; what is in a pool goes on without them."""


def _all_of(cadre_id: int) -> Select[Wish]:
    mine = (Wish.cadre_id == cadre_id, Wish.state.in_(OPENISH), Wish.owner_id.is_not(None), linked_now())
    return select(Wish).where(*mine).order_by(Wish.ref)


async def _let_go(unit: Unit, wish: Wish) -> None:
    """What they have claimed goes back to where it was claimed."""
    if wish.state in HELD and wish.holder_id == wish.cadre_id:
        await change(unit, None, wish, WishAct.RELEASE, WishParty.CLOCK)


async def _give(unit: Unit, actor: Actor, wish: Wish, to: StandIn, named: bool) -> None:
    await part_all(unit, wish)
    given = {"cadre_id": to.people[0], "handed_named": named, "gone_asked_at": None, "reminded_at": None}
    await unit.swap(Wish, Wish.id == wish.id, **given, version=Wish.version + 1)
    await unit.session.refresh(wish)
    await unit.audit(
        actor, "wish.handed_over", role=Role.YOUTH, subject_id=wish.owner_id, ref=f"W{wish.ref}", named=named
    )
    if wish.state == WishState.OPEN:
        await arrived(unit, wish)


async def part_all(unit: Unit, wish: Wish) -> None:
    """A wish is shared among one cadre's youths: with another cadre each is on its own again."""
    for one in (wish, *await followers_of(unit.session, wish)):
        if one.state == WishState.SHARED:
            await change(unit, None, one, WishAct.PART, WishParty.CLOCK)


GONE: Final = HandOver(
    question=Question(
        "wish.hand_over",
        Asks.YOUTH,
        HandOverData,
        silence=ends,
        no="keep",
        cancel="keep",
        reason=as_long_as(Wish.id, Wish.state.in_(WITH_CADRE)),
    ),
    audit="wish.hand_over_asked",
    letter="W",
    table=Wish,
    youth_of=lambda wish: wish.owner_id,
    offices=HOLDERS,
    all_of=_all_of,
    is_open=lambda wish: wish.state not in CLOSED,
    waits=lambda wish: wish.state in WITH_CADRE,
    withdraw=withdraw_wish,
    give=_give,
    let_go=_let_go,
)
