"""Reading wishes: whose they are decides what is there at all; pages are cut before anything is opened (P13)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.clock import ManualClock
from bot.core.reads.audited import Seen
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import Actor, Role
from bot.features.wish.acts.claim import WishesShown, list_wishes
from bot.features.wish.reads.list import MyWishes, my_wishes, page_of_cadre, shortened
from bot.features.wish.reads.wish import find_for_cadre, find_own, followers_of
from bot.features.wish.rules.wish import LIST_PAGE, WishNotFound, WishParty
from bot.features.wish.tables import Wish
from bot.features.wish.todo import held_wishes, open_wishes
from bot.store.chat import Contact
from bot.store.store import Store
from tests.people_built import make_cadre, make_person, make_youth
from tests.reading import watch_opening
from tests.wishes_built import POOL_WORDS, WORDS, Scene, make_scene, make_wish, make_wish_of, put_into_pool

NOBODY = 9_999


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Scene:
    return await make_scene(any_store)


async def mine(scene: Scene, actor: Actor, page: int = 1) -> MyWishes:
    async with scene.store.read() as session:
        return await my_wishes(session, scene.store.vault, actor, page, now=scene.store.clock.now())


async def listed(scene: Scene, actor: Actor, page: int = 1) -> WishesShown:
    async with scene.store.read() as session:
        found = await list_wishes(session, scene.store.vault, actor, page, now=scene.store.clock.now())
    assert isinstance(found, Seen)
    assert isinstance(found.say, WishesShown)
    return found.say


async def outsiders(scene: Scene) -> list[Actor]:
    """Another cadre, another youth, and admins of the county and the city."""
    store = scene.store
    other = await make_cadre(store, scene.org, "周敏", "10002")
    return [
        other,
        await make_youth(store, scene.org, "阿凯", "20002", cadre=other),
        await make_person(store, scene.org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,)),
        await make_person(store, scene.city, "何立", number="30002", roles=(Role.ORGAN_ADMIN,)),
    ]


@pytest.mark.rule("P13")
async def test_a_foreign_wish_and_one_that_does_not_exist_are_alike(scene: Scene) -> None:
    ref = await make_wish(scene)
    for actor in await outsiders(scene):
        async with scene.store.read() as session:
            for number in (ref, NOBODY):
                for find in (find_own, find_for_cadre):
                    with pytest.raises(WishNotFound) as refused:
                        await find(session, actor, number)
                    assert refused.value.details == {}
        assert (await mine(scene, actor)).total == 0
        assert (await listed(scene, actor)).total == 0


async def test_its_owner_and_their_cadre_find_it(scene: Scene) -> None:
    ref = await make_wish(scene)
    async with scene.store.read() as session:
        assert (await find_own(session, scene.youth, ref)).ref == ref
        wish, parts = await find_for_cadre(session, scene.cadre, ref)
        assert await followers_of(session, wish) == []
    assert (wish.ref, parts) == (ref, {WishParty.CADRE})
    assert [line.words for line in (await mine(scene, scene.youth)).wishes] == [WORDS]
    assert [line.name for line in (await listed(scene, scene.cadre)).wishes] == ["小赵"]


@pytest.mark.rule("P13")
async def test_a_former_cadre_finds_nothing(scene: Scene) -> None:
    ref = await make_wish(scene)
    async with scene.store.unit() as unit:
        await unit.session.execute(update(Contact).values(ended_at=unit.now))
    async with scene.store.read() as session:
        with pytest.raises(WishNotFound):
            await find_for_cadre(session, scene.cadre, ref)
        assert (await page_of_cadre(session, scene.cadre, 1)).total == 0
        now = scene.store.clock.now()
        assert (await open_wishes(session, scene.store.vault, scene.cadre, now, 10)).count == 0


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (LIST_PAGE, 1), (LIST_PAGE + 1, 2)])
async def test_pages_of_ones_own_show_each_once_newest_first(scene: Scene, count: int, pages: int) -> None:
    refs = [await make_wish(scene, ago=timedelta(days=count - n)) for n in range(count)]
    found = [await mine(scene, scene.youth, page) for page in range(1, pages + 1)]
    assert [line.ref for page in found for line in page.wishes] == refs[::-1]
    assert {(page.total, page.pages) for page in found} == {(count, pages)}
    for page in (0, pages + 1):
        with pytest.raises(NoSuchPage):
            await mine(scene, scene.youth, page)
        with pytest.raises(NoSuchPage):
            await listed(scene, scene.cadre, page)


async def test_a_cadres_pages_show_the_oldest_first_and_open_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = LIST_PAGE + 2
    refs = [await make_wish(scene, ago=timedelta(days=count - n)) for n in range(count)]
    opened = watch_opening(scene.store.vault, monkeypatch, "wishes")
    found = await listed(scene, scene.cadre, 2)
    assert [line.ref for line in found.wishes] == refs[LIST_PAGE:]
    assert (found.total, found.pages, len(opened)) == (count, 2, 2)
    assert [line.ref for line in (await listed(scene, scene.cadre)).wishes] == refs[:LIST_PAGE]


async def test_what_is_claimed_from_a_pool_is_in_the_list_in_the_pools_words(scene: Scene) -> None:
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    helper = await make_cadre(scene.store, scene.org, "苏娜", "10003")
    async with scene.store.unit() as unit:
        await unit.session.execute(update(Wish).values(state="claimed", holder_id=helper.person_id))
    (line,) = (await listed(scene, helper)).wishes
    assert (line.ref, line.name, line.mine, line.words) == (ref, "", True, POOL_WORDS)


async def test_todo_gives_the_oldest_and_the_count(scene: Scene, clock: ManualClock) -> None:
    refs = [await make_wish(scene, ago=timedelta(days=5 - n)) for n in range(5)]
    held = await make_wish_of(scene.store, scene.youth, scene.cadre, claimed=True)
    async with scene.store.read() as session:
        found = await open_wishes(session, scene.store.vault, scene.cadre, clock.now(), 2)
        mine = await held_wishes(session, scene.store.vault, scene.cadre, clock.now(), 2)
    assert (found.count, [item.ref for item in found.oldest]) == (5, [f"W{ref}" for ref in refs[:2]])
    assert (mine.count, [item.ref for item in mine.oldest]) == (1, [f"W{held}"])


def test_a_long_wish_is_one_line_of_a_list() -> None:
    assert len(shortened("想要\n" * 100)) == 40
