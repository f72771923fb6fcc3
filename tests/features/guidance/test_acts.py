"""联系基层 and 指导 on both databases: only the own tree, one committee a year, every item with its process."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.retention import RetentionPeriods
from bot.features.guidance.acts.choose import choose_guidance
from bot.features.guidance.acts.enter import enter_guidance, expire_links, expire_words, expire_years
from bot.features.guidance.acts.link import link_grassroots, unlink_grassroots
from bot.features.guidance.reads.grassroots import GrassrootsAmbiguous, GrassrootsNotFound, my_grassroots
from bot.features.guidance.reads.progress import GuidanceNotChosen, GuidanceProgress, GuidanceToChoose, guidance
from bot.features.guidance.rules.checklist import GuidanceItemUnknown, GuidanceProcessMissing
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment, GuidanceEntry
from bot.store.delivery import OutboxMessage
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person

PROCESS = "清溪社区会议室，讲团史，12 人听"


@dataclass(frozen=True, slots=True)
class County:
    org: OrgUnit
    street: OrgUnit
    school: OrgUnit
    couriers: OrgUnit
    cadre: Actor


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    org = await make_org(any_store)
    street = await make_org(any_store, "清溪街道团工委", OrgLevel.GRASSROOTS, org)
    school = await make_org(any_store, "县一中团委", OrgLevel.GRASSROOTS, org)
    couriers = await make_org(any_store, "快递支部", OrgLevel.BRANCH, street)
    await make_org(any_store, "高一支部", OrgLevel.BRANCH, school)
    other = await make_org(any_store, "临山县团委")
    await make_org(any_store, "临山街道团工委", OrgLevel.GRASSROOTS, other)
    await make_person(any_store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    await make_person(any_store, street, "周敏", number="40001", roles=(Role.SECRETARY,))
    return County(org, street, school, couriers, await make_cadre(any_store, org, "林晓舟", "10001"))


async def count(store: Store, table) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def link(store: Store, actor: Actor, name: str):
    async with store.unit() as unit:
        return await link_grassroots(unit, actor, name)


async def choose(store: Store, actor: Actor, words: str):
    async with store.unit() as unit:
        return await choose_guidance(unit, actor, words)


async def enter(store: Store, actor: Actor, words: str):
    async with store.unit() as unit:
        return await enter_guidance(unit, actor, words)


@pytest.mark.rule("P13")
@pytest.mark.parametrize("name", ["临山街道团工委", "没有这个", "", "快递支部", "清河县团委", "%", "_"])
async def test_a_committee_of_another_tree_an_unknown_one_and_what_is_no_committee_are_refused_alike(
    any_store: Store, county: County, name: str
):
    with pytest.raises(GrassrootsNotFound):
        await link(any_store, county.cadre, name)
    assert await count(any_store, GrassrootsLink) == 0


async def test_a_part_of_a_name_is_enough_when_it_fits_one_only(any_store: Store, county: County):
    with pytest.raises(GrassrootsAmbiguous) as refused:
        await link(any_store, county.cadre, "团")
    assert set(refused.value.details["names"]) == {county.street.name, county.school.name}
    assert (await link(any_store, county.cadre, "清溪")).org == county.street.name


async def test_the_secretary_and_the_organ_are_told_once(any_store: Store, county: County):
    first = await link(any_store, county.cadre, "清溪街道团工委")
    again = await link(any_store, county.cadre, "共青团清溪街道团工委")
    assert (first.told, again.again) == (2, True)
    assert await count(any_store, OutboxMessage) == 2
    assert await count(any_store, GrassrootsLink) == 1


@pytest.mark.rule("R1.2")
async def test_an_unlinked_committee_cannot_be_unlinked_or_chosen(any_store: Store, county: County):
    async with any_store.unit() as unit:
        with pytest.raises(GrassrootsNotFound):
            await unlink_grassroots(unit, county.cadre, "县一中团委")
    with pytest.raises(GrassrootsNotFound):
        await choose(any_store, county.cadre, "县一中团委")
    assert await count(any_store, GuidanceAssignment) == 0


async def test_a_link_that_ended_can_begin_again(any_store: Store, county: County):
    await link(any_store, county.cadre, "县一中")
    async with any_store.unit() as unit:
        assert (await unlink_grassroots(unit, county.cadre, "县一中")).org == county.school.name
    async with any_store.read() as session:
        assert (await my_grassroots(session, county.cadre)).names == ()
    assert not (await link(any_store, county.cadre, "县一中")).again
    async with any_store.read() as session:
        assert (await my_grassroots(session, county.cadre)).names == (county.school.name,)


@pytest.mark.rule("R1.6")
async def test_the_branch_belongs_to_the_committee(any_store: Store, county: County):
    await link(any_store, county.cadre, "清溪")
    with pytest.raises(GrassrootsNotFound):
        await choose(any_store, county.cadre, "清溪 高一支部")
    chosen = await choose(any_store, county.cadre, "清溪")
    assert (chosen.branch, chosen.branches) == ("", (county.couriers.name,))
    assert (await choose(any_store, county.cadre, "清溪 快递")).branch == county.couriers.name
    again = await choose(any_store, county.cadre, county.street.name)
    assert again.branch == county.couriers.name, "a slip loses no branch"


async def test_there_is_one_committee_a_year_and_choosing_another_keeps_what_was_entered(
    any_store: Store, county: County
):
    await link(any_store, county.cadre, "清溪")
    await link(any_store, county.cadre, "县一中")
    await choose(any_store, county.cadre, "清溪 快递支部")
    await enter(any_store, county.cadre, f"团课 {PROCESS}")
    changed = await choose(any_store, county.cadre, "县一中")
    assert (changed.changed, changed.kept, changed.branch) == (True, 1, "")
    assert await count(any_store, GuidanceAssignment) == 1


@pytest.mark.rule("R1.3", "R1.11")
async def test_nothing_is_entered_before_a_committee_is_chosen_nor_without_a_process(any_store: Store, county: County):
    with pytest.raises(GuidanceNotChosen):
        await enter(any_store, county.cadre, f"团课 {PROCESS}")
    await link(any_store, county.cadre, "清溪")
    await choose(any_store, county.cadre, "清溪")
    with pytest.raises(GuidanceProcessMissing):
        await enter(any_store, county.cadre, "团课")
    with pytest.raises(GuidanceItemUnknown):
        await enter(any_store, county.cadre, f"打球 {PROCESS}")
    assert await count(any_store, GuidanceEntry) == 0


async def test_an_item_entered_twice_is_done_once_and_shows_both_days(any_store: Store, county: County):
    await link(any_store, county.cadre, "清溪")
    await choose(any_store, county.cadre, "清溪 快递")
    await enter(any_store, county.cadre, f"团课 {PROCESS}")
    second = await enter(any_store, county.cadre, f"团课 {PROCESS}")
    assert second.done == 1
    async with any_store.read() as session:
        told = await guidance(session, any_store.vault, county.cadre, now=any_store.clock.now())
    assert isinstance(told, GuidanceProgress)
    lines = {line.name: line for line in told.lines}
    assert [len(line.days) for line in lines.values() if line.days] == [2]
    assert {line.process for line in lines.values()} == {"", PROCESS}
    assert sum(done for _, done, _ in told.groups) == 1


async def test_another_cadre_sees_and_enters_nothing_of_it(any_store: Store, county: County):
    await link(any_store, county.cadre, "清溪")
    await choose(any_store, county.cadre, "清溪")
    colleague = await make_cadre(any_store, county.org, "苏娜", "10002")
    with pytest.raises(GuidanceNotChosen):
        await enter(any_store, colleague, f"团课 {PROCESS}")
    async with any_store.read() as session:
        told = await guidance(session, any_store.vault, colleague, now=any_store.clock.now())
    assert told == GuidanceToChoose(any_store.clock.now().year, linked=())


async def test_words_go_after_a_year_and_everything_after_its_time(
    any_store: Store, clock: ManualClock, county: County
):
    await link(any_store, county.cadre, "清溪")
    await choose(any_store, county.cadre, "清溪")
    await enter(any_store, county.cadre, f"团课 {PROCESS}")
    async with any_store.unit() as unit:
        await unlink_grassroots(unit, county.cadre, "清溪")
    assert await expired(any_store) == (0, 0, 0)
    clock.advance(timedelta(days=367))
    assert await expired(any_store) == (1, 0, 0)
    assert await expired(any_store) == (0, 0, 0)
    assert await count(any_store, GuidanceEntry) == 1, "that it was done stays"
    clock.advance(timedelta(days=4 * 366))
    assert await expired(any_store) == (0, 1, 1)
    assert await count(any_store, GuidanceEntry) == 0


async def expired(store: Store) -> tuple[int, int, int]:
    periods = RetentionPeriods()
    async with store.unit() as unit:
        words, years = await expire_words(unit, periods, 10), await expire_years(unit, periods, 10)
        return words, years, await expire_links(unit, periods, 10)
