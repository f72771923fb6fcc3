"""找人聊聊: what changes in the middle ends it at once, with the same neutral sentence for both (P5, P7)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.acts.erase import erase_person
from bot.core.acts.roster import import_roster
from bot.core.rules.people import Actor, AgeBand, CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.roster import OrgRow, PersonRow
from bot.features.relay.tables import Relay, RelayBlock, RelaySeat
from bot.sandbox.panel import panel
from bot.store.chat import Contact
from bot.store.delivery import DataKey, OutboxMessage
from bot.store.people import Account, Person, RoleGrant
from bot.store.store import Store
from tests.people_built import make_account, make_cadre, make_youth
from tests.played import Once
from tests.relay_scene import CADRE, KAI, OTHER_CADRE, YU, ZHAO, Scene, count
from tests.said import Said

OVER = "这次聊天到这里结束了"
Change = Callable[[Scene], Awaitable[object]]


@pytest_asyncio.fixture
async def scene(store: Store, tmp_path: Path, once: Once) -> Scene:
    store.tombstones = tmp_path / "erased.log"
    return await once(store, Scene.build)


@pytest_asyncio.fixture
async def any_scene(any_store: Store, tmp_path: Path, once: Once) -> Scene:
    any_store.tombstones = tmp_path / "erased.log"
    return await once(any_store, Scene.build)


async def leaves(scene: Scene) -> None:
    await scene.says(ZHAO, "退出")


async def out_of_the_group(scene: Scene) -> None:
    await scene.talk.leaves(ZHAO, group="888")


async def unlinked(scene: Scene) -> None:
    await scene.says(CADRE, "/解除关联", group="888")


async def bot_out(scene: Scene) -> None:
    await scene.talk.bot_removed(group="888")


async def owner_out(scene: Scene) -> None:
    await scene.talk.leaves(CADRE, group="888")


async def erased(scene: Scene) -> None:
    await scene.says(ZHAO, "删除我的数据")
    await scene.says(ZHAO, "确认删除")


async def erased_by_the_operator(scene: Scene) -> None:
    person = scene.youths[ZHAO].person_id
    assert person is not None
    async with scene.store.unit() as unit:
        await erase_person(unit, person, actor=None, role="operator")
    await scene.talk.sender.pump()


async def under_14(scene: Scene) -> None:
    await scene.says(ZHAO, "/更正 年龄段 不满14")
    await scene.says(ZHAO, "1")


async def cadre_unbinds(scene: Scene) -> None:
    await scene.says(CADRE, "解绑")
    await scene.says(CADRE, "1")


OF_REQUESTS = [leaves, out_of_the_group, unlinked, bot_out, owner_out, erased, erased_by_the_operator, under_14]
CHANGES = [*OF_REQUESTS, cadre_unbinds]


@pytest.mark.parametrize("change", CHANGES)
async def test_it_ends_at_once_and_both_hear_the_same_sentence(any_scene: Scene, change: Change) -> None:
    scene = any_scene
    await scene.open()
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await change(scene)
    assert await count(scene.store, Relay) + await count(scene.store, RelaySeat) == 0
    for who in (ZHAO, CADRE):
        assert scene.seen(who).count(OVER) == 1
    assert "留个记录" not in scene.seen(ZHAO)
    before = len(scene.talk.shown(CADRE)), len(scene.talk.shown(ZHAO))
    await scene.says(ZHAO, "还在吗")
    await scene.says(CADRE, "喂")
    said = [*scene.talk.shown(CADRE)[before[0] :], *scene.talk.shown(ZHAO)[before[1] :]]
    assert not any("还在吗" in text or "喂" in text for text in said)


@pytest.mark.parametrize("change", OF_REQUESTS)
async def test_a_request_ends_too_and_needs_no_answer(scene: Scene, change: Change) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await change(scene)
    assert await count(scene.store, Relay) + await count(scene.store, RelaySeat) == 0
    before = len(scene.talk.shown(ZHAO))
    await scene.says(CADRE, "1")
    assert "接通了" not in "".join(scene.talk.shown(ZHAO)[before:])


async def test_a_request_ends_when_its_cadre_has_no_account_any_more(scene: Scene) -> None:
    await scene.says(CADRE, "解绑")
    await scene.says(ZHAO, "找人聊聊")
    assert (await scene.says(CADRE, "1"))[0] == Said("bind/unbound")
    assert await scene.relays() == 0
    assert scene.last(ZHAO) == Said("relay/cadre_gone")


async def test_a_role_taken_back_by_the_roster_ends_it(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await import_roster(
            unit,
            [OrgRow(1, "C001", "甘棠县团委", "", OrgLevel.COUNTY, OrgKind.GEOGRAPHIC)],
            [PersonRow(1, "吴建平", "C001", frozenset({Role.CADRE}), CadreKind.FULL_TIME, False)],
        )
    async with scene.store.unit() as unit:
        person = (await unit.session.execute(select(RoleGrant.person_id).order_by(RoleGrant.since.desc()))).scalars()
        cadre_id = next(p for p in person if p != scene.cadre.person_id)
        unit.session.add(
            Contact(
                cadre_id=cadre_id,
                youth_id=scene.youths[KAI].person_id,
                ref=995,
                since=unit.now - timedelta(days=9),
                last_contact_at=unit.now,
            )
        )
    await make_account(scene.store, Actor(cadre_id, None), "10008")
    await scene.says(KAI, "找人聊聊")
    await scene.says(KAI, "1")
    await scene.says("10008", "1")
    assert scene.last(KAI) == Said("relay/opened")
    async with scene.store.unit() as unit:
        await import_roster(
            unit,
            [],
            [PersonRow(1, "吴建平", "C001", frozenset({Role.SECRETARY}), None, False)],
        )
    await scene.talk.sender.pump()
    assert OVER in scene.last(KAI)
    assert OVER in scene.last("10008")


async def test_a_role_that_ends_by_itself_stops_the_next_word_and_the_tick_says_so(scene: Scene) -> None:
    """Nobody calls us when the end date of a role comes: the tables are asked before every word."""
    for by_tick in (True, False):
        await scene.open()
        async with scene.store.unit() as unit:
            grant = (
                await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == scene.cadre.person_id))
            ).scalar_one()
            grant.until = unit.now
        if by_tick:
            await scene.tick()
        else:
            await scene.says(ZHAO, "这句不该到")
        assert OVER in scene.last(ZHAO)
        assert OVER in scene.last(CADRE)
        assert "这句不该到" not in scene.seen(CADRE)
        async with scene.store.unit() as unit:
            row = await unit.session.get_one(RoleGrant, grant.id)
            row.until = None


async def test_leaving_one_of_two_cadres_leaves_the_talk_with_the_other_alone(scene: Scene) -> None:
    other = await make_cadre(scene.store, scene.org, "周敏", OTHER_CADRE)
    async with scene.store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=other.person_id,
                youth_id=scene.youths[ZHAO].person_id,
                ref=994,
                since=unit.now + timedelta(minutes=1),
                last_contact_at=unit.now,
            )
        )
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(ZHAO, "2")
    await scene.says(OTHER_CADRE, "1")
    await scene.says(ZHAO, "/退出", group="888")
    assert await scene.relays() == 1
    scene.talk.advance(timedelta(seconds=20))
    await scene.says(ZHAO, "还在")
    assert scene.last(OTHER_CADRE) == Said("relay/words", who="小赵", words="还在", parts=1)


async def test_somebody_else_who_leaves_ends_no_named_relay(scene: Scene) -> None:
    await scene.open()
    await scene.talk.leaves(KAI, group="888")
    await scene.says(YU, "退出")
    assert await scene.relays() == 1


async def test_unbinding_an_account_that_is_not_used_changes_nothing(scene: Scene) -> None:
    await make_account(scene.store, scene.cadre, "10077", later=timedelta(seconds=-5))
    await scene.open()
    await scene.says("10077", "解绑")
    await scene.says("10077", "1")
    assert await scene.relays() == 1
    await scene.says(ZHAO, "你好")
    assert scene.last(CADRE) == Said("relay/words", who="小赵", words="你好", parts=1)


@pytest.mark.rule("P5")
async def test_consent_has_nothing_to_do_with_it(scene: Scene) -> None:
    await scene.open()
    await scene.says(ZHAO, "停止记录")
    await scene.says(ZHAO, "/撤回 要点")
    assert await scene.relays() == 1


async def test_words_on_their_way_are_taken_back_when_the_two_may_not_talk_any_more(scene: Scene) -> None:
    await scene.open()
    scene.talk.second_bot("40004")
    await scene.says(CADRE, "换个号跟你说", bot="40004")
    scene.talk.sender.disconnected("qq", "40004")
    await scene.says(ZHAO, "还没到的话")
    await scene.says(ZHAO, "删除我的数据")
    await scene.says(ZHAO, "确认删除")
    scene.talk.sender.connected("qq", "40004")
    await scene.talk.sender.pump()
    assert "还没到的话" not in scene.seen(CADRE)
    assert OVER in scene.last(CADRE)


async def test_erasing_a_youth_erases_the_tags_by_which_they_are_blocked(scene: Scene) -> None:
    await scene.open(ZHAO, "找人聊聊 匿名")
    await scene.says(CADRE, "屏蔽")
    await erased(scene)
    assert await count(scene.store, RelayBlock) == 0


async def test_erasing_somebody_else_leaves_blocks_alone(scene: Scene) -> None:
    await scene.open(ZHAO, "找人聊聊 匿名")
    await scene.says(CADRE, "屏蔽")
    await scene.says(KAI, "删除我的数据")
    await scene.says(KAI, "确认删除")
    assert await count(scene.store, RelayBlock) == 1


async def test_nothing_of_an_erased_youth_stays_of_the_relay(scene: Scene) -> None:
    await scene.open()
    await scene.says(ZHAO, "你好")
    await erased(scene)
    await scene.tick()
    assert await count(scene.store, DataKey, DataKey.owner.startswith("relay:")) == 0
    assert await count(scene.store, OutboxMessage, OutboxMessage.kind == "relay") == 0
    assert await count(scene.store, Account, Account.person_id == scene.youths[ZHAO].person_id) == 0


async def test_a_cadre_who_erases_their_side_as_a_youth_goes_on_as_a_cadre(scene: Scene) -> None:
    """Of somebody in the roster only the youth's side goes; the youths they talk with are not cut off."""
    async with scene.store.unit() as unit:
        me = await unit.session.get_one(Person, scene.cadre.person_id)
        me.is_youth, me.age_band = True, AgeBand.ADULT.value
    await scene.open()
    await scene.says(KAI, "找人聊聊")
    await scene.says(CADRE, "删除我的数据")
    await scene.says(CADRE, "确认删除")
    assert await scene.relays() == 2
    await scene.says(ZHAO, "你好")
    assert scene.last(CADRE) == Said("relay/words", who="小赵", words="你好", parts=1)


