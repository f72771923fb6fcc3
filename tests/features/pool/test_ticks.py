"""Ticks of the pools: one step up at a time, exactly once, whatever the downtime; numbers once a week."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.pool.reads.own_rules import pool_rules
from bot.features.pool.rules.pool import PoolRules
from bot.features.resource.acts.balance import begin_match, reserve
from bot.features.resource.tables import Resource
from bot.features.wish.tables import Wish
from bot.store.delivery import AuditEntry, OutboxMessage
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.pools_built import make_pooled, make_resource
from tests.ticking import do_due
from tests.wishes_built import wish_of

DAY = timedelta(days=1)


class Tree:
    """Province, city, county, and everybody one wish needs."""

    province: OrgUnit
    city: OrgUnit
    county: OrgUnit
    cadre: Actor
    youth: Actor

    def __init__(self, store: Store) -> None:
        self.store = store

    async def build(self) -> "Tree":
        self.province = await make_org(self.store, "云海省团委", OrgLevel.PROVINCE)
        self.city = await make_org(self.store, "甘泉市团委", OrgLevel.CITY, self.province)
        self.county = await make_org(self.store, "清河县团委", OrgLevel.COUNTY, self.city)
        self.cadre = await make_cadre(self.store, self.county)
        self.youth = await make_youth(self.store, self.county, cadre=self.cadre)
        return self

    async def pooled(self, agreed: OrgLevel = OrgLevel.PROVINCE) -> int:
        return await make_pooled(self.store, self.youth, self.cadre, self.county, agreed=agreed)


@pytest_asyncio.fixture
async def tree(any_store: Store) -> Tree:
    return await Tree(any_store).build()


async def level_of(store: Store, ref: int) -> str | None:
    return (await wish_of(store, ref)).pool_level


async def messages_to(store: Store, person: Actor) -> int:
    async with store.read() as session:
        rows = await session.execute(
            select(func.count()).select_from(OutboxMessage).where(OutboxMessage.person_id == person.person_id)
        )
        return rows.scalar_one()


# --- not yet, not at all ---------------------------------------------------------------------------------------------


async def test_a_day_early_nothing_moves(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    ref = await tree.pooled()
    assert await do_due(any_store, clock.advance(15 * DAY - timedelta(seconds=1)), "pool.climb") == 0
    assert await level_of(any_store, ref) == "county"


@pytest.mark.parametrize(("agreed", "top"), [(OrgLevel.COUNTY, "county"), (OrgLevel.CITY, "city")])
async def test_no_further_than_its_owner_agreed(
    any_store: Store, tree: Tree, clock: ManualClock, agreed: OrgLevel, top: str
) -> None:
    ref = await tree.pooled(agreed)
    for _ in range(6):
        await do_due(any_store, clock.advance(16 * DAY), "pool.climb")
    assert await level_of(any_store, ref) == top
    assert (await wish_of(any_store, ref)).state == "pooled"


async def test_while_its_owner_is_asked_about_an_offer_it_stays(
    any_store: Store, tree: Tree, clock: ManualClock
) -> None:
    ref = await tree.pooled()
    await make_resource(any_store, tree.county, None)
    async with any_store.unit() as unit:
        resource = (await unit.session.execute(select(Resource))).scalar_one()
        wish = (await unit.session.execute(select(Wish))).scalar_one()
        assert await reserve(unit, resource.id, 1)
        await begin_match(unit, resource.id, wish.id, tree.cadre.person_id or 0)
    assert await do_due(any_store, clock.advance(20 * DAY), "pool.climb") == 0
    assert await level_of(any_store, ref) == "county"


async def test_a_claimed_wish_does_not_climb(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    ref = await tree.pooled()
    async with any_store.unit() as unit:
        (await unit.session.execute(select(Wish))).scalar_one().state = "claimed"
    assert await do_due(any_store, clock.advance(20 * DAY), "pool.climb") == 0
    assert await level_of(any_store, ref) == "county"


# --- up --------------------------------------------------------------------------------------------------------------


async def test_county_city_province_each_told_once(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    ref = await tree.pooled()
    before = await messages_to(any_store, tree.youth)
    for level, org in (("city", tree.city), ("province", tree.province)):
        now = clock.advance(15 * DAY)
        assert await do_due(any_store, now, "pool.climb") == 1
        assert await do_due(any_store, now, "pool.climb") == 0
        wish = await wish_of(any_store, ref)
        assert (wish.pool_level, wish.pool_org_id, wish.pooled_at) == (level, org.id, now)
    assert await do_due(any_store, clock.advance(400 * DAY), "pool.climb") == 0
    assert await messages_to(any_store, tree.youth) - before == 2
    async with any_store.read() as session:
        rows = await session.execute(select(AuditEntry.ref).where(AuditEntry.action == "wish.climbed"))
        assert list(rows.scalars()) == [f"W{ref}"] * 2


async def test_a_long_downtime_makes_one_step_and_the_next_pool_has_its_whole_time(
    any_store: Store, tree: Tree, clock: ManualClock
) -> None:
    ref = await tree.pooled()
    now = clock.advance(100 * DAY)
    assert await do_due(any_store, now, "pool.climb") == 1
    assert await level_of(any_store, ref) == "city"
    assert await do_due(any_store, clock.advance(14 * DAY), "pool.climb") == 0
    assert await do_due(any_store, clock.advance(DAY), "pool.climb") == 1
    assert await level_of(any_store, ref) == "province"


async def test_a_missing_level_is_passed_over(any_store: Store, clock: ManualClock) -> None:
    tree = await Tree(any_store).build()
    county = await make_org(any_store, "直管县团委", OrgLevel.COUNTY, tree.province)
    youth = await make_youth(any_store, county, "小韩", "20002", cadre=tree.cadre)
    ref = await make_pooled(any_store, youth, tree.cadre, county)
    await do_due(any_store, clock.advance(15 * DAY), "pool.climb")
    assert (await wish_of(any_store, ref)).pool_org_id == tree.province.id


async def test_who_wants_no_reminders_is_not_told_and_the_wish_goes_on(
    any_store: Store, tree: Tree, clock: ManualClock
) -> None:
    ref = await tree.pooled()
    async with any_store.unit() as unit:
        (await unit.session.get_one(Person, tree.youth.person_id)).reminders_off = True
    before = await messages_to(any_store, tree.youth)
    await do_due(any_store, clock.advance(15 * DAY), "pool.climb")
    assert await level_of(any_store, ref) == "city"
    assert await messages_to(any_store, tree.youth) == before


async def test_more_than_one_look_takes_is_taken_by_the_next(
    any_store: Store, tree: Tree, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.schedule.ticks.MANY", 2)
    for _ in range(5):
        await tree.pooled()
    now = clock.advance(15 * DAY)
    assert [await do_due(any_store, now, "pool.climb") for _ in range(4)] == [2, 2, 1, 0]


async def test_other_waits_of_the_table_count(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    rules = PoolRules(waits={OrgLevel.COUNTY: 3 * DAY, OrgLevel.CITY: 40 * DAY})
    ref = await tree.pooled()
    assert await do_due(any_store, clock.advance(3 * DAY), "pool.climb", rules=rules) == 1
    assert await do_due(any_store, clock.advance(39 * DAY), "pool.climb", rules=rules) == 0
    assert await level_of(any_store, ref) == "city"


def test_the_shipped_table_is_what_the_rules_say() -> None:
    assert pool_rules() == PoolRules()


# --- numbers ---------------------------------------------------------------------------------------------------------


async def test_an_organ_hears_a_number_once_a_week_and_no_more(
    any_store: Store, tree: Tree, clock: ManualClock
) -> None:
    admin = await make_person(any_store, tree.county, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    for _ in range(3):
        await tree.pooled(OrgLevel.COUNTY)
    assert await do_due(any_store, clock.advance(30 * DAY), "pool.tell_idle") == 0
    now = clock.advance(DAY)
    assert await do_due(any_store, now, "pool.tell_idle") == 1
    await do_due(any_store, now + DAY, "pool.tell_idle")
    assert await messages_to(any_store, admin) == 1
    await do_due(any_store, now + 10 * DAY, "pool.tell_idle")  # a week on is New Year
    assert await messages_to(any_store, admin) == 2


async def test_only_in_the_morning_of_a_workday_and_after_a_restart_not_twice(
    any_store: Store, tree: Tree, clock: ManualClock
) -> None:
    admin = await make_person(any_store, tree.county, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    await tree.pooled(OrgLevel.COUNTY)
    saturday = clock.now().replace(hour=10) + 46 * DAY
    assert saturday.isoweekday() == 6
    await do_due(any_store, saturday, "pool")
    await do_due(any_store, (saturday + 2 * DAY).replace(hour=8), "pool")
    assert await messages_to(any_store, admin) == 0
    for _ in range(2):
        await do_due(any_store, (saturday + 2 * DAY).replace(hour=9), "pool")
    assert await messages_to(any_store, admin) == 1


# --- what stands beside ----------------------------------------------------------------------------------------------


async def test_when_too_few_are_left_less_is_shown(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    crowd = [await make_youth(any_store, tree.county, f"伙伴{n}", "") for n in range(4)]
    ref = await make_pooled(
        any_store, tree.youth, tree.cadre, tree.county, shown_area_id=tree.county.id, shown_age="adult"
    )
    assert await do_due(any_store, clock.now(), "pool.set_beside") == 0
    async with any_store.unit() as unit:
        (await unit.session.get_one(Person, crowd[0].person_id)).state = "gone"
    assert await do_due(any_store, clock.now(), "pool.set_beside") == 1
    wish = await wish_of(any_store, ref)
    assert (wish.shown_area_id, wish.shown_age, wish.shown_kind) == (None, None, "other")


async def test_a_stricter_k_shows_less_from_the_next_night_on(any_store: Store, tree: Tree, clock: ManualClock) -> None:
    for n in range(4):
        await make_youth(any_store, tree.county, f"伙伴{n}", "")
    ref = await make_pooled(
        any_store, tree.youth, tree.cadre, tree.county, shown_area_id=tree.county.id, shown_age="adult"
    )
    assert await do_due(any_store, clock.now(), "pool.set_beside", rules=PoolRules(k=6)) == 1
    assert (await wish_of(any_store, ref)).shown_area_id is None
