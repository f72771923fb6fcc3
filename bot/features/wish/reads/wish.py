"""微心愿: finding one, each from who is looking; what is foreign and what does not exist are the same (P13)."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import serves
from bot.core.reads.orgs import organs_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.features.wish.reads.reach import above, readable
from bot.features.wish.rules.wish import HELD, WishNotFound, WishParty, WishState
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.chat import Contact
from bot.store.sealing import Vault

OPENISH = (WishState.OPEN, WishState.CADRE_HELPING, WishState.POOLED, WishState.CLAIMED, WishState.SHARED)
"""States of a wish that is not over."""

HOLDERS: Final = (Role.CADRE, Role.ORGAN_ADMIN)
"""Who may hold a wish: a cadre, or an organ that claimed it from a pool, gives a resource for it, or stands in."""


def cadre_serves(now: datetime) -> ColumnElement[bool]:
    """That whoever a wish is with serves: the linked cadre as a cadre, who stands in also as an admin."""
    stands_in = and_(Wish.handed_named.is_not(None), serves(Wish.cadre_id, now, *HOLDERS))
    return or_(serves(Wish.cadre_id, now), stands_in)


def linked_now() -> ColumnElement[bool]:
    """That a wish's owner and the cadre it went to are in contact now, or its owner handed it to who stands in: else no
    reading (P13).
    """
    contact = exists().where(
        Contact.cadre_id == Wish.cadre_id, Contact.youth_id == Wish.owner_id, Contact.ended_at.is_(None)
    )
    return or_(Wish.handed_named.is_not(None), contact)


def own_of_cadre(actor: Actor) -> ColumnElement[bool]:
    """The wishes of this cadre's own youths, looked up once for all of them, for there may be thousands; and what was
    handed to them, also as an admin.
    """
    handed = Wish.handed_named.is_not(None)
    if not actor.has(Role.CADRE):
        return and_(Wish.cadre_id == actor.person_id, handed)
    youths = select(Contact.youth_id).where(Contact.cadre_id == actor.person_id, Contact.ended_at.is_(None))
    return and_(Wish.cadre_id == actor.person_id, or_(handed, Wish.owner_id.in_(youths)))


async def find_own(session: AsyncSession, actor: Actor, number: int) -> Wish:
    """The owner's own wish; refuses ``wish.not_found``."""
    found = await session.execute(select(Wish).where(Wish.ref == number, Wish.owner_id == actor.person_id))
    wish = found.scalar_one_or_none()
    if wish is None or actor.person_id is None:
        raise WishNotFound
    return wish


async def find_for_cadre(
    session: AsyncSession, actor: Actor, number: int, *, itself: bool = False
) -> tuple[Wish, frozenset[WishParty]]:
    """A wish this cadre or organ has to do with, and in which parts; refuses ``wish.not_found``.

    A shared one of the own youths stands for the one it is part of, since what is done for one is done for all;
    ``itself`` is for reading it.
    """
    if actor.person_id is None or not (actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)):
        raise WishNotFound
    found = await session.execute(
        select(Wish, own_of_cadre(actor)).where(Wish.ref == number, Wish.owner_id.is_not(None))
    )
    row = found.one_or_none()
    if row is None:
        raise WishNotFound
    wish, own = row
    if own and not itself and wish.state == WishState.SHARED and wish.shared_into is not None:
        lead = await session.get_one(Wish, wish.shared_into)
        wish = lead if lead.cadre_id == actor.person_id else wish
    parts: set[WishParty] = {WishParty.CADRE} if own else set()
    if wish.holder_id == actor.person_id and WishState(wish.state) in HELD | {WishState.FULFILLED}:
        parts.add(WishParty.HOLDER)
    if not parts and await in_reach(session, actor, wish):
        parts.add(WishParty.HELPER)
    if not parts:
        raise WishNotFound
    return wish, frozenset(parts)


async def in_reach(session: AsyncSession, actor: Actor, wish: Wish) -> bool:
    """Whether a wish stands in, or was claimed from, a pool that covers one of this cadre's organisations, or one whose
    words this organ reads.

    Also when somebody has claimed it: who comes second hears who was first, and not that there is no such wish.
    """
    if WishState(wish.state) not in (WishState.POOLED, WishState.CLAIMED) or wish.owner_id == actor.person_id:
        return False
    reach = or_(above(await organs_of(session, actor, Role.CADRE)), readable(await organs_of(session, actor)))
    found = await session.execute(select(Wish.id).where(Wish.id == wish.id, reach))
    return found.scalar_one_or_none() is not None


async def followers_of(session: AsyncSession, wish: Wish) -> list[Wish]:
    """Those that go on as part of this wish, in the order in which they were made (拼好愿)."""
    rows = await session.execute(
        select(Wish)
        .where(Wish.shared_into == wish.id, Wish.id != wish.id, Wish.state == WishState.SHARED)
        .order_by(Wish.made_at, Wish.ref)
    )
    return list(rows.scalars().all())


async def words_of(session: AsyncSession, vault: Vault, wish: Wish) -> str:
    """A wish's own words; empty when they are gone."""
    return await vault.read(session, f"wishes:{wish.id}:text", wish.text) or ""


async def export_wishes(session: AsyncSession, vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """A person's own wishes with everything written in and about them, for the export (P7)."""
    rows = await session.execute(select(Wish).where(Wish.owner_id == person_id).order_by(Wish.made_at))
    found: list[dict[str, Any]] = []
    for wish in rows.scalars().all():
        words = {
            column: await shown(session, vault, f"wishes:{wish.id}:{column}", getattr(wish, column))
            for column in ("text", "pool_text", "tried", "done")
        }
        found.append(
            {
                "ref": f"#W{wish.ref}",
                "kind": wish.kind,
                "state": wish.state,
                "made": wish.made_at,
                "closed": wish.closed_at,
                "agreed": wish.agreed_level or "",
                "shared": wish.state == WishState.SHARED,
                "matches": await _matches(session, wish),
                **words,
            }
        )
    return found


async def _matches(session: AsyncSession, wish: Wish) -> list[dict[str, Any]]:
    """What was offered for a wish: that and when; whose it was is the organ's."""
    rows = await session.execute(
        select(ResourceMatch.state, ResourceMatch.asked_at, ResourceMatch.settled_at)
        .where(ResourceMatch.wish_id == wish.id)
        .order_by(ResourceMatch.asked_at)
    )
    return [{"state": state, "asked": asked, "settled": settled} for state, asked, settled in rows]
