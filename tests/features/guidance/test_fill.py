"""指导 计入: an organ's slot is filled by its cadre's guidance, once, and the cadre's own count stays (R2.3, A3)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.five_ones import Slot
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.activities_built import make_organ_activity
from tests.guidance_built import make_guided, make_guided_activity
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person
from tests.said import Refused, Said, fields

CADRE, ADMIN, FOREIGN = "10001", "30001", "30002"


class County:
    talk: Talkers
    store: Store
    org: OrgUnit
    cadre: Actor
    admin: Actor

    async def counts(self) -> tuple[int, list[str]]:
        """How many of the organ's works count, and which slots they fill."""
        [said] = await self.talk.says(ADMIN, "机关进度")
        own = fields(said)["own"]
        return own["counted"], own["slots"]

    async def done(self) -> int:
        """How many of the cadre's own window count."""
        [said] = await self.talk.says(CADRE, "进度")
        return fields(said)["windows"][0]["state"]["counted"]


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    found = County()
    found.store, found.talk = any_store, await Talkers.open(any_store)
    found.org = await make_org(any_store)
    found.cadre = await make_cadre(any_store, found.org, number=CADRE)
    found.admin = await make_person(any_store, found.org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    other = await make_org(any_store, "甘棠县团委")
    await make_person(any_store, other, "何静", number=FOREIGN, roles=(Role.ORGAN_ADMIN,))
    street = await make_org(any_store, "清溪街道团工委", OrgLevel.GRASSROOTS, found.org)
    await make_guided(any_store, found.cadre, street)
    return found


async def confirmed(store: Store, ref: int) -> None:
    async with store.unit() as unit:
        activity = (await unit.session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()
        part = ActivityPart(activity_id=activity.id, person_id=None, state="confirmed", position=1, since=unit.now)
        unit.session.add(part)


@pytest.mark.rule("R2.3")
async def test_guidance_fills_a_slot_once_it_counts_and_still_counts_for_its_cadre(county: County) -> None:
    ref = await make_guided_activity(county.store, county.cadre)
    [said] = await county.talk.says(ADMIN, f"指导 计入 A{ref}")
    assert said == Said("guidance/slot_filled", slot=Slot.SELF_DESIGNED, again=False)
    assert await county.counts() == (0, [])
    await confirmed(county.store, ref)
    assert await county.counts() == (1, ["self_designed"])
    assert await county.done() == 1


async def test_said_again_it_changes_the_slot_and_counts_once(county: County) -> None:
    ref = await make_guided_activity(county.store, county.cadre)
    await confirmed(county.store, ref)
    await county.talk.says(ADMIN, f"指导 计入 A{ref}")
    county.talk.advance(timedelta(minutes=2))
    [said] = await county.talk.says(ADMIN, f"指导 计入 A{ref} 工作分享")
    assert said == Said("guidance/slot_filled", slot=Slot.SHARING, again=True)
    assert await county.counts() == (1, ["sharing"])
    assert await county.done() == 1


@pytest.mark.parametrize(
    ("kind", "slot"),
    [("volunteering", "joint_volunteering"), ("sharing", "sharing"), ("league_lesson", "self_designed")],
)
async def test_the_usual_slot_is_that_of_its_kind(county: County, kind: str, slot: str) -> None:
    ref = await make_guided_activity(county.store, county.cadre, kind=kind)
    [said] = await county.talk.says(ADMIN, f"指导 计入 A{ref}")
    assert said == Said("guidance/slot_filled", slot=slot)


async def test_what_is_no_guidance_foreign_or_the_organs_own_is_not_found(county: County) -> None:
    untied = await make_guided_activity(county.store, county.cadre, tied=False)
    guided = await make_guided_activity(county.store, county.cadre)
    own = await make_organ_activity(county.store, county.admin, county.org, Slot.OPEN_DAY)
    for who, ref in ((ADMIN, untied), (FOREIGN, guided), (ADMIN, own)):
        assert await county.talk.says(who, f"指导 计入 A{ref}") == [Refused("activity.not_found")]
    assert (await county.counts())[0] == 0


async def test_an_unknown_slot_is_refused_with_the_five(county: County) -> None:
    ref = await make_guided_activity(county.store, county.cadre)
    [said] = await county.talk.says(ADMIN, f"指导 计入 A{ref} 茶话会")
    assert said == Refused("guidance.slot_unknown")
    assert len(fields(said)["names"]) == len(Slot)


async def test_a_cadre_fills_no_slot(county: County) -> None:
    ref = await make_guided_activity(county.store, county.cadre)
    assert await county.talk.says(CADRE, f"指导 计入 A{ref}") == [Refused("not_allowed")]
