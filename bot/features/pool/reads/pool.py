"""心愿池 as seen from outside: de-identified words and a number, never a name (R2.7, P12, P13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import organs_of
from bot.core.rules.people import Actor
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.pool.rules.pool import PoolRules
from bot.features.resource.reads.resource import ResourceLine, open_resources
from bot.features.resource.tables import ResourceMatch
from bot.features.wish.reads.pooled import POOLED, PoolLine, in_order
from bot.features.wish.reads.reach import below, readable
from bot.features.wish.rules.wish import AGES, WishNotFound
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault

PAGE: Final = 8
"""Wishes on one page of a pool: each is shown whole."""
LOOKED_AT: Final = 200
"""Wishes that are compared with an offer at most; the oldest."""


@dataclass(frozen=True, slots=True)
class KindWaiting:
    """How many wishes of one kind wait, and how many of them too long."""

    kind: str
    count: int
    idle: int


@dataclass(frozen=True, slots=True)
class PoolShown(Say):
    """To an organ: what waits in its pool and below, by kind and by age; nobody's words, nobody's name."""

    template: ClassVar[str] = "pool/shown"
    total: int
    idle: int
    idle_days: int
    kinds: tuple[KindWaiting, ...]
    ages: tuple[int, ...]
    readable: int
    resources: tuple[ResourceLine, ...]


@dataclass(frozen=True, slots=True)
class PoolPage(Say):
    """To an organ: one page of de-identified wishes, the oldest first; ``kind`` empty: of all kinds."""

    template: ClassVar[str] = "pool/page"
    kind: str
    total: int
    page: int
    pages: int
    wishes: tuple[PoolLine, ...]


class NoPoolPage(Refusal):
    """A page that does not exist; field ``pages``."""

    code = "pool.no_page"


async def pool_shown(
    session: AsyncSession, vault: Vault, actor: Actor, rules: PoolRules, *, now: datetime
) -> PoolShown:
    """``心愿池``: numbers of the own pool and those below."""
    organs = await organs_of(session, actor)
    bucket = case(*((Wish.waiting_since >= now - age, n) for n, age in enumerate(AGES)), else_=len(AGES))
    is_idle = case((Wish.waiting_since < now - rules.idle, 1), else_=0)
    rows = await session.execute(
        select(Wish.shown_kind, bucket, is_idle, func.count())
        .where(POOLED, below(organs))
        .group_by(Wish.shown_kind, bucket, is_idle)
    )
    kinds: dict[str, list[int]] = {}
    ages = [0] * (len(AGES) + 1)
    for kind, age, idle, count in rows:
        found = kinds.setdefault(kind or "other", [0, 0])
        found[0] += count
        found[1] += count * idle
        ages[age] += count
    words = await session.execute(select(func.count()).select_from(Wish).where(POOLED, readable(organs)))
    listed = sorted(kinds.items(), key=lambda item: (-item[1][0], item[0]))
    return PoolShown(
        total=sum(ages),
        idle=sum(idle for _, (_, idle) in listed),
        idle_days=rules.idle.days,
        kinds=tuple(KindWaiting(kind, count, idle) for kind, (count, idle) in listed),
        ages=tuple(ages),
        readable=words.scalar_one(),
        resources=await open_resources(session, vault, actor),
    )


async def pool_rows(session: AsyncSession, actor: Actor, kind: str, page: int) -> tuple[Sequence[Wish], int, int]:
    """One page of what this organ may read, with the number of wishes and pages; refuses ``pool.no_page``."""
    organs = await organs_of(session, actor)
    where = [POOLED, Wish.owner_id.is_not(None), readable(organs)]
    if kind:
        where.append(
            or_(Wish.shown_kind == kind, Wish.shown_kind.is_(None)) if kind == "other" else Wish.shown_kind == kind
        )
    total = (await session.execute(select(func.count()).select_from(Wish).where(*where))).scalar_one()
    pages = max(1, -(-total // PAGE))
    if not 1 <= page <= pages:
        raise NoPoolPage(pages=pages)
    ids = select(Wish.id).where(*where).order_by(Wish.waiting_since, Wish.id).limit(PAGE).offset((page - 1) * PAGE)
    wanted = list((await session.execute(ids)).scalars())
    return await in_order(session, wanted), total, pages


async def unasked(session: AsyncSession, actor: Actor, resource_id: int) -> Sequence[Wish]:
    """The oldest wishes this organ may read that are asked about nothing now, and never were about this resource."""
    organs = await organs_of(session, actor)
    asked = exists().where(
        ResourceMatch.wish_id == Wish.id,
        or_(ResourceMatch.resource_id == resource_id, ResourceMatch.settled_at.is_(None)),
    )
    ids = (
        select(Wish.id)
        .where(POOLED, Wish.owner_id.is_not(None), readable(organs), ~asked)
        .order_by(Wish.waiting_since, Wish.id)
        .limit(LOOKED_AT)
    )
    return await in_order(session, list((await session.execute(ids)).scalars()))


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
