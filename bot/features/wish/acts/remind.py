"""微心愿: what time brings about: idle claims, unanswered confirmations, wishes nobody helps with (R2.7, P22).

Nothing here closes a wish: silence never fulfils, and never withdraws. Reminders go out on workdays between 9 and 18.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look, questions
from bot.core.reads.questions import WAITING
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.wish.acts.claim import ask_received
from bot.features.wish.acts.confirm import RECEIVED
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.wish import linked_now
from bot.features.wish.rules.wish import (
    CARRIED,
    CONFIRM_AGAIN_AFTER,
    HELD,
    IDLE_NOTICE_AFTER,
    IDLE_RELEASE_AFTER,
    STALE_AFTER,
    WAITING_WORKDAYS,
    WishAct,
    WishParty,
    WishState,
    idle_notice_due,
    idle_release_due,
)
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit

CONFIRM_UNTIL: Final = timedelta(days=35)
"""After so long an owner is not asked any more; they may still say it."""
MOST_NAMED: Final = 20
"""References in one reminder."""


@dataclass(frozen=True, slots=True)
class WishIdleNotice(Say):
    """To who has claimed it: it goes back on that day, and how to keep it."""

    template: ClassVar[str] = "wish/idle_notice"
    ref: int
    on: date
    pooled: bool


@dataclass(frozen=True, slots=True)
class WishIdleReleased(Say):
    """To who had claimed it: gone back."""

    template: ClassVar[str] = "wish/idle_released"
    ref: int
    pooled: bool


@dataclass(frozen=True, slots=True)
class WishesWaiting(Say):
    """To a cadre: own youths' wishes that nobody helps with; ``stale`` of them for a month."""

    template: ClassVar[str] = "wish/waiting"
    refs: tuple[int, ...]
    total: int
    stale: int


# --- idle claims -----------------------------------------------------------------------------------------------------


async def idle_wishes(session: AsyncSession, look: Look) -> list[int]:
    """Claims on which nothing has happened for a while; one whose owner is being asked anything is not idle."""
    now = look.now
    about = [one.kind for one in questions().values() if one.feature == "wish" and not one.optional]
    asking = exists().where(Prompt.subject_id == Wish.id, Prompt.kind.in_(about), WAITING)
    untold = Wish.noticed_at.is_(None) | (Wish.claimed_at <= now - IDLE_RELEASE_AFTER)
    rows = await session.execute(
        select(Wish.id)
        .where(Wish.state.in_(HELD), Wish.asked_at.is_(None), Wish.claimed_at <= now - IDLE_NOTICE_AFTER, untold)
        .where(~asking)
        .order_by(Wish.claimed_at)
        .limit(look.limit)
    )
    return list(rows.scalars())


async def settle_idle(unit: Unit, wish_id: int, look: Look) -> bool:
    """Tell its holder once, and three days later give it back to where it was claimed; on workdays only."""
    if not look.workdays.is_workday(look.now.date()):
        return False
    wish = await unit.session.get(Wish, wish_id)
    if wish is None or wish.state not in HELD or wish.asked_at is not None or wish.claimed_at is None:
        return False
    holder_id, pooled = wish.holder_id, wish.state == WishState.CLAIMED
    if idle_release_due(wish.claimed_at, wish.noticed_at, unit.now):
        await change(unit, None, wish, WishAct.RELEASE, WishParty.CLOCK)
        if holder_id is not None:
            await unit.push_person(holder_id, WishIdleReleased(wish.ref, pooled))
        return True
    if not idle_notice_due(wish.claimed_at, wish.noticed_at, unit.now):
        return False
    if not await _mark(unit, wish, noticed_at=unit.now):
        return False
    if holder_id is not None:
        goes = max(wish.claimed_at + IDLE_RELEASE_AFTER, unit.now + IDLE_RELEASE_AFTER - IDLE_NOTICE_AFTER)
        await unit.push_person(holder_id, WishIdleNotice(wish.ref, goes.date(), pooled))
    return True


async def _mark(unit: Unit, wish: Wish, **columns: datetime) -> bool:
    """Note that somebody was told, unless the wish has changed meanwhile."""
    return await unit.swap(Wish, Wish.id == wish.id, Wish.version == wish.version, **columns) > 0


