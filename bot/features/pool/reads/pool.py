"""心愿池 as seen from outside: de-identified words and a number, never a name (R2.7, P12, P13)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import organs_of
from bot.core.reads.paging import Page, paged
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.wish.reads.pooled import POOLED, PoolLine, in_order
from bot.features.wish.reads.reach import readable
from bot.features.wish.rules.wish import WishNotFound
from bot.features.wish.tables import Wish

PAGE: Final = 8
"""Wishes on one page of a pool: each is shown whole."""


@dataclass(frozen=True, slots=True)
class PoolPage(Say):
    """To an organ: one page of de-identified wishes, the oldest first; ``kind`` empty: of all kinds."""

    template: ClassVar[str] = "pool/page"
    lists: ClassVar[tuple[str, ...]] = ("wishes",)
    kind: str
    total: int
    page: int
    pages: int
    wishes: tuple[PoolLine, ...]


async def pool_rows(session: AsyncSession, actor: Actor, kind: str, page: int) -> Page[Wish]:
    """One page of what this organ may read; refuses ``page.none``."""
    organs = await organs_of(session, actor)
    where = [POOLED, Wish.owner_id.is_not(None), readable(organs)]
    if kind:
        where.append(
            or_(Wish.shown_kind == kind, Wish.shown_kind.is_(None)) if kind == "other" else Wish.shown_kind == kind
        )
    ids = await paged(session, select(Wish.id).where(*where).order_by(Wish.waiting_since, Wish.id), page, PAGE)
    return Page(await in_order(session, ids.rows), page, ids.pages, ids.total)


async def find_in_pool(session: AsyncSession, actor: Actor, number: int) -> Wish:
    """A wish that stands in, or was claimed from, a pool whose words this organ reads; refuses ``wish.not_found``."""
    organs = await organs_of(session, actor)
    found = await session.execute(
        select(Wish).where(Wish.ref == number, Wish.owner_id.is_not(None), readable(organs)).with_for_update(of=Wish)
    )
    wish = found.scalar_one_or_none()
    if wish is None:
        raise WishNotFound
    return wish
