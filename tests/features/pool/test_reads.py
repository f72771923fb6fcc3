"""Reading pools: an organ reads as far up as the owner agreed; a cadre claims from the pools above (P12, P13)."""

from datetime import timedelta

import pytest
import pytest_asyncio

from bot.clock import ManualClock
from bot.core.reads.audited import Seen
from bot.core.reads.orgs import ladder_of, names_of_orgs, organs_of
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.pool.acts.view import read_pool
from bot.features.pool.reads.look_alikes import beside_of
from bot.features.pool.reads.pool import PAGE, find_in_pool, pool_rows
from bot.features.pool.rules.pool import PoolRules
from bot.features.resource.reads.pool import pool_shown
from bot.features.resource.reads.resource import unasked
from bot.features.wish.reads.pooled import claimable
from bot.features.wish.rules.wish import WishNotFound
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.pools_built import make_pooled, make_resource
from tests.reading import watch_opening
from tests.voices_built import County, make_county

NOBODY = 9_999


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def refs(store: Store, actor: Actor, page: int = 1, kind: str = "") -> list[int]:
    async with store.read() as session:
        return [wish.ref for wish in (await pool_rows(session, actor, kind, page)).rows]


async def found_by(store: Store, actor: Actor, ref: int) -> bool:
    """Whether an organ finds it; the look-up locks the row."""
    async with store.unit() as unit:
        try:
            await find_in_pool(unit.session, actor, ref)
        except WishNotFound:
            return False
    return True


async def pooled(store: Store, county: County, **more: object) -> int:
    return await make_pooled(store, county.youth, county.cadre, county.org, **more)  # type: ignore[arg-type]


@pytest.mark.rule("P13")
async def test_a_foreign_pool_is_empty_and_its_wishes_do_not_exist(any_store: Store, county: County) -> None:
    ref = await pooled(any_store, county)
    there = await make_org(any_store, "长河县团委", parent=county.city)
    foreign = await make_person(any_store, there, "周敏", number="30009", roles=(Role.ORGAN_ADMIN, Role.CADRE))
    for actor in (foreign, county.cadre, county.youth):
        assert await refs(any_store, actor) == []
        for number in (ref, NOBODY):
            assert not await found_by(any_store, actor, number)
        async with any_store.read() as session:
            rules, now = PoolRules(), any_store.clock.now()
            assert (await pool_shown(session, any_store.vault, actor, rules, now=now)).total == 0
            assert await claimable(session, any_store.vault, actor, now) == ()


@pytest.mark.rule("P12")
async def test_words_go_as_far_up_as_their_owner_agreed_and_numbers_further(any_store: Store, county: County) -> None:
    ref = await pooled(any_store, county, agreed=OrgLevel.COUNTY)
    assert (await refs(any_store, county.admin), await refs(any_store, county.city_admin)) == ([ref], [])
    async with any_store.read() as session:
        rules, now = PoolRules(), any_store.clock.now()
        above = await pool_shown(session, any_store.vault, county.city_admin, rules, now=now)
    assert (above.total, above.readable) == (1, 0)
    assert await found_by(any_store, county.admin, ref)
    assert not await found_by(any_store, county.city_admin, ref)


async def test_a_cadre_claims_what_is_not_of_their_own_youths(any_store: Store, county: County) -> None:
    ref = await pooled(any_store, county)
    helper = await make_cadre(any_store, county.org, "苏娜", "10003")
    async with any_store.read() as session:
        now = any_store.clock.now()
        found = await claimable(session, any_store.vault, helper, now)
        assert [line.ref for line in found] == [ref]
        assert await claimable(session, any_store.vault, county.cadre, now) == ()


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_pages_show_each_once_oldest_first_and_open_no_other(
    any_store: Store, county: County, clock: ManualClock, count: int, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = [clock.now() - timedelta(days=count - n) for n in range(count)]
    made = [await pooled(any_store, county, since=at) for at in since]
    opened = watch_opening(any_store.vault, monkeypatch, "wishes")
    async with any_store.read() as session:
        last = await read_pool(session, any_store.vault, county.admin, "", pages, now=clock.now())
        for page in (0, pages + 1):
            with pytest.raises(NoSuchPage):
                await pool_rows(session, county.admin, "", page)
        sizes = [(found.total, found.pages) for found in [await pool_rows(session, county.admin, "", 1)]]
    assert isinstance(last, Seen)
    assert len(opened) == count - (pages - 1) * PAGE
    assert [ref for page in range(1, pages + 1) for ref in await refs(any_store, county.admin, page)] == made
    assert sizes == [(count, pages)]


async def test_one_kind_shows_no_other(any_store: Store, county: County) -> None:
    study = await pooled(any_store, county, shown_kind="study")
    other = await pooled(any_store, county, shown_kind=None)
    assert await refs(any_store, county.admin, kind="study") == [study]
    assert await refs(any_store, county.admin, kind="other") == [other]


async def test_for_a_resource_only_what_is_not_asked_is_looked_at(any_store: Store, county: County) -> None:
    ref = await pooled(any_store, county)
    await make_resource(any_store, county.org, county.admin)
    async with any_store.read() as session:
        assert [wish.ref for wish in await unasked(session, county.admin, 1)] == [ref]
        assert await unasked(session, county.youth, 1) == []


async def test_the_ladder_goes_from_the_nearest_up(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        ladder = await ladder_of(session, county.org.id)
        assert [rung.org_id for rung in ladder] == [county.org.id, county.city.id]
        assert [organ.id for organ in await organs_of(session, county.admin)] == [county.org.id]
        assert await organs_of(session, county.youth) == ()
        assert await names_of_orgs(session, [None]) == {}
        assert await names_of_orgs(session, [county.org.id, None]) == {county.org.id: county.org.name}


@pytest.mark.rule("P12")
async def test_of_too_few_who_share_it_nothing_fine_stands_beside(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        ladder = await ladder_of(session, county.org.id)
        few = await beside_of(session, "adult", "other", ladder, ladder[0], 5)
    for number in range(4):
        await make_youth(any_store, county.org, f"青年{number}", f"2000{2 + number}")
    async with any_store.read() as session:
        many = await beside_of(session, "adult", "other", ladder, ladder[0], 5)
    assert few.age is None
    assert (many.area, many.age) == (county.org.id, "adult")
