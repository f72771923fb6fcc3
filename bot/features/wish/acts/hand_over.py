"""微心愿 when people change: a contact ends, a cadre leaves, a youth has another group or is erased (P7, P13)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.events import AgeBandChanged
from bot.core.feature import Look
from bot.core.person_data import Erasing
from bot.core.reads.office import in_contact, is_serving, reachable, serves
from bot.core.reads.stand_in import anybody_for, in_turn
from bot.core.rules.retention import RetentionPeriods
from bot.features.wish.acts.arrive import arrived
from bot.features.wish.acts.confirm import WishWithdrawnTold
from bot.features.wish.acts.gone import GONE, WITH_CADRE, part_all
from bot.features.wish.acts.transition import cancel_questions_about, change
from bot.features.wish.reads.wish import HOLDERS, OPENISH, cadre_serves, linked_now
from bot.features.wish.rules.wish import CLOSED, HELD, WAITING, WishAct, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.sealing import Vault
from bot.store.unit import Unit

LEFT_SOONER: Final = timedelta(days=185)
"""So much sooner ends what somebody who has left let go on, and that nobody has taken: after half a year."""
WORDS: Final = ("text", "pool_text", "tried", "done")
"""Columns that hold somebody's words."""


def _someone_there(now: datetime) -> ColumnElement[bool]:
    return exists().where(Contact.youth_id == Wish.owner_id, Contact.ended_at.is_(None), serves(Contact.cadre_id, now))


def _back(now: datetime) -> ColumnElement[bool]:
    return and_(Wish.gone_asked_at.is_not(None), cadre_serves(now))


async def misplaced_wishes(session: AsyncSession, look: Look) -> list[int]:
    """Wishes whose cadre is no longer the owner's: they need the next one, or none; those whose holder is gone, or
    whose cadre is there again.
    """
    now = look.now
    with_nobody = and_(Wish.cadre_id.is_(None), _someone_there(now))
    has = Wish.cadre_id.is_not(None)
    lost = and_(has, ~linked_now())
    back = and_(has, linked_now(), _back(now))
    left = and_(Wish.state.in_(HELD), or_(Wish.holder_id.is_(None), ~serves(Wish.holder_id, now, *HOLDERS)))
    return await _those(session, look, or_(with_nobody, lost, back, left), (Wish.id,))


async def wishes_of_gone(session: AsyncSession, look: Look) -> list[int]:
    """Wishes whose cadre is gone, and whose owner has not been asked; apart from the others and in turn, since nobody
    may stand in for many of them.
    """
    return await _those(session, look, gone_wishes(look.now), in_turn(Wish.id))


def gone_wishes(now: datetime) -> ColumnElement[bool]:
    """What waits for a cadre who is gone, and its owner can be asked about it."""
    waits = and_(Wish.gone_asked_at.is_(None), Wish.state.in_(WITH_CADRE), reachable(Wish.owner_id))
    return and_(Wish.cadre_id.is_not(None), linked_now(), waits, ~cadre_serves(now))


