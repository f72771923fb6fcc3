"""微心愿 of a cadre who is gone: its owner says who gets it; until then nobody else reads a word of it (P12, P13)."""

from typing import Final, Unpack

from sqlalchemy import select, update

from bot.core.acts.hand_over import HandedOver, HandOverData, Waiting, ask_hand_over, kept, still_meant
from bot.core.acts.prompt import cancel
from bot.core.events import AccountGone, OfficeEnded
from bot.core.question import Asked, Asks, Question, Unseen, as_long_as, ends
from bot.core.reads.office import is_serving
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.wish.acts.arrive import arrived
from bot.features.wish.acts.confirm import withdraw_wish
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.wish import HOLDERS, OPENISH, followers_of, linked_now
from bot.features.wish.rules.wish import CLOSED, HELD, WishAct, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.outbox import Sending
from bot.store.unit import Unit

WITH_CADRE: Final = (WishState.OPEN, WishState.CADRE_HELPING)
"""States in which the cadre has to do something; what is in a pool goes on without them."""
HAND_OVER: Final = Question(
    "wish.hand_over",
    Asks.YOUTH,
    HandOverData,
    silence=ends,
    no="keep",
    cancel="keep",
    reason=as_long_as(Wish.id, Wish.state.in_(WITH_CADRE)),
)


async def ask_if_gone(unit: Unit, wish: Wish, **how: Unpack[Sending]) -> bool:
    """Ask the owner once while the cadre is gone, or take the question back when they serve; whether that was done."""
    if wish.cadre_id is None or wish.owner_id is None or wish.state in CLOSED:
        return False
    roles = HOLDERS if wish.handed_named is not None else (Role.CADRE,)
    if await is_serving(unit.session, wish.cadre_id, *roles, now=unit.now):
        if wish.gone_asked_at is None:
            return False
        await _mark(unit, wish, gone_asked_at=None)
        await cancel(unit, HAND_OVER, subject_id=wish.id, skip_busy=True)
        return True
    if wish.state in HELD and wish.holder_id == wish.cadre_id:
        await change(unit, None, wish, WishAct.RELEASE, WishParty.CLOCK)
    if wish.gone_asked_at is not None or wish.state not in WITH_CADRE:
        return False
    about = Waiting(f"W{wish.ref}", wish.id, wish.cadre_id, wish.owner_id, wish.handed_named is False)
    asked = await ask_hand_over(unit, HAND_OVER, about, **how)
    if asked:
        await _mark(unit, wish, gone_asked_at=unit.now)
        await unit.audit(None, "wish.hand_over_asked", subject_id=wish.owner_id, ref=f"W{wish.ref}")
    return asked


@HAND_OVER.when_unshown
async def hand_over_unshown(unit: Unit, question: Asked[HandOverData], why: Unseen) -> None:
    """Who never saw it was never asked: they are asked again."""
    if why is Unseen.OVER:
        await unit.swap(Wish, Wish.id == question.subject_id, gone_asked_at=None)


async def _mark(unit: Unit, wish: Wish, **columns: object) -> None:
    await unit.session.execute(
        update(Wish).where(Wish.id == wish.id).values(**columns).execution_options(synchronize_session=False)
    )
    await unit.session.refresh(wish)


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office or away: the owners of what waits are asked at once."""
    for person_id in event.person_ids:
        await _ask_all(unit, person_id)


async def account_gone(unit: Unit, event: AccountGone) -> None:
    """解绑: the same."""
    await _ask_all(unit, event.person_id)


async def _ask_all(unit: Unit, cadre_id: int) -> None:
    await unit.session.flush()
    rows = await unit.session.execute(
        select(Wish)
        .where(Wish.cadre_id == cadre_id, Wish.state.in_(OPENISH), Wish.owner_id.is_not(None), linked_now())
        .order_by(Wish.ref)
        .with_for_update()
    )
    for wish in rows.scalars().all():
        await ask_if_gone(unit, wish)


async def answer_hand_over(unit: Unit, actor: Actor, question: Asked[HandOverData], answer: str) -> Say | None:
    """Only ① and ② move the words, and only to who was named."""
    wish = await unit.session.get(Wish, question.subject_id or 0, with_for_update=True)
    if wish is None or wish.owner_id != question.person_id or wish.state in CLOSED:
        return None
    if answer == "withdraw":
        return await withdraw_wish(unit, actor, wish.ref)
    if answer == "keep":
        return await kept(unit, question)
    to = await still_meant(unit, question)
    if isinstance(to, Say):
        await _mark(unit, wish, gone_asked_at=None)
        return to
    await part_all(unit, wish)
    named = answer == "named"
    await _mark(
        unit,
        wish,
        cadre_id=to.people[0],
        handed_named=named,
        gone_asked_at=None,
        reminded_at=None,
        version=Wish.version + 1,
    )
    await unit.audit(
        actor, "wish.handed_over", role=Role.YOUTH, subject_id=wish.owner_id, ref=f"W{wish.ref}", named=named
    )
    if wish.state == WishState.OPEN:
        await arrived(unit, wish)
    return HandedOver(question.data.ref, to.name, named)


async def part_all(unit: Unit, wish: Wish) -> None:
    """A wish is shared among one cadre's youths: with another cadre each is on its own again."""
    for one in (wish, *await followers_of(unit.session, wish)):
        if one.state == WishState.SHARED:
            await change(unit, None, one, WishAct.PART, WishParty.CLOCK)
