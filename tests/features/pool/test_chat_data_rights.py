"""心愿池 and data rights: what a youth sees, takes along and has deleted; and numbers that speak of nobody."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.acts.erase import erase_person
from bot.core.feature import Look
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.rights.acts.expire import expire_kind
from bot.features.rights.reads.export import export_person
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.pools_built import POOL_WORDS, make_pooled, make_resource, matches_of, resource_of
from tests.said import Said, fields
from tests.wishes_built import make_wish_of, wish_of

CADRE, ADMIN, ZHAO = "10001", "30001", "20001"


class Place:
    """One county with a pooled wish that is matched."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def build(self) -> "Place":
        self.org = await make_org(self.store, "清河县团委", OrgLevel.COUNTY)
        self.cadre = await make_cadre(self.store, self.org, "林晓舟", CADRE)
        self.admin = await make_person(self.store, self.org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
        self.youth = await make_youth(self.store, self.org, "小赵", ZHAO, cadre=self.cadre)
        self.wish = await make_pooled(self.store, self.youth, self.cadre, self.org)
        self.offer = await make_resource(self.store, self.org, self.admin, "青联捐的图书 60 本")
        return self


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def place(store: Store) -> Place:
    return await Place(store).build()


async def export_of(store: Store, person: Actor) -> dict:
    async with store.read() as session:
        return (await export_person(session, store.vault, person.person_id or 0, now=store.clock.now())).plain()


async def test_the_export_has_the_pools_words_how_far_and_what_was_offered(talk, store, place):
    await talk.says(ADMIN, f"匹配 W{place.wish} S{place.offer}")
    await talk.says(ZHAO, "2")
    (wish,) = (await export_of(store, place.youth))["wishes"]
    assert (wish["pool_text"], wish["agreed"]) == (POOL_WORDS, "province")
    assert [match["state"] for match in wish["matches"]] == ["ended"]
    await talk.says(ZHAO, "导出我的数据")
    archive = zipfile.ZipFile(BytesIO(talk.channel.files[-1][2]))
    page = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".html"))
    assert "放进心愿池的说法：" + POOL_WORDS in page
    assert "没有成" in page
    told = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".json"))
    assert json.loads(told)["wishes"][0]["matches"][0]["state"] == "ended"


async def test_erased_in_the_middle_of_a_match_nothing_is_left_but_numbers(talk, store, place):
    await talk.says(ADMIN, f"匹配 W{place.wish} S{place.offer}")
    await talk.says(ZHAO, "1")
    assert POOL_WORDS in talk.last(ADMIN)
    async with store.unit() as unit:
        await erase_person(unit, place.youth.person_id or 0, actor=place.youth)
    await talk.sender.pump()
    wish = await wish_of(store, place.wish)
    assert (wish.owner_id, wish.text, wish.pool_text, wish.tried) == (None, None, None, None)
    assert [match.state for match in await matches_of(store)] == ["ended"]
    assert (await resource_of(store, place.offer)).used == 0
    async with store.read() as session:
        prompts = (await session.execute(select(Prompt).where(Prompt.subject_id == wish.id))).scalars().all()
        assert [prompt.facts for prompt in prompts if prompt.state != "cancelled" and prompt.facts] == []
        assert [p.state for p in prompts if p.kind == "wish.match_offer"] == ["cancelled"]
        waiting = await session.execute(select(OutboxMessage.payload).where(OutboxMessage.payload.is_not(None)))
        assert list(waiting.scalars()) == []
    assert (await talk.says(ADMIN, "心愿池"))[0] == Said("pool/shown", total=0)
    await talk.says(ADMIN, "1")
    assert (await wish_of(store, place.wish)).state == "withdrawn"


