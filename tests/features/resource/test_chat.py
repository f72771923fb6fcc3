"""登记资源, 匹配: no money, nobody learns who, both say yes, and no more is given than there is."""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.resource.tables import Resource
from bot.features.wish.rules.match import MatchState
from bot.features.wish.rules.wish import WishState
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.played import Once
from tests.pools_built import POOL_WORDS, make_pooled, make_resource, matches_of, resource_of
from tests.said import Refused, Said
from tests.ticking import do_due
from tests.wishes_built import make_wish_of, wish_of

CADRE, ADMIN, PARTNER, FOREIGNER = "10001", "30001", "30002", "30003"
ZHAO, HAN, YU = "20001", "20002", "20003"


class County:
    """A city with a county; its admins, one cadre, and youths with pooled wishes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.youths: dict[str, Actor] = {}

    async def build(self) -> "County":
        self.city: OrgUnit = await make_org(self.store, "甘泉市团委", OrgLevel.CITY)
        self.org: OrgUnit = await make_org(self.store, "清河县团委", OrgLevel.COUNTY, self.city)
        self.cadre = await make_cadre(self.store, self.org, "林晓舟", CADRE)
        self.admin = await make_person(self.store, self.org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
        for name, number in (("小赵", ZHAO), ("小韩", HAN), ("小雨", YU)):
            self.youths[number] = await make_youth(self.store, self.org, name, number, cadre=self.cadre)
        return self

    async def pooled(self, number: str = ZHAO, words: str = POOL_WORDS, **more: Any) -> int:
        return await make_pooled(self.store, self.youths[number], self.cadre, self.org, words, **more)

    async def resource(self, words: str = "青联捐的图书 60 本", capacity: int = 60) -> int:
        return await make_resource(self.store, self.org, self.admin, words, capacity=capacity)


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, lambda store: County(store).build())


async def count(store: Store, table: type, *where: object) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()  # type: ignore[arg-type]


async def used(store: Store, ref: int) -> int:
    return (await resource_of(store, ref)).used


async def states(store: Store) -> list[str]:
    return [match.state for match in await matches_of(store)]


# --- offers: refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("捐款 5000 元", Refused("resource.money")),
        ("购物卡 20 张", Refused("resource.money")),
        ("图书 60 本，打 13812345678", Refused("resource.private")),
        ("0 本图书", Refused("resource.empty")),
        ("图书" * 150, Refused("resource.too_long")),
    ],
)
async def test_what_is_no_resource_is_refused(talk, store, county, told, why):
    assert (await talk.says(ADMIN, f"登记资源 {told}"))[0] == why
    assert await count(store, Resource) == 0


async def test_only_an_organ_offers_and_only_in_private(talk, store, county):
    for number in (CADRE, ZHAO):
        assert "已登记" not in (await talk.says(number, "登记资源 图书 60 本"))[0]
    assert (await talk.says(ADMIN, "/登记资源 图书 60 本", group="888"))[0] == Said("common/say_privately")
    assert (await talk.says(ADMIN, "登记资源"))[0] == Said("common/content_asked")
    assert await count(store, Resource) == 0


async def test_another_organs_resource_and_none_answer_alike(talk, store, county):
    other = await make_org(store, "甘棠县团委", OrgLevel.COUNTY, county.city)
    await make_person(store, other, "别处", number=FOREIGNER, roles=(Role.ORGAN_ADMIN,))
    offer, wish = await county.resource(), await county.pooled()
    missing = next(n for n in range(1000, 9999) if n not in (offer, wish))
    own = await make_resource(store, other, None)
    for words in ("停用资源 S{}", f"匹配 W{wish} S{{}}"):
        foreign = await talk.says(FOREIGNER, words.format(offer))
        assert foreign == await talk.says(FOREIGNER, words.format(missing))
    foreign = await talk.says(FOREIGNER, f"匹配 W{wish} S{own}")
    assert foreign == await talk.says(FOREIGNER, f"匹配 W{missing} S{own}")
    assert str(offer) not in "".join(await talk.says(FOREIGNER, "资源列表"))
    assert await states(store) == []


# --- offers ----------------------------------------------------------------------------------------------------------


async def test_an_offer_is_understood_kept_sealed_and_listed(talk, store, county):
    shown = (await talk.says(ADMIN, "登记资源 青联捐的图书 60 本"))[0]
    ref = int(re.findall(r"#S(\d+)", shown)[0])
    assert shown == Said("resource/offered", kind="goods", capacity=60)
    row = await resource_of(store, ref)
    assert (row.capacity, row.kind, row.org_id) == (60, "goods", county.org.id)
    assert "图书".encode() not in row.text
    assert (await talk.says(ADMIN, "资源列表"))[0] == Said(
        "resource/list", resources=[{"ref": ref, "kind": "goods", "words": "青联捐的图书 60 本", "left": 60}]
    )


async def test_an_offer_that_is_not_understood_is_asked_about_and_until_then_not_there(talk, store, county):
    asked = (await talk.says(ADMIN, "登记资源 修电脑（周末）"))[0]
    assert asked == Said("resource/kind_asked", kinds=["goods", "time", "service"])
    assert await count(store, Resource) == 0
    assert (await talk.says(ADMIN, "3"))[0] == Said("resource/offered", kind="service", capacity=1)


async def test_who_is_no_admin_any_more_registers_nothing_by_answering(talk, store, county):
    await talk.says(ADMIN, "登记资源 修电脑（周末）")
    async with store.unit() as unit:
        grant = (
            await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == county.admin.person_id))
        ).scalar_one()
        grant.until = unit.now
    await talk.says(ADMIN, "3")
    assert await count(store, Resource) == 0


async def test_redelivered_it_is_registered_once(talk, store, county):
    incoming = talk.incoming(ADMIN, "登记资源 图书 60 本")
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert await count(store, Resource) == 1


# --- matching: refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["W{wish}", "W{wish} S{offer} S{offer}", "W{wish} 图书", "图书 W{wish}"])
async def test_a_match_names_wishes_and_one_resource(talk, store, county, told):
    words = told.format(wish=await county.pooled(), offer=await county.resource())
    assert (await talk.says(ADMIN, f"匹配 {words}"))[0] == Refused("resource.match_words")
    assert await states(store) == []


async def test_what_is_not_agreed_for_this_level_cannot_be_matched_from_above(talk, store, county):
    await make_person(store, county.city, "苏娜", number=PARTNER, roles=(Role.ORGAN_ADMIN,))
    offer = await make_resource(store, county.city, None)
    wish = await county.pooled(agreed=OrgLevel.COUNTY)
    missing = next(n for n in range(1000, 9999) if n != wish)
    assert await talk.says(PARTNER, f"匹配 W{wish} S{offer}") == await talk.says(PARTNER, f"匹配 W{missing} S{offer}")
    assert await states(store) == []


async def test_a_wish_that_is_claimed_cannot_be_matched_and_none_of_the_others_is_asked(talk, store, county):
    offer, first, second = await county.resource(), await county.pooled(), await county.pooled(HAN)
    await talk.says(ADMIN, f"认领 W{second}")
    refused = (await talk.says(ADMIN, f"匹配 W{first} W{second} S{offer}"))[0]
    assert refused == Refused("resource.match_not_possible", ref=second)
    assert await states(store) == []
    assert await used(store, offer) == 0


async def test_more_wishes_than_there_is_are_refused_as_a_whole(talk, store, county):
    offer = await county.resource("职业指导 1 场", 1)
    wishes = [await county.pooled(number) for number in (ZHAO, HAN)]
    assert (await talk.says(ADMIN, f"匹配 W{wishes[0]} W{wishes[1]} S{offer}"))[0] == Refused(
        "resource.used_up", left=1
    )
    assert await states(store) == []
    assert await used(store, offer) == 0


async def test_a_closed_resource_takes_no_wish(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(ADMIN, f"停用资源 S{offer}")
    assert (await talk.says(ADMIN, f"匹配 W{wish} S{offer}"))[0] == Refused("resource.closed")
    assert (await talk.says(ADMIN, f"停用资源 S{offer}"))[0] == Said("resource/closed_now", again=True)


async def test_a_wish_is_asked_about_one_thing_at_a_time(talk, store, county):
    first, second, wish = await county.resource(), await county.resource("球拍 3 副", 3), await county.pooled()
    await talk.says(ADMIN, f"匹配 W{wish} S{first}")
    assert (await talk.says(ADMIN, f"匹配 W{wish} S{second}"))[0] == Refused("resource.match_not_possible")
    assert await used(store, second) == 0


# --- suggestions -----------------------------------------------------------------------------------------------------


async def test_a_suggestion_asks_nobody_names_nobody_and_leaves_out_who_was_asked(talk, store, county):
    offer = await county.resource("青联捐的制图教程 2 本", 2)
    refs = {
        number: await county.pooled(number, words)
        for number, words in ((ZHAO, "想要一本制图教程"), (HAN, "想学吉他"), (YU, "想要教程"))
    }
    shown = (await talk.says(ADMIN, f"匹配 S{offer}"))[0]
    assert f"匹配 W{refs[ZHAO]} W{refs[YU]} S{offer}" in shown
    assert f"W{refs[HAN]}" not in shown
    assert [name for name in ("小赵", "小韩", "小雨") if name in shown] == []
    assert await states(store) == []
    assert await count(store, AuditEntry, AuditEntry.action == "read.pool") == 2
    await talk.says(ADMIN, f"匹配 W{refs[ZHAO]} S{offer}")
    assert f"W{refs[ZHAO]}" not in (await talk.says(ADMIN, f"匹配 S{offer}"))[0]


async def test_nothing_is_suggested_from_what_this_level_may_not_read(talk, store, county):
    await make_person(store, county.city, "苏娜", number=PARTNER, roles=(Role.ORGAN_ADMIN,))
    offer = await make_resource(store, county.city, None, "制图教程 2 本", capacity=2)
    ref = await county.pooled(words="想要一本制图教程", agreed=OrgLevel.COUNTY)
    shown = (await talk.says(PARTNER, f"匹配 S{offer}"))[0]
    assert shown == Said("resource/suggested", wishes=[])
    assert str(ref) not in shown


# --- matching: no ----------------------------------------------------------------------------------------------------


async def test_an_owners_no_frees_it_says_nothing_about_why_and_is_not_asked_again(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(ADMIN, f"匹配 W{wish} S{offer}")
    assert await used(store, offer) == 1
    assert (await talk.says(ZHAO, "2"))[0] == Said("resource/declined")
    assert await used(store, offer) == 0
    assert talk.last(ADMIN) == Said("resource/ended", ref=wish, resource=offer)
    assert (await wish_of(store, wish)).state == "pooled"
    assert await count(store, AuditEntry, AuditEntry.action.contains("declined")) == 0
    assert (await talk.says(ADMIN, f"匹配 W{wish} S{offer}"))[0] == Refused("resource.match_not_possible")


async def test_whoever_said_no_and_whatever_else_ended_it_the_organ_hears_the_same(talk, store, county):
    await make_person(store, county.org, "苏娜", number=PARTNER, roles=(Role.ORGAN_ADMIN,))
    told: list[str] = []
    for how in ("owner", "silence", "withdrawn", "claimed", "closed"):
        offer, wish = await county.resource(), await county.pooled()
        await talk.says(PARTNER, f"匹配 W{wish} S{offer}")
        match how:
            case "owner":
                await talk.says(ZHAO, "2")
            case "silence":
                talk.advance(timedelta(days=7))
                await do_due(store, talk.clock.now(), "core.questions")
                await talk.sender.pump()
            case "withdrawn":
                await talk.says(ZHAO, f"撤回心愿 W{wish}")
            case "claimed":
                await talk.says(ADMIN, f"认领 W{wish}")
            case "closed":
                await talk.says(ADMIN, f"停用资源 S{offer}")
        told.append(talk.last(PARTNER).replace(f"W{wish}", "W").replace(f"S{offer}", "S"))
        assert await used(store, offer) == 0
    assert len(set(told)) == 1
    assert await states(store) == ["ended"] * 5


async def test_a_providers_no_leaves_the_wish_waiting(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(ADMIN, f"匹配 W{wish} S{offer}")
    await talk.says(ZHAO, "1")
    assert await states(store) == [MatchState.PROVIDER_ASKED]
    await talk.says(ADMIN, "这次不了")
    assert await states(store) == [MatchState.ENDED]
    assert await used(store, offer) == 0
    assert (await wish_of(store, wish)).state == WishState.POOLED
    assert "定下来" not in talk.last(ZHAO)


async def test_too_late_answers_decide_nothing(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(ADMIN, f"匹配 W{wish} S{offer}")
    await talk.says(ADMIN, f"停用资源 S{offer}")
    assert await count(store, Prompt, Prompt.state == "open") == 0
    await talk.says(ZHAO, "1")
    assert await states(store) == [MatchState.ENDED]
    assert (await wish_of(store, wish)).state == WishState.POOLED


# --- matching: yes ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("P12")
async def test_both_yes_claim_it_and_neither_learns_of_the_other(talk, store, county):
    offer, wish = await county.resource("青联捐的图书 60 本"), await county.pooled()
    assert (await talk.says(ADMIN, f"匹配 W{wish} S{offer}"))[0] == Said("resource/asked", refs=[wish])
    question = talk.last(ZHAO)
    assert question == Said("resource/question", offer="青联捐的图书 60 本")
    assert "清河县" not in question
    assert "吴建平" not in question
    await talk.says(ZHAO, "要")
    asked = talk.last(ADMIN)
    assert POOL_WORDS in asked
    assert "小赵" not in asked
    given = (await talk.says(ADMIN, "1"))[0]
    assert given == Said("pool/to_deliver", ref=wish, place="清河县团委")
    assert "小赵" not in given
    row = await wish_of(store, wish)
    assert (row.state, row.holder_id) == ("claimed", county.admin.person_id)
    assert await states(store) == [MatchState.CLAIMED]
    to_fetch = talk.last(CADRE)
    assert to_fetch == Said("pool/to_pick_up", ref=wish, name="小赵", place="清河县团委")
    assert "吴建平" not in to_fetch
    assert talk.last(ZHAO) == Said("resource/made")
    assert "吴建平" not in talk.last(ZHAO)


async def test_done_and_received_as_with_any_wish(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(ADMIN, f"匹配 W{wish} S{offer}")
    await talk.says(ZHAO, "1")
    await talk.says(ADMIN, "1")
    await talk.says(ADMIN, f"完成 W{wish} 书送到了取件点")
    await talk.says(ZHAO, f"收到 W{wish}")
    assert await states(store) == [MatchState.DONE]
    assert await used(store, offer) == 1
    await talk.says(ZHAO, f"没收到 W{wish}")
    assert await states(store) == [MatchState.CLAIMED]
    await talk.says(ADMIN, f"放弃 W{wish}")
    assert await states(store) == [MatchState.ENDED]
    assert await used(store, offer) == 0
    assert (await wish_of(store, wish)).state == WishState.POOLED


async def test_several_at_once_each_owner_is_asked_and_decides_alone(talk, store, county):
    offer = await county.resource()
    wishes = {number: await county.pooled(number) for number in (ZHAO, HAN, YU)}
    listed = " ".join(f"W{ref}" for ref in wishes.values())
    shown = (await talk.says(ADMIN, f"匹配 {listed} S{offer}"))[0]
    assert "3 位" in shown
    assert shown == Said("resource/asked", left=57)
    await talk.says(ZHAO, "1")
    await talk.says(HAN, "2")
    await talk.says(YU, "1")
    await talk.says(ADMIN, "1")
    await talk.says(ADMIN, "1")
    assert {number: (await wish_of(store, ref)).state for number, ref in wishes.items()} == {
        ZHAO: "claimed",
        HAN: "pooled",
        YU: "claimed",
    }
    assert await used(store, offer) == 2


async def test_when_who_registered_it_has_left_a_colleague_is_asked(talk, store, county):
    await make_person(store, county.org, "苏娜", number=PARTNER, roles=(Role.ORGAN_ADMIN,))
    offer, wish = await county.resource(), await county.pooled()
    await talk.says(PARTNER, f"匹配 W{wish} S{offer}")
    async with store.unit() as unit:
        grant = (
            await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == county.admin.person_id))
        ).scalar_one()
        grant.until = unit.now
    await talk.says(ZHAO, "1")
    assert talk.last(PARTNER) == Said("resource/offer_question")
    await talk.says(PARTNER, "1")
    assert (await wish_of(store, wish)).state == WishState.CLAIMED


async def test_redelivered_a_match_asks_once_and_takes_one(talk, store, county):
    offer, wish = await county.resource(), await county.pooled()
    for incoming in (
        talk.incoming(ADMIN, f"匹配 W{wish} S{offer}"),
        talk.incoming(ZHAO, "1"),
        talk.incoming(ADMIN, "1"),
    ):
        await talk.deliver(incoming)
        await talk.deliver(incoming)
    assert await states(store) == [MatchState.CLAIMED]
    assert await used(store, offer) == 1


# --- an organ claims by itself ---------------------------------------------------------------------------------------


async def test_an_organ_claims_from_its_pool_and_brings_it_to_the_pickup_point(talk, store, county):
    wish = await county.pooled()
    shown = (await talk.says(ADMIN, f"认领 W{wish}"))[0]
    assert shown == Said("wish/claimed", place="清河县团委")
    assert "小赵" not in shown
    assert "小赵" not in (await talk.says(ADMIN, f"查看心愿 W{wish}"))[0]
    assert f"#W{wish}" in talk.last(CADRE)
    assert "吴建平" not in talk.last(CADRE)
    await talk.says(ADMIN, f"完成 W{wish} 送到了")
    await talk.says(ZHAO, "1")
    assert (await wish_of(store, wish)).state == WishState.FULFILLED


async def test_an_organ_claims_nothing_that_its_cadres_youths_have_not_pooled(talk, store, county):
    wish = await make_wish_of(store, county.youths[ZHAO], county.cadre, "想要一本书")
    missing = next(n for n in range(1000, 9999) if n != wish)
    assert await talk.says(ADMIN, f"认领 W{wish}") == await talk.says(ADMIN, f"认领 W{missing}")
    assert await talk.says(ADMIN, f"查看心愿 W{wish}") == await talk.says(ADMIN, f"查看心愿 W{missing}")
