"""Builders for tests of wishes: a youth with a cadre, wishes, and what stands in a pool; each a transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from bot.core.rules.people import Actor, AgeBand, OrgLevel
from bot.features.wish.acts.transition import change, post
from bot.features.wish.rules.wish import WishAct, WishParty
from bot.features.wish.tables import Wish
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre, make_org, make_youth

T = TypeVar("T")
WORDS = "想要一本 CAD 教程"
POOL_WORDS = "想要一本制图教程"


@dataclass(frozen=True, slots=True)
class Scene:
    """A county below a city, a cadre, and a youth who is in contact with them."""

    store: Store
    city: OrgUnit
    org: OrgUnit
    cadre: Actor
    youth: Actor


async def make_scene(store: Store, *, age_band: AgeBand = AgeBand.ADULT) -> Scene:
    """Everybody a wish needs."""
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org)
    youth = await make_youth(store, org, cadre=cadre, age_band=age_band)
    return Scene(store, city, org, cadre, youth)


async def do(store: Store, act: Callable[[Unit], Awaitable[T]]) -> T:
    """Carry out one action in a unit of its own."""
    async with store.unit() as unit:
        return await act(unit)


async def make_wish_of(store: Store, owner: Actor, cadre: Actor, words: str = WORDS, *, claimed: bool = False) -> int:
    """A wish of ``owner`` with ``cadre``, who has perhaps claimed it; returns its number."""
    async with store.unit() as unit:
        person = await unit.session.get_one(Person, owner.person_id)
        wish = await post(unit, owner, person, cadre.person_id or 0, words)
        if claimed:
            await change(unit, cadre, wish, WishAct.CLAIM, WishParty.CADRE)
        return wish.ref


async def make_wish(
    scene: Scene, words: str = WORDS, *, ago: timedelta = timedelta(), owner: Actor | None = None
) -> int:
    """A wish of the scene's youth with the scene's cadre; returns its number."""
    me = owner or scene.youth
    async with scene.store.unit() as unit:
        person = await unit.session.get_one(Person, me.person_id)
        wish = await post(unit, me, person, scene.cadre.person_id or 0, words)
        wish.made_at = unit.now - ago
        return wish.ref


async def wish_of(store: Store, ref: int) -> Wish:
    """The row as it is now."""
    async with store.read() as session:
        return (await session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()


async def put_into_pool(scene: Scene, ref: int, words: str = POOL_WORDS, **columns: Any) -> None:
    """Claimed by its cadre, and pooled by its owner's yes into the county's pool."""
    async with scene.store.unit() as unit:
        wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
        if wish.holder_id is None:
            await change(unit, scene.cadre, wish, WishAct.CLAIM, WishParty.CADRE)
        owner = await unit.session.get_one(Person, wish.owner_id)
        sealed = await unit.seal(owner.key_id, f"wishes:{wish.id}:pool_text", words)
        found = {
            "pool_org_id": scene.org.id,
            "pool_level": OrgLevel.COUNTY.value,
            "agreed_level": OrgLevel.COUNTY.value,
            "pooled_at": unit.now,
            "waiting_since": unit.now,
            "pool_text": sealed,
        }
        await change(unit, scene.youth, wish, WishAct.POOL, WishParty.OWNER, **found | columns)