async def test_a_question_to_a_cadre_survives_their_erasure_as_a_youth(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        me = await unit.session.get_one(Person, scene.cadre.person_id)
        me.is_youth, me.age_band = True, AgeBand.ADULT.value
    await scene.says(CADRE, "删除我的数据")
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(CADRE, "确认删除")
    await scene.says(CADRE, "1")
    assert scene.last(ZHAO) == Said("relay/opened")


# --- what is shown of it ---------------------------------------------------------------------------------------------


async def test_what_is_held_says_that_one_waits_or_is_open_and_nothing_else(scene: Scene) -> None:
    assert "聊聊：只" not in (await scene.says(ZHAO, "看我的数据"))[0]
    await scene.says(ZHAO, "找人聊聊 匿名 夜班的事")
    waiting = (await scene.says(ZHAO, "看我的数据"))[0]
    assert waiting == Said("rights/held", figures={"relay": "waiting"})
    await scene.says(CADRE, "1")
    shown = {who: (await scene.says(who, "看我的数据"))[0] for who in (ZHAO, CADRE)}
    for said in shown.values():
        assert said == Said("rights/held", figures={"relay": "open"})
        assert "夜班" not in said
    assert "小赵" not in shown[CADRE]
    await scene.says(ZHAO, "结束聊天")
    assert "聊天：只" not in (await scene.says(ZHAO, "看我的数据"))[0]


async def test_the_export_says_the_same(scene: Scene) -> None:
    await scene.open(ZHAO, "找人聊聊 匿名 夜班的事")
    said = "\n".join(await scene.says(CADRE, "导出我的数据"))
    assert "【找人聊聊】正在聊" in said
    _, _, content = scene.talk.channel.files[-1]
    assert content
    assert "小赵" not in said
    assert "夜班" not in said


async def test_the_panel_says_the_same(scene: Scene) -> None:
    ask = panel(scene.store)
    await scene.says(ZHAO, "找人聊聊")
    assert "relay_waiting" in {line.kind for line in await ask(ZHAO)}
    await scene.says(CADRE, "1")
    for who in (ZHAO, CADRE):
        lines = {line.kind: line.text for line in await ask(who)}
        assert "说过的话不存" in lines["relay_open"]
    await scene.says(ZHAO, "结束聊天")
    assert not any(line.kind.startswith("relay") for line in await ask(ZHAO))


async def test_who_is_a_cadre_and_a_youth_is_told_apart_by_the_place_they_have(scene: Scene) -> None:
    boss = await make_cadre(scene.store, scene.org, "吴建平", "10008")
    await make_youth(scene.store, scene.org, "小韩", "20011", cadre=boss)
    assert Role.CADRE in {grant.role for grant in boss.grants}
    await scene.open()
    await scene.says("20011", "找人聊聊")
    await scene.says("10008", "1")
    scene.talk.advance(timedelta(seconds=15))
    await scene.says("20011", "只给吴建平")
    assert scene.last("10008") == Said("relay/words", words="只给吴建平")
    assert "只给吴建平" not in scene.seen(CADRE) + scene.seen(ZHAO)
