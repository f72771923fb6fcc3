"""Builders for tests of pools: wishes that stand in one, and resources; each a transaction of its own."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.core.rules.people import Actor, OrgLevel
from bot.features.resource.tables import Resource
from bot.features.wish.acts.transition import change
from bot.features.wish.rules.wish import WishAct, WishParty
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.base import new_id
from bot.store.people import OrgUnit, Person
from bot.store.refs import new_ref
from bot.store.store import Store
from tests.wishes_built import make_wish_of

POOL_WORDS = "想要一本制图教程"


async def make_pooled(
    store: Store,
    owner: Actor,
    cadre: Actor,
    pool: OrgUnit,
    words: str = POOL_WORDS,
    *,
    agreed: OrgLevel = OrgLevel.PROVINCE,
    since: datetime | None = None,
    **columns: Any,
) -> int:
    """A wish in the pool of ``pool``, by its owner's yes; returns its number."""
    ref = await make_wish_of(store, owner, cadre, words, claimed=True)
    async with store.unit() as unit:
        wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
        person = await unit.session.get_one(Person, owner.person_id)
        at = since or unit.now
        found: dict[str, Any] = {
            "pool_text": await unit.seal(person.key_id, f"wishes:{wish.id}:pool_text", words),
            "pool_org_id": pool.id,
            "pool_level": pool.level,
            "agreed_level": agreed.value,
            "pooled_at": at,
            "waiting_since": at,
            "shown_kind": "other",
        }
        await change(unit, owner, wish, WishAct.POOL, WishParty.OWNER, **found | columns)
    return ref


async def make_resource(
    store: Store, org: OrgUnit, by: Actor | None, words: str = "图书 60 本", *, capacity: int = 60, kind: str = "goods"
) -> int:
    """An offer of an organ; returns its number."""
    async with store.unit() as unit:
        resource_id = new_id()
        ref = await new_ref(unit, "S")
        row = await unit.session.get_one(OrgUnit, org.id)
        unit.session.add(
            Resource(
                id=resource_id,
                ref=ref,
                org_id=org.id,
                offered_by=by.person_id if by is not None else None,
                kind=kind,
                text=await unit.seal(row.key_id, f"resources:{resource_id}:text", words),
                capacity=capacity,
                state="open",
                offered_at=unit.now,
            )
        )
    return ref


async def resource_of(store: Store, ref: int) -> Resource:
    """The row as it is now."""
    async with store.read() as session:
        return (await session.execute(select(Resource).where(Resource.ref == ref))).scalar_one()


async def matches_of(store: Store) -> list[ResourceMatch]:
    """Every match there is, the oldest first."""
    async with store.read() as session:
        rows = await session.execute(select(ResourceMatch).order_by(ResourceMatch.asked_at, ResourceMatch.id))
        return list(rows.scalars().all())
