"""删除我的数据 beside another change of the same wishes (PostgreSQL): locks have one order, nothing is left over."""

import asyncio

import pytest_asyncio
from sqlalchemy import select

from bot.core.acts.erase import erase_person
from bot.core.acts.prompt import ask_person
from bot.core.question import Ask
from bot.core.rules.people import Actor
from bot.features.rights.reads.held import NothingHeld
from bot.features.wish.acts.confirm import RECEIVED, RefData
from bot.features.wish.tables import Wish
from bot.store.people import Person
from bot.store.store import Store
from tests.crossing import until_one_waits
from tests.patience import PATIENCE
from tests.wishes_built import Scene, make_scene, make_wish


@pytest_asyncio.fixture
async def scene(postgres_store: Store) -> Scene:
    return await make_scene(postgres_store)


async def erase(store: Store, youth: Actor) -> None:
    async with store.unit() as unit:
        await erase_person(unit, youth.person_id or 0, actor=youth)


async def nothing_left(store: Store, youth: Actor) -> bool:
    async with store.read() as session:
        owners = (await session.execute(select(Wish.owner_id))).scalars().all()
        return set(owners) == {None} and await session.get(Person, youth.person_id) is None


async def test_whoever_holds_a_wish_and_asks_its_owner_is_not_crossed(scene: Scene) -> None:
    store, youth = scene.store, scene.youth
    ref = await make_wish(scene)
    async with asyncio.timeout(PATIENCE):
        async with store.unit() as unit:
            wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref).with_for_update())).scalar_one()
            going = asyncio.create_task(erase(store, youth))
            await until_one_waits(store)
            asked = Ask(RECEIVED, ("received", "not_yet"), NothingHeld(), RefData(ref), wish.id)
            assert await ask_person(unit, youth.person_id or 0, asked)
        await going
    assert await nothing_left(store, youth)


async def test_a_wish_that_is_made_in_that_moment_goes_too(scene: Scene) -> None:
    store, youth = scene.store, scene.youth
    first = await make_wish(scene)
    async with asyncio.timeout(PATIENCE):
        async with store.unit() as unit:
            like = (await unit.session.execute(select(Wish).where(Wish.ref == first))).scalar_one()
            columns = {c.key: getattr(like, c.key) for c in Wish.__table__.columns}
            unit.session.add(Wish(**(columns | {"id": like.id + 1, "ref": 999_999})))
            await unit.session.flush()
            going = asyncio.create_task(erase(store, youth))
            await until_one_waits(store)
        await going
    assert await nothing_left(store, youth)
