"""找人聊聊 匿名: the cadre learns nothing of who it is, and can still keep an abuser away (P12, P23, P25)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.port import Delivery, Outcome
from bot.core.feature import Look
from bot.core.rules.people import AgeBand
from bot.features.relay.tables import RelayAfter, RelayBlock
from bot.features.rights.acts.expire import expire_kind
from bot.features.talk.tables import Talk
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.store import Store
from tests.people_built import make_account, make_cadre, make_chat, make_youth
from tests.played import Once
from tests.relay_scene import CADRE, KAI, OTHER_CADRE, YU, ZHAO, Scene, count
from tests.said import Refused, Said, fields

ASK = "找人聊聊 匿名 夜班的事"


@pytest_asyncio.fixture
async def scene(store: Store, once: Once) -> Scene:
    return await once(store, Scene.build)


async def leave(scene: Scene, who: str) -> None:
    """退出, with the data kept."""
    await scene.says(who, "退出")
    await scene.says(who, "2")


# --- who it is -------------------------------------------------------------------------------------------------------


async def everything(scene: Scene, youth: str, *words: str) -> list[str]:
    """What the cadre sees of one anonymous relay from asking to the end."""
    before = len(scene.talk.shown(CADRE))
    await scene.open(youth, ASK)
    for said in ("你好", *words):
        await scene.says(youth, said)
    await scene.says(CADRE, "我在听")
    await scene.says(youth, "结束聊天")
    return scene.talk.shown(CADRE)[before:]


async def test_the_cadre_sees_no_name_number_or_group_of_the_youth(scene: Scene) -> None:
    seen = "\n".join(await everything(scene, ZHAO))
    async with scene.store.read() as session:
        refs = (await session.execute(select(Contact.ref))).scalars().all()
    assert "一位青年" in seen
    for mark in ("小赵", ZHAO, "888", "30003", *map(str, refs)):
        assert mark not in seen
    assert not re.search(r"K\d", seen)


async def test_any_two_youths_look_alike_to_the_cadre_whatever_their_age_or_bot(scene: Scene) -> None:
    """One is of age and writes to the first bot, the other is a minor and has joined yesterday with another one."""
    scene.talk.second_bot("40004", "sat")
    late = await make_youth(
        scene.store, scene.org, "小雨", "", cadre=scene.cadre, chat=scene.chat, age_band=AgeBand.MINOR
    )
    await make_account(scene.store, late, "u77", channel="sat", bot="40004")
    first = await everything(scene, ZHAO)
    scene.talk.advance(timedelta(minutes=1))
    before, by = len(scene.talk.shown(CADRE)), len(scene.talk.channel.by)
    there: dict[str, Any] = {"bot": "40004", "channel": "sat"}
    await scene.says("u77", ASK, **there)
    await scene.says(CADRE, "1")
    scene.talk.advance(timedelta(seconds=15))
    await scene.says("u77", "你好", **there)
    await scene.says(CADRE, "我在听")
    await scene.says("u77", "结束聊天", **there)
    assert scene.talk.shown(CADRE)[before:] == first
    assert {bot for bot, who in scene.talk.channel.by[by:] if who == CADRE} == {"30003"}


async def test_the_end_reads_alike_whatever_the_youth_did(scene: Scene) -> None:
    """结束聊天, 退出, 删除我的数据: the cadre hears the same words."""
    ends: list[str] = []
    for youth, words in ((ZHAO, ["结束聊天"]), (KAI, ["退出"]), (YU, ["删除我的数据", "确认删除"])):
        await scene.open(youth, ASK)
        await scene.says(youth, "你好")
        for said in words:
            await scene.says(youth, said)
        ends.append(scene.last(CADRE))
        assert await scene.relays() == 0
        scene.talk.advance(timedelta(minutes=1))
    assert len(set(ends)) == 1
    assert "结束了聊天" not in ends[0]


async def test_what_does_not_arrive_reads_alike_and_names_nobody(scene: Scene) -> None:
    told: list[str] = []
    for youth in (ZHAO, KAI):
        await scene.open(youth, ASK)
        scene.talk.channel.outcomes[youth] = [Delivery(Outcome.FAILED, error="not_a_friend")]
        await scene.says(CADRE, "你还在吗，听得到吗")
        told.append(scene.last(CADRE))
        await scene.says(youth, "结束聊天")
        scene.talk.advance(timedelta(minutes=1))
    assert told[0] == told[1]
    assert told[0] == Said("relay/not_delivered")


async def test_taking_somebody_else_out_of_the_group_ends_it_too_so_that_it_shows_nothing(scene: Scene) -> None:
    """Else a cadre could take out one after another and see with whom the talk ends."""
    ends: list[str] = []
    for youth, gone in ((ZHAO, KAI), (ZHAO, ZHAO)):
        await scene.open(youth, ASK)
        await scene.says(youth, "你好")
        await scene.talk.leaves(gone, group="888")
        ends.append(next(text for text in reversed(scene.talk.shown(CADRE)) if "到这里结束" in text))
        assert await scene.relays() == 0
        scene.talk.advance(timedelta(minutes=1))
    assert ends[0] == ends[1]


async def test_a_stranger_who_leaves_the_group_ends_nothing(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    await scene.talk.leaves("66666", group="888")
    assert await scene.relays() == 1


async def test_with_few_youths_the_youth_is_told_before_anything_begins(store: Store) -> None:
    scene = await Scene.build(store, others=1)
    (asked,) = await scene.says(ZHAO, ASK)
    assert asked == Said("relay/guess", few=5)
    assert scene.talk.shown(CADRE) == []
    await scene.says(ZHAO, "3")
    assert await scene.relays() == 0
    assert scene.talk.shown(CADRE) == []


@pytest.mark.parametrize(("answer", "shown"), [("1", False), ("2", True)])
async def test_knowing_that_the_youth_goes_on_without_or_with_the_name(store: Store, answer: str, shown: bool) -> None:
    scene = await Scene.build(store, others=1)
    await scene.says(ZHAO, ASK)
    await scene.says(ZHAO, answer)
    assert ("小赵" in scene.last(CADRE)) is shown
    assert scene.last(CADRE) == Said("relay/request", topic="夜班的事")


async def test_with_five_there_is_no_warning(store: Store) -> None:
    scene = await Scene.build(store, others=2)
    await scene.says(ZHAO, ASK)
    assert scene.last(CADRE) == Said("relay/request", who="")


async def test_words_that_show_who_it_is_wait_until_they_are_said_again(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    assert (await scene.says(ZHAO, "我电话 13812345678"))[0] == Said("relay/details")
    assert "138" not in scene.seen(CADRE)
    await scene.says(ZHAO, "算了，先不说")
    assert await scene.says(ZHAO, "我电话 13812345678") == []
    assert "13812345678" in scene.last(CADRE)


async def test_the_same_words_of_the_cadre_or_in_a_named_relay_go_across_at_once(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    assert await scene.says(CADRE, "打我电话 13812345678") == []
    await scene.says(ZHAO, "结束聊天")
    scene.talk.advance(timedelta(minutes=1))
    await scene.open(ZHAO, "找人聊聊")
    assert await scene.says(ZHAO, "我电话 13812345678") == []


async def test_nothing_is_ever_kept_of_it_and_nobody_is_asked(scene: Scene) -> None:
    audited = await count(scene.store, AuditEntry)
    await everything(scene, ZHAO)
    assert "留个记录" not in scene.seen(ZHAO)
    await scene.tick(timedelta(hours=1, minutes=1))
    assert await count(scene.store, Talk) == 0
    assert await count(scene.store, AuditEntry) == audited
    assert await count(scene.store, RelayAfter) == 0
    assert await count(scene.store, Prompt) == 0


async def test_no_row_of_one_side_has_the_moment_of_a_row_of_the_other(scene: Scene) -> None:
    """Whoever reads the tables without the keys cannot join the two by their times."""
    await scene.says(ZHAO, ASK)
    scene.talk.advance(timedelta(seconds=7))
    await scene.says(CADRE, "1")
    for n in range(3):
        scene.talk.advance(timedelta(seconds=11))
        await scene.says((ZHAO, CADRE)[n % 2], "你好")
    scene.talk.advance(timedelta(seconds=13))
    await scene.says(CADRE, "结束聊天")
    await scene.tick()
    async with scene.store.read() as session:
        rows = (await session.execute(select(OutboxMessage.person_id, OutboxMessage.created_at))).all()
    cadre = scene.cadre.person_id
    assert {person for person, _ in rows} <= {None, cadre}
    moments = [{at for person, at in rows if person == who} for who in (None, cadre)]
    assert moments[0] & moments[1] == set()


# --- blocking --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P25")
async def test_blocking_needs_an_unknown_asker(scene: Scene) -> None:
    assert (await scene.says(CADRE, "屏蔽"))[0] == Refused("relay.block_nobody")
    await scene.open(ZHAO, "找人聊聊")
    assert (await scene.says(CADRE, "屏蔽"))[0] == Refused("relay.block_named")
    await scene.says(ZHAO, "结束聊天")
    assert (await scene.says(CADRE, "屏蔽"))[0] == Refused("relay.block_nobody")
    assert await count(scene.store, RelayBlock) == 0


async def test_only_a_cadre_blocks(scene: Scene) -> None:
    assert (await scene.says(ZHAO, "屏蔽"))[0] == Refused("not_allowed", needs="cadre_or_organ")
    assert (await scene.says(ZHAO, "取消屏蔽"))[0] == Refused("not_allowed", needs="cadre_or_organ")


async def test_another_cadre_blocks_nobody_of_a_colleague(scene: Scene) -> None:
    await make_cadre(scene.store, scene.org, "周敏", OTHER_CADRE)
    await scene.open(ZHAO, ASK)
    assert (await scene.says(OTHER_CADRE, "屏蔽"))[0] == Refused("relay.block_nobody")
    assert await scene.relays() == 1


@pytest.mark.rule("P25")
@pytest.mark.parametrize("when", ["asked", "open", "after"])
async def test_a_blocked_asker_cannot_ask_again_without_a_name_and_hears_no_reason(scene: Scene, when: str) -> None:
    if when == "asked":
        await scene.says(ZHAO, ASK)
    else:
        await scene.open(ZHAO, ASK)
    if when == "after":
        await scene.says(ZHAO, "结束聊天")
        await scene.tick(timedelta(minutes=59))
    said = (await scene.says(CADRE, "屏蔽"))[0]
    assert "不会告诉你 TA 是谁" in said
    assert said == Said("relay/blocked")
    assert "小赵" not in scene.seen(CADRE)
    assert "屏蔽" not in scene.seen(ZHAO)
    assert await scene.relays() == 0
    before = len(scene.talk.shown(CADRE))
    (answer,) = await scene.says(ZHAO, ASK)
    assert all(word in answer for word in ("不是你的问题", "12355", "心声", "匿名"))
    assert "屏蔽" not in answer
    assert len(scene.talk.shown(CADRE)) == before


async def test_the_answer_to_a_blocked_asker_is_that_of_a_cadre_without_an_account(scene: Scene) -> None:
    from bot.store.people import Account

    await scene.open(ZHAO, ASK)
    await scene.says(CADRE, "屏蔽")
    blocked = (await scene.says(ZHAO, ASK))[0]
    async with scene.store.unit() as unit:
        row = (
            await unit.session.execute(select(Account).where(Account.person_id == scene.cadre.person_id))
        ).scalar_one()
        await unit.session.delete(row)
    assert (await scene.says(KAI, ASK))[0] == blocked


async def test_others_and_the_same_youth_by_name_are_not_blocked(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    await scene.says(CADRE, "屏蔽")
    await scene.open(KAI, ASK)
    await scene.says(KAI, "结束聊天")
    scene.talk.advance(timedelta(minutes=1))
    await scene.open(ZHAO, "找人聊聊")


async def test_a_block_holds_for_one_cadre_only(scene: Scene) -> None:
    other = await make_cadre(scene.store, scene.org, "周敏", OTHER_CADRE)
    group = await make_chat(scene.store, scene.org, other, "889")
    for n in range(4):
        await make_youth(scene.store, scene.org, f"别组{n}", f"2200{n}", cadre=other, chat=group)
    await scene.open(ZHAO, ASK)
    await scene.says(CADRE, "屏蔽")
    async with scene.store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=other.person_id,
                youth_id=scene.youths[ZHAO].person_id,
                ref=996,
                since=unit.now + timedelta(minutes=1),
                last_contact_at=unit.now,
            )
        )
    await scene.says(ZHAO, ASK)
    await scene.says(ZHAO, "2")
    assert scene.last(OTHER_CADRE) == Said("relay/request", who="")


async def test_an_hour_after_the_end_it_is_too_late(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    await scene.says(ZHAO, "结束聊天")
    scene.talk.advance(timedelta(hours=1))
    assert (await scene.says(CADRE, "屏蔽"))[0] == Refused("relay.block_nobody")
    await scene.tick()
    assert await count(scene.store, RelayAfter) == 0


async def test_the_newest_of_several_is_meant(scene: Scene) -> None:
    for youth in (ZHAO, KAI):
        await scene.open(youth, ASK)
        await scene.says(youth, "结束聊天")
        scene.talk.advance(timedelta(minutes=1))
    await scene.says(CADRE, "屏蔽")
    assert (await scene.says(KAI, ASK))[0] == Said("relay/not_now")
    await scene.says(ZHAO, ASK)
    assert scene.last(CADRE) == Said("relay/request", who="")


async def test_blocking_twice_is_once(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    await scene.says(ZHAO, "结束聊天")
    await scene.says(CADRE, "屏蔽")
    assert (await scene.says(CADRE, "屏蔽"))[0] == Refused("relay.block_nobody")
    assert await count(scene.store, RelayBlock) == 1


async def test_the_cadre_can_undo_it(scene: Scene) -> None:
    assert (await scene.says(CADRE, "取消屏蔽"))[0] == Refused("relay.no_blocks")
    await scene.open(ZHAO, ASK)
    await scene.says(CADRE, "屏蔽")
    assert (await scene.says(CADRE, "取消屏蔽"))[0] == Said("relay/unblocked", count=1)
    await scene.open(ZHAO, ASK)


async def test_of_several_the_cadre_says_which_by_when_it_was(scene: Scene) -> None:
    for youth in (ZHAO, KAI):
        await scene.open(youth, ASK)
        await scene.says(CADRE, "屏蔽")
        scene.talk.advance(timedelta(hours=1))
    (asked,) = await scene.says(CADRE, "取消屏蔽")
    assert "小赵" not in asked
    assert len(fields(asked)["blocked"]) == 2
    assert (await scene.says(CADRE, "2"))[0] == Said("relay/unblocked", left=1)
    assert (await scene.says(KAI, ASK))[0] == Said("relay/not_now")
    await scene.says(ZHAO, ASK)
    assert scene.last(CADRE) == Said("relay/request", who="")
    await scene.says(ZHAO, "结束聊天")
    assert (await scene.says(CADRE, "取消屏蔽"))[0] == Said("relay/unblocked", count=1)


@pytest.mark.rule("P25")
async def test_what_is_kept_of_a_block_names_nobody_and_ends_after_a_year(scene: Scene) -> None:
    await scene.open(ZHAO, ASK)
    await scene.says(CADRE, "屏蔽")
    async with scene.store.read() as session:
        block = (await session.execute(select(RelayBlock))).scalar_one()
        audited = (await session.execute(select(AuditEntry).where(AuditEntry.action == "relay.blocked"))).scalar_one()
    assert block.cadre_id == scene.cadre.person_id
    assert len(block.tag) == 32
    assert (audited.actor_id, audited.subject_id, audited.ref) == (scene.cadre.person_id, None, "")
    scene.talk.advance(timedelta(days=366))
    async with scene.store.unit() as unit:
        assert await expire_kind(unit, "relay_blocks", Look(unit.now)) == 1


async def test_two_cadres_tags_of_one_youth_have_nothing_in_common(scene: Scene) -> None:
    from bot.features.relay.tables import block_tag

    person = scene.youths[ZHAO].person_id
    assert person is not None
    assert scene.cadre.person_id is not None
    tags = [block_tag(scene.store.vault, cadre, person) for cadre in (scene.cadre.person_id, 77)]
    assert tags[0] != tags[1]
    assert scene.store.vault.mac("index", scene.cadre.person_id, person) not in tags