async def test_a_withdrawn_wish_leaves_the_pool_with_its_words(talk, store, place):
    await talk.says(ZHAO, f"撤回心愿 W{place.wish}")
    wish = await wish_of(store, place.wish)
    assert (wish.text, wish.pool_text) == (None, None)
    assert str(place.wish) not in (await talk.says(ADMIN, "心愿池 全部"))[0]


async def test_what_did_not_happen_is_forgotten_after_ninety_days(talk, store, place):
    await talk.says(ADMIN, f"匹配 W{place.wish} S{place.offer}")
    await talk.says(ZHAO, "2")
    for days, left in ((90, 1), (1, 0)):
        talk.advance(timedelta(days=days))
        async with store.unit() as unit:
            await expire_kind(unit, "ended_matches", Look(unit.now))
        async with store.read() as session:
            assert len((await session.execute(select(ResourceMatch))).scalars().all()) == left


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P30")
async def test_numbers_about_four_youths_are_not_shown_to_anybody(talk, store, place):
    for n in range(3):
        youth = await make_youth(store, place.org, f"伙伴{n}", "", cadre=place.cadre)
        await make_wish_of(store, youth, place.cadre, "想要书")
    for number in (CADRE, ADMIN):
        shown = (await talk.says(number, "心愿统计"))[0]
        assert shown == Said("pool/figures", waiting=None)
        assert not any(char.isdigit() and char != "5" for char in shown)


async def test_a_small_kind_cannot_be_worked_out_from_the_sum(talk, store, place):
    for n in range(12):
        youth = await make_youth(store, place.org, f"伙伴{n}", "", cadre=place.cadre)
        ref = await make_wish_of(store, youth, place.cadre, "想要书")
        async with store.unit() as unit:
            wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
            wish.kind = "study" if n < 6 else "sport" if n < 11 else "birthday"
    shown = (await talk.says(ADMIN, "心愿统计"))[0]
    assert shown == Said("pool/figures", waiting=13)
    assert shown == Said("pool/figures", kinds=[{"name": "study", "count": 6}], kinds_rest=7)
    assert "生日" not in shown
    assert "体育" not in shown


async def test_how_long_they_wait_is_told_in_steps(talk, store, place):
    for n, days in enumerate((0, 7, 7, 7, 7, 8, 15, 15, 15, 15, 31, 90, 90, 200, 400)):
        youth = await make_youth(store, place.org, f"伙伴{n}", "", cadre=place.cadre)
        ref = await make_wish_of(store, youth, place.cadre, "想要书")
        async with store.unit() as unit:
            wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
            wish.made_at = unit.now - timedelta(days=days)
    assert [age["count"] for age in fields((await talk.says(ADMIN, "心愿统计"))[0])["ages"]] == [6, 5, 5]


async def test_how_many_came_true_and_how_fast(talk, store, place):
    for n in range(10):
        youth = await make_youth(store, place.org, f"伙伴{n}", "", cadre=place.cadre)
        ref = await make_wish_of(store, youth, place.cadre, "想要书", claimed=True)
        async with store.unit() as unit:
            wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
            if n < 5:
                wish.state, wish.closed_at = "fulfilled", unit.now + timedelta(days=n + 1)
    shown = (await talk.says(CADRE, "心愿统计"))[0]
    assert shown == Said("pool/figures", share=45, days=3)


async def test_another_countys_numbers_are_not_counted_and_a_stranger_gets_none(talk, store, place):
    other = await make_org(store, "甘棠县团委", OrgLevel.COUNTY)
    colleague = await make_cadre(store, other, "周敏", "10009")
    for n in range(8):
        youth = await make_youth(store, other, f"伙伴{n}", "", cadre=colleague)
        await make_wish_of(store, youth, colleague, "想要书")
    assert (await talk.says(ADMIN, "心愿统计"))[0] == Said("pool/figures", waiting=None)
    assert (await talk.says("10009", "心愿统计"))[0] == Said("pool/figures", waiting=8)
    assert "在等的" not in (await talk.says(ZHAO, "心愿统计"))[0]
