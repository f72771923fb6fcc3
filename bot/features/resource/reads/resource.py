"""资源列表: what the own organ has to give, and what is left of it (R2.7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import organs_of
from bot.core.reads.paging import paged
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.resource.rules.resource import PAGE, ResourceNotFound, ResourceState
from bot.features.resource.tables import Resource
from bot.features.wish.reads.pooled import POOLED, in_order
from bot.features.wish.reads.reach import readable
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.sealing import Vault

LOOKED_AT: Final = 200
"""Wishes that are compared with an offer at most; the oldest."""


SHOWN: Final = 5
"""Offers named beside the numbers of a pool."""


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """One offer and how much of it is left."""

    ref: int
    kind: str
    left: int
    capacity: int
    closed: bool
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResourcesShown(Say):
    """To an organ: one page of its offers, those that can be matched first."""

    template: ClassVar[str] = "resource/list"
    lists: ClassVar[tuple[str, ...]] = ("resources",)
    letter: ClassVar[str] = "S"
    total: int
    page: int
    pages: int
    resources: tuple[ResourceLine, ...]


async def resources(session: AsyncSession, vault: Vault, actor: Actor, page: int) -> ResourcesShown:
    """``资源列表 [页]``; refuses ``page.none``."""
    mine = select(Resource).where(Resource.org_id.in_(actor.orgs(Role.ORGAN_ADMIN)))
    ordered = mine.order_by(Resource.state.desc(), Resource.offered_at.desc(), Resource.id)
    found = await paged(session, ordered, page, PAGE)
    return ResourcesShown(found.total, page, found.pages, await _lines(session, vault, found.rows))


async def open_resources(session: AsyncSession, vault: Vault, actor: Actor) -> tuple[ResourceLine, ...]:
    """What may be matched now, the newest first."""
    rows = await session.execute(
        select(Resource)
        .where(
            Resource.org_id.in_(actor.orgs(Role.ORGAN_ADMIN)),
            Resource.state == ResourceState.OPEN.value,
            Resource.used < Resource.capacity,
        )
        .order_by(Resource.offered_at.desc(), Resource.id)
        .limit(SHOWN)
    )
    return await _lines(session, vault, rows.scalars().all())


async def find_resource(session: AsyncSession, actor: Actor, number: int) -> Resource:
    """An offer of the own organ; refuses ``resource.not_found``."""
    found = await session.execute(
        select(Resource).where(Resource.ref == number, Resource.org_id.in_(actor.orgs(Role.ORGAN_ADMIN)))
    )
    resource = found.scalar_one_or_none()
    if resource is None:
        raise ResourceNotFound
    return resource


async def words_of(session: AsyncSession, vault: Vault, resource: Resource) -> str:
    """An offer's own words; empty when its key is gone."""
    return await vault.read(session, f"resources:{resource.id}:text", resource.text) or ""


async def _lines(session: AsyncSession, vault: Vault, rows: Collection[Resource]) -> tuple[ResourceLine, ...]:
    return tuple(
        [
            ResourceLine(
                ref=row.ref,
                kind=row.kind,
                left=row.capacity - row.used,
                capacity=row.capacity,
                closed=row.state == ResourceState.CLOSED,
                words=await words_of(session, vault, row),
            )
            for row in rows
        ]
    )


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