async def stranded_wishes(session: AsyncSession, vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since when wishes wait for which nobody stands in."""
    found = await session.execute(
        select(Wish.made_at, Wish.cadre_id, Wish.owner_id)
        .where(Wish.state.in_(OPENISH), Wish.owner_id.is_not(None), gone_wishes(now))
        .order_by(Wish.made_at)
    )
    rows = [(since, (cadre or 0, owner or 0)) for since, cadre, owner in found]
    someone = await anybody_for(session, vault, (pair for _, pair in rows), now=now)
    return [since for since, pair in rows if pair not in someone]


async def _those(session: AsyncSession, look: Look, which: ColumnElement[bool], order: tuple[Any, ...]) -> list[int]:
    rows = await session.execute(
        select(Wish.id)
        .where(Wish.state.in_(OPENISH), Wish.owner_id.is_not(None), which)
        .order_by(*order)
        .limit(look.limit)
    )
    return list(rows.scalars())


async def place_wish(unit: Unit, wish_id: int, _look: Look) -> bool:
    """Give a wish to its owner's cadre of today; a claim of who has gone goes back to where it was claimed."""
    wish = await unit.session.get(Wish, wish_id, with_for_update=True)
    if wish is None or wish.owner_id is None or WishState(wish.state) in CLOSED:
        return False
    if wish.state in HELD and not await is_serving(unit.session, wish.holder_id, *HOLDERS, now=unit.now):
        await change(unit, None, wish, WishAct.RELEASE, WishParty.CLOCK)
    if wish.cadre_id is not None and await _linked(unit, wish):
        return await GONE.ask_if_gone(unit, wish)
    cadre_id = await _cadre_of(unit, wish.owner_id)
    if wish.state == WishState.CADRE_HELPING and wish.holder_id != cadre_id:
        await change(unit, None, wish, WishAct.RELEASE, WishParty.CLOCK)
    if cadre_id == wish.cadre_id:
        return True
    await part_all(unit, wish)
    moved = {"cadre_id": cadre_id, "version": Wish.version + 1, "reminded_at": None}
    await unit.swap(Wish, Wish.id == wish.id, handed_named=None, gone_asked_at=None, **moved)
    await unit.session.refresh(wish)
    await unit.audit(None, "wish.moved", subject_id=wish.owner_id, ref=f"W{wish.ref}", placed=cadre_id is not None)
    if wish.state == WishState.OPEN:
        await arrived(unit, wish)
    return True


async def _linked(unit: Unit, wish: Wish) -> bool:
    """Whether it may stay with whom it is: they are in contact, or its owner handed it to them."""
    return wish.handed_named is not None or await in_contact(unit.session, wish.cadre_id, wish.owner_id)


async def _cadre_of(unit: Unit, owner_id: int) -> int | None:
    """The cadre of a youth's newest contact; None: nobody is there."""
    rows = await unit.session.execute(
        select(Contact.cadre_id)
        .where(Contact.youth_id == owner_id, Contact.ended_at.is_(None), serves(Contact.cadre_id, unit.now))
        .group_by(Contact.cadre_id)
        .order_by(func.max(Contact.since).desc(), Contact.cadre_id)
        .limit(1)
    )
    return rows.scalar_one_or_none()


async def follow_age(unit: Unit, event: AgeBandChanged) -> None:
    """Open wishes are looked at, and shown in a pool, with their owner's age band as it is now."""
    mine = (Wish.owner_id == event.youth_id, Wish.state.not_in(CLOSED))
    await unit.swap(Wish, *mine, age_band=event.band.value)


async def forget_owner(going: Erasing) -> None:
    """删除我的数据: the rows stay as numbers, without owner and words; who was at a wish hears that it is not needed.

    Neither wish nor message says that somebody was erased: it reads as any wish taken back.
    """
    unit, person_id = going.unit, going.person_id
    rows = await unit.session.execute(
        select(Wish).where(Wish.owner_id == person_id).order_by(Wish.ref).with_for_update()  # in the order of a match
    )
    for wish in rows.scalars().all():
        told = {wish.holder_id, wish.cadre_id} - {None, person_id}
        if WishState(wish.state) not in CLOSED:
            await change(unit, going.actor, wish, WishAct.WITHDRAW, WishParty.OWNER)
            for other in sorted(other for other in told if other is not None):
                await unit.push_person(other, WishWithdrawnTold(wish.ref))
        await cancel_questions_about(unit, wish.id)
    await forget_words(unit, Wish.owner_id == person_id)


async def forget_words(unit: Unit, *where: ColumnElement[bool]) -> int:
    """Take words and owner out of wishes; what is left counts."""
    gone = await unit.swap(Wish, *where, owner_id=None, **dict.fromkeys(WORDS))
    unit.erased = unit.erased or gone > 0
    return gone


async def expire_wishes(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """One year after closing: words and owner go, in one batch; returns how many (P20)."""
    before, left = unit.now - periods.wishes, or_(Wish.owner_id.is_not(None), *_still_worded())
    due = select(Wish.id).where(Wish.closed_at < before, left).order_by(Wish.closed_at).limit(limit)
    return await forget_words(unit, Wish.id.in_((await unit.session.execute(due)).scalars().all()))


def _lapsed(before: datetime) -> list[ColumnElement[bool]]:
    someone = exists().where(
        Contact.youth_id == Wish.owner_id, or_(Contact.ended_at.is_(None), Contact.ended_at >= before)
    )
    lately = Contact.ended_at >= before + LEFT_SOONER
    still = exists().where(Contact.youth_id == Wish.owner_id, or_(Contact.ended_at.is_(None), lately))
    with_nobody = and_(Wish.cadre_id.is_(None), Wish.made_at < before, ~someone)
    given_on = and_(Wish.handed_named.is_not(None), Wish.made_at < before + LEFT_SOONER, ~still)
    return [Wish.state.in_(WAITING), or_(with_nobody, given_on)]


async def wishes_to_lapse(session: AsyncSession, look: Look) -> Sequence[int]:
    """Wishes that wait although nobody has been in contact with their owner for a year: nobody could help, and words
    are not kept for ever. Silence ends no wish whose owner has a cadre.
    """
    before = look.now - look.installation.of(RetentionPeriods).wishes
    rows = await session.execute(select(Wish.id).where(*_lapsed(before)).order_by(Wish.made_at).limit(look.limit))
    return rows.scalars().all()


async def lapse(unit: Unit, wish_id: int, look: Look) -> bool:
    """End one of them."""
    before = look.now - look.installation.of(RetentionPeriods).wishes
    found = await unit.session.execute(select(Wish).where(Wish.id == wish_id, *_lapsed(before)).with_for_update())
    wish = found.scalar_one_or_none()
    if wish is None:
        return False
    await change(unit, None, wish, WishAct.LAPSE, WishParty.CLOCK)
    return True


def _still_worded() -> list[ColumnElement[bool]]:
    return [getattr(Wish, column).is_not(None) for column in WORDS]
