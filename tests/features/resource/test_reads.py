"""Reading resources: only of the own organ; pages are cut before anything is opened (R2.7)."""

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.core.reads.audited import Seen
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import Actor
from bot.features.resource.acts.suggest import MatchSuggested, suggest_matches
from bot.features.resource.reads.resource import SHOWN, find_resource, open_resources, resources
from bot.features.resource.rules.resource import PAGE, ResourceClosed, ResourceNotFound
from bot.features.resource.tables import Resource
from bot.store.store import Store
from tests.people_built import make_cadre
from tests.pools_built import make_pooled, make_resource
from tests.reading import watch_opening
from tests.voices_built import County, make_county

NOBODY = 9_999


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


@pytest.mark.rule("P13")
async def test_a_foreign_resource_and_one_that_does_not_exist_are_alike(any_store: Store, county: County) -> None:
    ref = await make_resource(any_store, county.org, county.admin)
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    async with any_store.read() as session:
        for actor in (county.city_admin, county.cadre, county.youth, other):
            for number in (ref, NOBODY):
                with pytest.raises(ResourceNotFound):
                    await find_resource(session, actor, number)
                with pytest.raises(ResourceNotFound):
                    await suggest_matches(session, any_store.vault, actor, number, now=any_store.clock.now())
            assert (await resources(session, any_store.vault, actor, 1)).total == 0
            assert await open_resources(session, any_store.vault, actor) == ()
        assert (await find_resource(session, county.admin, ref)).ref == ref


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_pages_show_each_once_and_open_no_other(
    any_store: Store, county: County, count: int, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await make_resource(any_store, county.org, county.admin) for _ in range(count)]
    opened = watch_opening(any_store.vault, monkeypatch, "resources")
    async with any_store.read() as session:
        last = await resources(session, any_store.vault, county.admin, pages)
        assert len(opened) == len(last.resources) == count - (pages - 1) * PAGE
        found = [await resources(session, any_store.vault, county.admin, page) for page in range(1, pages + 1)]
        for page in (0, pages + 1):
            with pytest.raises(NoSuchPage):
                await resources(session, any_store.vault, county.admin, page)
        assert len(await open_resources(session, any_store.vault, county.admin)) == min(count, SHOWN)
    assert sorted(line.ref for page in found for line in page.resources) == sorted(made)
    assert {(page.total, page.pages) for page in found} == {(count, pages)}


async def test_what_is_closed_comes_last_and_cannot_be_matched(any_store: Store, county: County) -> None:
    closed, there = [await make_resource(any_store, county.org, county.admin) for _ in range(2)]
    async with any_store.unit() as unit:
        await unit.session.execute(update(Resource).where(Resource.ref == closed).values(state="closed"))
    async with any_store.read() as session:
        shown = await resources(session, any_store.vault, county.admin, 1)
        with pytest.raises(ResourceClosed):
            await suggest_matches(session, any_store.vault, county.admin, closed, now=any_store.clock.now())
        assert [line.ref for line in await open_resources(session, any_store.vault, county.admin)] == [there]
    assert [line.ref for line in shown.resources] == [there, closed]


async def test_only_what_shares_words_is_suggested_and_logged(any_store: Store, county: County) -> None:
    ref = await make_pooled(any_store, county.youth, county.cadre, county.org, "想要一本制图教程")
    await make_pooled(any_store, county.youth, county.cadre, county.org, "想学游泳")
    offer = await make_resource(any_store, county.org, county.admin, "制图教程 2 本", capacity=2)

    async def suggested(actor: Actor) -> Seen:
        async with any_store.read() as session:
            return await suggest_matches(session, any_store.vault, actor, offer, now=any_store.clock.now())

    found = await suggested(county.admin)
    assert isinstance(found.say, MatchSuggested)
    assert [line.ref for line in found.say.wishes] == [ref]
    assert [entry.subject_id for entry in found.logged] == [county.youth.person_id]