# --- confirmations ---------------------------------------------------------------------------------------------------


async def unconfirmed_wishes(session: AsyncSession, look: Look) -> list[int]:
    """Wishes whose owner was asked a week ago and has not answered; one for each owner, the oldest."""
    now = look.now
    since, unseen = now - CONFIRM_AGAIN_AFTER, Prompt.shown_at.is_(None)
    rows = await session.execute(
        select(Wish.id, Wish.owner_id)
        .join(Person, Person.id == Wish.owner_id)
        .where(
            Wish.state.in_(CARRIED),
            Wish.asked_at <= since,
            Wish.asked_at > now - CONFIRM_UNTIL,
            or_(Wish.reminded_at.is_(None), Wish.reminded_at <= since),
            Person.reminders_off.is_(False),
            ~exists().where(Prompt.kind == RECEIVED.kind, Prompt.subject_id == Wish.id, WAITING, unseen),
        )
        .order_by(Wish.asked_at, Wish.id)
        .limit(look.limit)
    )
    first: dict[int, int] = {}
    for wish_id, owner_id in rows:
        if owner_id is not None:
            first.setdefault(owner_id, wish_id)
    return list(first.values())


async def ask_again(unit: Unit, wish_id: int, _look: Look) -> bool:
    """Ask once more, if this owner was asked about none of their wishes within the week (P22)."""
    wish = await unit.session.get(Wish, wish_id)
    if wish is None or wish.state not in CARRIED or wish.asked_at is None or wish.owner_id is None:
        return False
    recent = await unit.session.execute(
        select(Wish.id)
        .where(Wish.owner_id == wish.owner_id, Wish.asked_at.is_not(None))
        .where(or_(Wish.reminded_at > unit.now - CONFIRM_AGAIN_AFTER, Wish.asked_at > unit.now - CONFIRM_AGAIN_AFTER))
        .limit(1)
    )
    if recent.first() is not None or not await _mark(unit, wish, reminded_at=unit.now):
        return False
    return await ask_received(unit, wish)


# --- wishes nobody helps with ----------------------------------------------------------------------------------------


async def cadres_to_remind(session: AsyncSession, look: Look) -> list[int]:
    """Cadres with a wish that waits too long and that they were not reminded of since."""
    rows = await session.execute(
        select(Wish.cadre_id)
        .where(*_waiting(look.now, look.workdays), linked_now())
        .group_by(Wish.cadre_id)
        .limit(look.limit)
    )
    return [cadre_id for cadre_id in rows.scalars() if cadre_id is not None]


def _waiting(now: datetime, workdays: Workdays):
    """Open for more than three workdays, not reminded of yet; again after a month, and each month."""
    before = now - STALE_AFTER
    again = (Wish.made_at <= before) & (Wish.reminded_at <= before)
    first = (Wish.reminded_at.is_(None)) & (Wish.made_at < made_before(now, workdays))
    return (Wish.state == WishState.OPEN, Wish.cadre_id.is_not(None), or_(first, again))


def made_before(now: datetime, workdays: Workdays) -> datetime:
    """A wish made before this instant has waited for more than three full workdays."""
    day = now.date()
    for _ in range(WAITING_WORKDAYS):
        day = workdays.last_on_or_before(day - timedelta(days=1))
    return datetime.combine(day, time(0, 0), tzinfo=now.tzinfo)


async def remind_cadre(unit: Unit, cadre_id: int, look: Look) -> bool:
    """One private message for all of them; references only."""
    rows = await unit.session.execute(
        select(Wish)
        .where(Wish.cadre_id == cadre_id, *_waiting(unit.now, look.workdays), linked_now())
        .order_by(Wish.made_at, Wish.id)
    )
    wishes: Sequence[Wish] = rows.scalars().all()
    if not wishes:
        return False
    await unit.swap(Wish, Wish.id.in_([wish.id for wish in wishes]), reminded_at=unit.now)
    stale = sum(wish.made_at <= unit.now - STALE_AFTER for wish in wishes)
    say = WishesWaiting(tuple(wish.ref for wish in wishes[:MOST_NAMED]), len(wishes), stale)
    return await unit.push_person(cadre_id, say, cls="O", unless_quiet=True)
