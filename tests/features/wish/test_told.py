"""Who hears what becomes of a wish: its cadre and whoever holds it, each once, and nobody else."""

from datetime import timedelta

import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.people import Actor
from bot.features.wish.acts.claim import claim_wish, report_done
from bot.features.wish.acts.confirm import not_received, receive, withdraw_wish
from bot.store.chat import Contact
from bot.store.store import Store
from tests.people_built import make_cadre
from tests.queued import queued
from tests.wishes_built import Scene, do, make_scene, make_wish, put_into_pool

NOTE = "门卫说没有"


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    return await make_scene(store)


async def held_by_another(scene: Scene) -> tuple[int, Actor]:
    """A wish that somebody has claimed from the pool, and who."""
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    holder = await make_cadre(scene.store, scene.org, "周敏", "10002")
    await do(scene.store, lambda unit: claim_wish(unit, holder, ref))
    return ref, holder


async def test_when_another_holds_it_the_cadre_hears_of_the_owners_yes_too(store: Store, scene: Scene) -> None:
    ref, holder = await held_by_another(scene)
    await do(store, lambda unit: report_done(unit, holder, ref, "书给了"))
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    for person in (holder, scene.cadre):
        assert [one["ref"] for one in await queued(store, person, "wish/fulfilled_told")] == [ref]
    assert await queued(store, scene.youth, "wish/fulfilled_told") == []


async def test_when_another_holds_it_both_hear_that_it_was_taken_back(store: Store, scene: Scene) -> None:
    ref, holder = await held_by_another(scene)
    await do(store, lambda unit: withdraw_wish(unit, scene.youth, ref))
    for person in (holder, scene.cadre):
        assert [one["ref"] for one in await queued(store, person, "wish/withdrawn_told")] == [ref]


async def test_the_cadre_who_holds_it_hears_of_it_once(store: Store, scene: Scene) -> None:
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    assert len(await queued(store, scene.cadre, "wish/fulfilled_told")) == 1


async def test_only_who_holds_it_hears_that_it_did_not_arrive(store: Store, scene: Scene) -> None:
    ref, holder = await held_by_another(scene)
    await do(store, lambda unit: report_done(unit, holder, ref, "书给了"))
    await do(store, lambda unit: not_received(unit, scene.youth, ref, f" {NOTE} "))
    [told] = await queued(store, holder, "wish/reopened_told")
    assert (told["ref"], told["held"], told["note"]) == (ref, True, NOTE)
    assert await queued(store, scene.cadre, "wish/reopened_told") == []


async def test_a_wish_come_true_never_sets_a_contact_back(store: Store, scene: Scene) -> None:
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    later = store.clock.now() + timedelta(hours=1)
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().last_contact_at = later
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    async with store.read() as session:
        assert (await session.execute(select(Contact.last_contact_at))).scalar_one() == later
