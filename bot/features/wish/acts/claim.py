"""微心愿: what a cadre does: read, claim, give back, report done, decline (R2.6, 6.5). Reading is logged (P15)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import ask_person, cancel
from bot.core.acts.unshown import refuse_if_not_shown
from bot.core.question import Ask, Asked, Unseen
from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.wish.acts.confirm import DECLINED, DECLINED_OPTIONS, RECEIVED, RECEIVED_OPTIONS, RefData, checked_note
from bot.features.wish.acts.tell_pickup import tell_pickup
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.list import WishLine, lines_of, page_of_cadre
from bot.features.wish.reads.pooled import PoolLine, claimable
from bot.features.wish.reads.wish import find_for_cadre, find_own, followers_of, own_of_cadre, words_of
from bot.features.wish.rules.wish import (
    CARRIED,
    CLOSED,
    IDLE_RELEASE_AFTER,
    WishAct,
    WishKind,
    WishNotFound,
    WishParty,
    WishState,
)
from bot.features.wish.tables import Wish
from bot.store.people import Person
from bot.store.sealing import Vault
from bot.store.unit import Unit

ONCE_A_DAY: Final = timedelta(days=1)
"""An owner who has not answered is asked again whether it arrived when somebody says 完成 again, but not sooner."""


class WishReceivedWaiting(Refusal):
    """Its owner was asked within a day whether it arrived, and has not answered; field ``ref``."""

    code = "wish.received_waiting"


@dataclass(frozen=True, slots=True)
class WishesShown(Say):
    """A page of 心愿列表."""

    template: ClassVar[str] = "wish/list"
    lists: ClassVar[tuple[str, ...]] = (
        "wishes",
        "pool",
    )
    total: int
    page: int
    pages: int
    wishes: tuple[WishLine, ...]
    pool: tuple[PoolLine, ...]


@dataclass(frozen=True, slots=True)
class WishShown(Say):
    """One wish, whole: to its owner, to the owner's cadre, or (in the pool's words) to who has claimed it."""

    template: ClassVar[str] = "wish/shown"
    ref: int
    kind: str
    state: WishState
    made_at: datetime
    name: str
    holder: str
    asked: bool
    words: str = field(repr=False)
    done: str = field(repr=False)
    reader: str
    """As what it is read: ``owner``, ``cadre`` or ``helper``; it says what one can do about it."""


@dataclass(frozen=True, slots=True)
class WishClaimed(Say):
    """To who claimed: theirs until that day, if nothing happens; ``place``: where to bring what a pool's wish needs."""

    template: ClassVar[str] = "wish/claimed"
    ref: int
    until: datetime
    again: bool
    place: str


@dataclass(frozen=True, slots=True)
class WishClaimedTold(Say):
    """To the owner: somebody is at it; ``name`` only when it is their own cadre."""

    template: ClassVar[str] = "wish/claimed_told"
    ref: int
    name: str


@dataclass(frozen=True, slots=True)
class WishReleased(Say):
    """To who gave it back: where it is now."""

    template: ClassVar[str] = "wish/released"
    ref: int
    pooled: bool


@dataclass(frozen=True, slots=True)
class WishReceivedAsked(Say):
    """To the owner: has it arrived? ``how``: what was done, in the words of who did it."""

    template: ClassVar[str] = "wish/received_asked"
    ref: int
    how: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WishReportedDone(Say):
    """To who reported: its owner is being asked; ``reached`` False: they have no account at present."""

    template: ClassVar[str] = "wish/reported_done"
    ref: int
    reached: bool


@dataclass(frozen=True, slots=True)
class WishDeclined(Say):
    """To the cadre: declined; its owner reads the reason and may open it again."""

    template: ClassVar[str] = "wish/declined"
    ref: int


@dataclass(frozen=True, slots=True)
class WishDeclinedAsked(Say):
    """To the owner: declined, why, and what they may do."""

    template: ClassVar[str] = "wish/declined_asked"
    ref: int
    reason: str = field(repr=False)


