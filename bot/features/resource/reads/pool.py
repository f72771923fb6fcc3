"""心愿池 as its organ sees it: numbers, and what it has to give itself (R2.7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import organs_of
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.pool.rules.pool import PoolRules
from bot.features.resource.reads.resource import ResourceLine, open_resources
from bot.features.wish.reads.pooled import POOLED
from bot.features.wish.reads.reach import below, readable
from bot.features.wish.rules.wish import AGES
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault


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
