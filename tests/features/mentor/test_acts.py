"""结对 on both databases: cadres of a county and secretaries below it; both see it, nobody else (R2.14)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.acts.offices import end_roles
from bot.core.reads.officers import OfficerAmbiguous, OfficerNotFound
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.retention import RetentionPeriods
from bot.features.mentor.acts.link import expire_mentor_links, link_secretary, unlink_secretary
from bot.features.mentor.reads.links import my_links
from bot.features.mentor.rules.mentor import MentorLinkNotFound, NotOfACounty
from bot.features.mentor.tables import MentorLink
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person


@dataclass(frozen=True, slots=True)
class County:
    city: OrgUnit
    org: OrgUnit
    street: OrgUnit
    cadre: Actor
    secretary: Actor


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(any_store, "清河县团委", parent=city)
    street = await make_org(any_store, "清溪街道团工委", OrgLevel.GRASSROOTS, org)
    other = await make_org(any_store, "临山县团委", parent=city)
    away = await make_org(any_store, "临山街道团工委", OrgLevel.GRASSROOTS, other)
    await make_person(any_store, away, "何立", number="40002", roles=(Role.SECRETARY,))
    await make_person(any_store, org, "苏娜", number="30001", roles=(Role.SECRETARY,))
    return County(
        city,
        org,
        street,
        await make_cadre(any_store, org, "林晓舟", "10001"),
        await make_person(any_store, street, "周敏", number="40001", roles=(Role.SECRETARY,)),
    )


async def link(store: Store, actor: Actor, name: str):
    async with store.unit() as unit:
        return await link_secretary(unit, actor, name)


async def unlink(store: Store, actor: Actor, name: str):
    async with store.unit() as unit:
        return await unlink_secretary(unit, actor, name)


async def active(store: Store) -> int:
    async with store.read() as session:
        rows = select(func.count()).select_from(MentorLink).where(MentorLink.ended_at.is_(None))
        return (await session.execute(rows)).scalar_one()


@pytest.mark.parametrize("name", ["何立", "苏娜", "林晓舟", "没这人", "", "%"])
async def test_a_secretary_of_another_county_of_no_grassroots_and_nobody_are_refused_alike(
    any_store: Store, county: County, name: str
):
    with pytest.raises(OfficerNotFound):
        await link(any_store, county.cadre, name)
    assert await active(any_store) == 0


async def test_only_cadres_of_a_county_guide_secretaries(any_store: Store, county: County):
    of_the_city = await make_cadre(any_store, county.city, "吴建平", "10002")
    of_the_street = await make_cadre(any_store, county.street, "何洁", "10003")
    for actor in (of_the_city, of_the_street, county.secretary):
        with pytest.raises(NotOfACounty):
            await link(any_store, actor, "周敏")


async def test_both_sides_see_it_and_nobody_else(any_store: Store, county: County):
    assert (await link(any_store, county.cadre, "周敏")).told
    assert (await link(any_store, county.cadre, "清溪街道团工委周敏")).again
    colleague = await make_cadre(any_store, county.org, "何洁", "10003")
    seen = {}
    async with any_store.read() as session:
        for name, actor in (("cadre", county.cadre), ("secretary", county.secretary), ("colleague", colleague)):
            told = await my_links(session, any_store.vault, actor, now=any_store.clock.now())
            seen[name] = [line.guides for line in told.lines]
    assert seen == {"cadre": [False], "secretary": [True], "colleague": []}
    assert await active(any_store) == 1


async def test_two_of_one_name_are_told_apart_by_the_organisation(any_store: Store, county: County):
    school = await make_org(any_store, "县一中团委", OrgLevel.GRASSROOTS, county.org)
    await make_person(any_store, school, "周敏", number="40009", roles=(Role.SECRETARY,))
    with pytest.raises(OfficerAmbiguous):
        await link(any_store, county.cadre, "周敏")
    assert (await link(any_store, county.cadre, "县一中团委 周敏")).org == school.name


async def test_it_ends_by_a_word_or_with_the_cadres_office(any_store: Store, county: County):
    await link(any_store, county.cadre, "周敏")
    await unlink(any_store, county.cadre, "周敏")
    with pytest.raises(MentorLinkNotFound):
        await unlink(any_store, county.cadre, "周敏")
    await link(any_store, county.cadre, "周敏")
    async with any_store.unit() as unit:
        await end_roles(unit, [county.cadre.person_id or 0])
    assert await active(any_store) == 0


async def test_an_ended_link_goes_after_three_years(any_store: Store, clock: ManualClock, county: County):
    await link(any_store, county.cadre, "周敏")
    clock.advance(timedelta(days=4 * 366))
    assert await expired(any_store) == 0
    await unlink(any_store, county.cadre, "周敏")
    clock.advance(timedelta(days=4 * 366))
    assert await expired(any_store) == 1


async def expired(store: Store) -> int:
    async with store.unit() as unit:
        return await expire_mentor_links(unit, RetentionPeriods(), 10)