def role_of(actor: Actor) -> Role:
    """In which part somebody helps: as a cadre, else as the organ they answer for."""
    return Role.CADRE if actor.has(Role.CADRE) else Role.ORGAN_ADMIN


async def list_wishes(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> Seen:
    """``心愿列表 [页]``: own youths' wishes and what is held, then the pools; one audit row for each person read."""
    if actor.person_id is None:
        raise WishNotFound
    own = await page_of_cadre(session, actor, page)
    lines = await lines_of(session, vault, own.rows, actor.person_id, now=now)
    owners = sorted({wish.owner_id for wish in own.rows if wish.owner_id is not None})
    pool = await claimable(session, vault, actor, now) if page == own.pages else ()
    mine = or_(own_of_cadre(actor), Wish.holder_id == actor.person_id)
    return await seen(
        session,
        WishesShown(own.total, page, own.pages, tuple(lines), pool),
        [Logged("read.wishes", Role.CADRE, owner_id) for owner_id in owners],
        select(Wish.id, Wish.version, Wish.text).where(Wish.id.in_([wish.id for wish in own.rows]), mine),
        select(Wish.id, Wish.version, Wish.pool_text).where(Wish.ref.in_([line.ref for line in pool])),
    )


async def view_wish(session: AsyncSession, vault: Vault, actor: Actor, number: int) -> WishShown | Seen:
    """``查看心愿 <W>``: the owner reads their own; a cadre's reading is logged."""
    try:
        return await _shown(session, vault, await find_own(session, actor, number), "owner")
    except WishNotFound:
        wish, parts = await find_for_cadre(session, actor, number, itself=True)
    if parts == frozenset({WishParty.HELPER}) and wish.state != WishState.POOLED:
        raise WishNotFound  # what somebody else has claimed is theirs to read
    shown = await _shown(session, vault, wish, "cadre" if WishParty.CADRE in parts else "helper")
    logged = Logged("read.wish", role_of(actor), wish.owner_id, f"W{number}")
    linked = own_of_cadre(actor)
    return await seen(session, shown, [logged], select(Wish.version, Wish.text, linked).where(Wish.id == wish.id))


async def _shown(session: AsyncSession, vault: Vault, wish: Wish, reader: str) -> WishShown:
    """For the owner and their cadre, in the owner's words and with the 称呼; else as the pool has it (P12)."""
    own = reader != "helper"
    if own:
        words = await words_of(session, vault, wish)
    else:
        words = await shown(session, vault, f"wishes:{wish.id}:pool_text", wish.pool_text)
    over = WishState(wish.state) in CLOSED
    by_cadre = wish.holder_id is not None and wish.holder_id == wish.cadre_id
    return WishShown(
        ref=wish.ref,
        kind=wish.kind if own else wish.shown_kind or WishKind.OTHER,
        state=WishState(wish.state),
        made_at=wish.made_at,
        name=await name_of(session, vault, wish.owner_id or 0) if own and wish.handed_named is not False else "",
        holder=await name_of(session, vault, wish.holder_id or 0) if own and by_cadre else "",
        asked=wish.asked_at is not None,
        words=words,
        done=await shown(session, vault, f"wishes:{wish.id}:done", wish.done if over or wish.asked_at else None),
        reader=reader,
    )


async def claim_wish(unit: Unit, actor: Actor, number: int) -> WishClaimed:
    """``认领 <W>``: of two at once one gets it and the other hears who was first; again renews the own claim."""
    wish, parts = await find_for_cadre(unit.session, actor, number)
    held, place = wish.holder_id == actor.person_id and WishParty.HOLDER in parts, ""
    if held:
        await change(unit, actor, wish, WishAct.KEEP, WishParty.HOLDER, role=role_of(actor))
    else:
        party = WishParty.CADRE if WishParty.CADRE in parts else WishParty.HELPER
        await change(unit, actor, wish, WishAct.CLAIM, party, role=role_of(actor))
        await _tell_claimed(unit, actor, wish)
        if party is WishParty.HELPER:
            place = await tell_pickup(unit, wish)
    return WishClaimed(wish.ref, unit.now + IDLE_RELEASE_AFTER, held, place)


async def _tell_claimed(unit: Unit, actor: Actor, wish: Wish) -> None:
    if wish.owner_id is not None:
        own = wish.cadre_id == actor.person_id
        name = await name_of(unit.session, unit.vault, actor.person_id or 0) if own else ""
        await unit.push_person(wish.owner_id, WishClaimedTold(wish.ref, name), unless_quiet=True)


async def release_wish(unit: Unit, actor: Actor, number: int) -> WishReleased:
    """``放弃 <W>``: back to where it was claimed from."""
    wish, _ = await find_for_cadre(unit.session, actor, number)
    await change(unit, actor, wish, WishAct.RELEASE, WishParty.HOLDER, role=role_of(actor))
    return WishReleased(wish.ref, wish.state == WishState.POOLED)


async def report_done(unit: Unit, actor: Actor, number: int, how: str) -> WishReportedDone:
    """``完成 <W> <怎么办的>``: the owner is asked; only their 收到 makes it fulfilled."""
    wish, _ = await find_for_cadre(unit.session, actor, number)
    asked = False
    everybody = (wish, *await followers_of(unit.session, wish))  # each who shares it confirms for themselves
    due = [one for one in everybody if one.asked_at is None or unit.now - one.asked_at >= ONCE_A_DAY]
    if not due and wish.holder_id == actor.person_id:
        await refuse_if_not_shown(unit, RECEIVED, subject_id=wish.id, what=f"#W{wish.ref}")
        raise WishReceivedWaiting(ref=wish.ref)
    for one in due or everybody:
        sealed = await _sealed(unit, one, how)
        await change(unit, actor, one, WishAct.REPORT_DONE, WishParty.HOLDER, role=role_of(actor), done=sealed)
        asked = await ask_received(unit, one) or asked
    return WishReportedDone(wish.ref, asked)


async def ask_received(unit: Unit, wish: Wish) -> bool:
    """Put the question to the owner, in place of an earlier one; False when there is nobody to ask."""
    if wish.owner_id is None:
        return False
    await cancel(unit, RECEIVED, subject_id=wish.id)
    how = await unit.open(f"wishes:{wish.id}:done", wish.done) or ""
    ask = Ask(RECEIVED, RECEIVED_OPTIONS, WishReceivedAsked(wish.ref, how), RefData(wish.ref), wish.id)
    return await ask_person(unit, wish.owner_id, ask)


@RECEIVED.when_unshown
async def received_unshown(unit: Unit, question: Asked[RefData], why: Unseen) -> None:
    """完成 that its owner was not told of is none: the wish is still to be done, and its holder has time again."""
    if why is Unseen.WAITS:
        return
    mine = (Wish.id == question.subject_id, Wish.state.in_(CARRIED))
    await unit.swap(Wish, *mine, asked_at=None, claimed_at=unit.now, noticed_at=None, version=Wish.version + 1)


async def decline_wish(unit: Unit, actor: Actor, number: int, reason: str) -> WishDeclined:
    """``婉拒 <W> <原因>``: its owner reads the reason and may open it again."""
    wish, parts = await find_for_cadre(unit.session, actor, number)
    own = WishParty.CADRE in parts and wish.state != WishState.CLAIMED
    party = WishParty.CADRE if own else WishParty.HOLDER
    for one in (*await followers_of(unit.session, wish), wish):  # the one the others are part of goes last
        await change(unit, actor, one, WishAct.DECLINE, party, done=await _sealed(unit, one, reason))
        if one.owner_id is not None:
            ask = Ask(DECLINED, DECLINED_OPTIONS, WishDeclinedAsked(one.ref, reason.strip()), RefData(one.ref), one.id)
            await ask_person(unit, one.owner_id, ask)
    return WishDeclined(wish.ref)


async def _sealed(unit: Unit, wish: Wish, words: str) -> bytes:
    """What is written about a wish, under its owner's key."""
    told = checked_note(words)
    owner = await unit.session.get(Person, wish.owner_id) if wish.owner_id is not None else None
    if owner is None:
        raise WishNotFound
    return await unit.seal(owner.key_id, f"wishes:{wish.id}:done", told)
