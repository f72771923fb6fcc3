"""找人聊聊 through faults: restarts, several bots and channels, outages, kills, two at once (sections 1, 4 and 6)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.port import Delivery, Outcome
from bot.chat.text import repeated_mark
from bot.clock import ManualClock
from bot.features.relay.tables import Relay, RelaySeat
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_account
from tests.played import Once
from tests.relay_scene import CADRE, KAI, ZHAO, Scene, count
from tests.said import Said, told

UNSURE = Delivery(Outcome.UNKNOWN)
AWAY = Delivery(Outcome.RETRY_LATER, error="not_connected")


@pytest_asyncio.fixture
async def scene(store: Store, once: Once) -> Scene:
    return await once(store, Scene.build)


def heard(scene: Scene, who: str) -> list[str]:
    """Words of the other side, without the signs."""
    return [text.partition("」：")[2] for text in scene.talk.shown(who) if "」：" in text]


# --- restart ---------------------------------------------------------------------------------------------------------


class Restarting:
    """A scene whose bot stops and starts again on the same database: a new store, a new router, a new sender."""

    def __init__(self, scene: Scene, url: str, masters: MasterKeys, clock: ManualClock) -> None:
        self.scene, self._url, self._masters, self._clock = scene, url, masters, clock

    async def again(self) -> Scene:
        """Stop, start, and go on with what is in the tables."""
        old = self.scene
        await old.store.close()
        self._clock.advance(timedelta(seconds=20))
        store = await Store.open(self._url, masters=self._masters, clock=self._clock)
        talk = await Talkers.open(store)
        talk._ids = old.talk._ids  # a platform does not give a number twice
        await talk.sender.start()
        await talk.sender.stop()  # rescued what was left leased; from here on it is pumped by hand
        talk.sender._stopping = False
        self.scene = Scene(talk, old.org, old.cadre, old.chat, old.youths)
        return self.scene


@pytest_asyncio.fixture
async def restarting(any_url: str, masters: MasterKeys, clock: ManualClock) -> AsyncIterator[Restarting]:
    store = await Store.open(any_url, masters=masters, clock=clock)
    made = Restarting(await Scene.build(store), any_url, masters, clock)
    yield made
    await made.scene.store.close()


async def test_an_open_relay_goes_on_after_a_restart(restarting: Restarting) -> None:
    await restarting.scene.open()
    await restarting.scene.says(ZHAO, "一")
    scene = await restarting.again()
    await scene.says(ZHAO, "二")
    await scene.says(CADRE, "三")
    assert heard(scene, CADRE) == ["二"]
    assert heard(scene, ZHAO) == ["三"]
    assert "一句也没有保存" in (await scene.says(ZHAO, "结束聊天"))[0]


async def test_a_request_and_who_waits_behind_it_survive_a_restart(restarting: Restarting) -> None:
    await restarting.scene.says(ZHAO, "找人聊聊")
    await restarting.scene.says(KAI, "找人聊聊")
    scene = await restarting.again()
    await scene.says(CADRE, "3")
    assert scene.last(CADRE) == Said("relay/request", who="阿凯")
    await scene.says(CADRE, "1")
    assert scene.last(KAI) == Said("relay/opened")


async def test_words_that_waited_go_out_after_a_restart_once_and_in_order(restarting: Restarting) -> None:
    await restarting.scene.open()
    talk = restarting.scene.talk
    talk.sender.disconnected("qq", BOT)
    for words in ("一", "二", "三"):
        await talk._arrive(talk.incoming(ZHAO, words))
    scene = await restarting.again()
    await scene.talk.sender.pump()
    assert heard(scene, CADRE) == ["一", "二", "三"]


async def test_words_under_way_when_the_process_died_come_again_marked_and_before_later_ones(
    restarting: Restarting,
) -> None:
    await restarting.scene.open()
    talk = restarting.scene.talk
    talk.sender.disconnected("qq", BOT)
    await talk._arrive(talk.incoming(ZHAO, "一"))
    await talk._arrive(talk.incoming(ZHAO, "二"))
    async with talk.store.unit() as unit:  # the first was leased: nobody knows how far it came
        rows = (
            await unit.session.execute(
                select(OutboxMessage).where(OutboxMessage.kind == "relay", OutboxMessage.state == "ready")
            )
        ).scalars()
        first = min(rows, key=lambda row: row.position)
        first.state, first.lease_owner, first.lease_until, first.fence = "leased", "main", unit.now, 1
    scene = await restarting.again()
    await scene.talk.sender.pump()
    scene.talk.advance(timedelta(seconds=31))
    for _ in range(3):
        await scene.talk.sender.pump()
    said = [text for text in scene.talk.shown(CADRE) if "」：" in text]
    assert said == [f"{repeated_mark()}「小赵」：一", "「小赵」：二"]


async def test_after_a_long_stop_it_is_over_and_both_hear_it(restarting: Restarting) -> None:
    await restarting.scene.open()
    scene = await restarting.again()
    await scene.tick(timedelta(hours=5))
    for who in (ZHAO, CADRE):
        assert scene.last(who) == Said("relay/ended", why="long")
    assert await scene.relays() == 0


async def test_a_redelivered_word_after_a_restart_is_passed_on_once(restarting: Restarting) -> None:
    await restarting.scene.open()
    message = restarting.scene.talk.incoming(ZHAO, "一")
    await restarting.scene.talk.deliver(message)
    scene = await restarting.again()
    assert await scene.talk.deliver(message) == []
    assert heard(scene, CADRE) == []


async def test_a_redelivered_yes_or_end_changes_nothing(restarting: Restarting) -> None:
    await restarting.scene.says(ZHAO, "找人聊聊")
    yes = restarting.scene.talk.incoming(CADRE, "1")
    await restarting.scene.talk.deliver(yes)
    scene = await restarting.again()
    scene.talk.advance(timedelta(seconds=30))
    assert await scene.talk.deliver(yes) == []
    assert heard(scene, ZHAO) == []
    end = scene.talk.incoming(ZHAO, "结束聊天")
    await scene.talk.deliver(end)
    before = len(scene.talk.shown(CADRE))
    assert await scene.talk.deliver(end) == []
    assert len(scene.talk.shown(CADRE)) == before


async def test_what_breaks_before_the_commit_passes_nothing_on_and_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill before the commit is the same without the sentence: the words are in no table yet."""
    await scene.open()

    async def breaks(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("bot.features.relay.acts.pass_on.save", breaks)
        assert (await scene.says(ZHAO, "一"))[0] == Said("common/not_recorded")
    assert heard(scene, CADRE) == []
    assert await count(scene.store, OutboxMessage, OutboxMessage.kind == "relay", OutboxMessage.state == "ready") == 0


# --- bots and channels -----------------------------------------------------------------------------------------------


async def test_each_side_hears_from_the_bot_of_its_own_account(scene: Scene) -> None:
    """小赵 has a second account on another channel with another bot and asks from there."""
    scene.talk.second_bot("40004", "sat")
    await make_account(scene.store, scene.youths[ZHAO], "u77", channel="sat", bot="40004", later=timedelta(seconds=1))
    there: dict[str, Any] = {"bot": "40004", "channel": "sat"}
    await scene.says("u77", "找人聊聊", **there)
    await scene.says(CADRE, "1")
    scene.talk.advance(timedelta(seconds=15))
    await scene.says("u77", "从那边说的", **there)
    await scene.says(CADRE, "听到了")
    assert heard(scene, CADRE) == ["从那边说的"]
    assert heard(scene, "u77") == ["听到了"]
    assert scene.talk.shown(ZHAO) == []
    by = {who: {bot for bot, to in scene.talk.channel.by if to == who} for who in (CADRE,)}
    assert by == {CADRE: {BOT}}


async def test_who_goes_on_with_another_account_is_the_same_side_and_is_answered_there(scene: Scene) -> None:
    scene.talk.second_bot("40004", "sat")
    await make_account(scene.store, scene.youths[ZHAO], "u77", channel="sat", bot="40004", later=timedelta(seconds=-1))
    await scene.open()
    await scene.says(ZHAO, "一")
    await scene.says("u77", "二", bot="40004", channel="sat")
    await scene.says(CADRE, "听到了")
    assert heard(scene, CADRE) == ["一", "二"]
    assert heard(scene, "u77") == ["听到了"]
    assert heard(scene, ZHAO) == []
    await scene.says(ZHAO, "三")
    await scene.says(CADRE, "好")
    assert heard(scene, ZHAO) == ["好"]
    assert (await scene.says("u77", "结束聊天", bot="40004", channel="sat"))[0] == Said("relay/ended")


async def test_the_same_account_with_another_bot_is_answered_by_that_bot(scene: Scene) -> None:
    scene.talk.second_bot("40004")
    await scene.open()
    await scene.says(ZHAO, "换到这边说", bot="40004")
    await scene.says(CADRE, "好")
    assert scene.talk.channel.by[-1] == ("40004", ZHAO)
    assert heard(scene, CADRE) == ["换到这边说"]


async def test_a_bot_that_is_away_holds_its_own_side_only_and_the_order_stays(scene: Scene) -> None:
    scene.talk.second_bot("40004")
    await scene.open()
    await scene.says(CADRE, "从这边说", bot="40004")
    scene.talk.sender.disconnected("qq", "40004")
    for words in ("一", "二"):
        await scene.says(ZHAO, words)
    assert heard(scene, CADRE) == []
    await scene.says(CADRE, "我在", bot="40004")
    assert heard(scene, ZHAO)[-1] == "我在"
    scene.talk.sender.connected("qq", "40004")
    await scene.talk.sender.pump()
    assert heard(scene, CADRE) == ["一", "二"]


# --- outages ---------------------------------------------------------------------------------------------------------


async def test_a_line_that_breaks_between_two_words_does_not_turn_them_round(scene: Scene) -> None:
    await scene.open()
    scene.talk.channel.outcomes[CADRE] = [AWAY]
    await scene.says(ZHAO, "一")
    await scene.says(ZHAO, "二")
    assert heard(scene, CADRE) == []
    scene.talk.advance(timedelta(seconds=6))
    await scene.talk.sender.pump()
    assert heard(scene, CADRE) == ["一", "二"]


async def test_an_unknown_outcome_comes_again_with_the_mark(scene: Scene) -> None:
    await scene.open()
    scene.talk.channel.outcomes[CADRE] = [UNSURE]
    await scene.says(ZHAO, "一")
    scene.talk.advance(timedelta(seconds=31))
    await scene.talk.sender.pump()
    assert scene.last(CADRE) == f"{repeated_mark()}「小赵」：一"


async def test_words_that_never_arrive_are_told_to_their_speaker(scene: Scene) -> None:
    await scene.open()
    scene.talk.channel.outcomes[CADRE] = [UNSURE] * 3
    await scene.says(ZHAO, "你还在听我说吗，我有一件事")
    for _ in range(6):
        scene.talk.advance(timedelta(seconds=31))
        await scene.talk.sender.pump()
    assert scene.last(ZHAO) == Said("relay/not_delivered", head="你还在听我说吗，我有一件")


async def test_words_for_a_bot_that_stays_away_are_told_of_after_ten_minutes(scene: Scene) -> None:
    scene.talk.second_bot("40004")
    await scene.open()
    await scene.says(CADRE, "从这边说", bot="40004")
    scene.talk.sender.disconnected("qq", "40004")
    await scene.says(ZHAO, "听得到吗")
    await scene.tick(timedelta(minutes=9))
    assert Said("relay/not_delivered") not in scene.talk.shown(ZHAO)
    await scene.tick(timedelta(minutes=2))
    assert scene.last(ZHAO) == Said("relay/not_delivered")
    scene.talk.sender.connected("qq", "40004")
    await scene.talk.sender.pump()
    assert heard(scene, CADRE) == []


async def test_last_words_that_cannot_arrive_are_told_of_after_the_end_too(scene: Scene) -> None:
    await scene.open()
    scene.talk.sender.disconnected("qq", BOT)
    for words in ("保重", "结束聊天"):
        await scene.talk._arrive(scene.talk.incoming(ZHAO, words))
    scene.talk.channel.outcomes[CADRE] = [Delivery(Outcome.FAILED, error="not_a_friend")]
    scene.talk.sender.connected("qq", BOT)
    await scene.talk.sender.pump()
    assert Said("relay/not_delivered") in scene.talk.shown(ZHAO)
    await scene.tick()
    assert await count(scene.store, OutboxMessage, OutboxMessage.kind == "relay") == 0


async def test_a_side_that_cannot_be_told_of_the_opening_is_not_listened_to(scene: Scene) -> None:
    """The youth has blocked the bot, say: what they write to it later is not for the cadre."""
    await scene.says(ZHAO, "找人聊聊")
    scene.talk.channel.outcomes[ZHAO] = [Delivery(Outcome.FAILED, error="not_a_friend")]
    await scene.says(CADRE, "1")
    assert "接通了" not in scene.seen(ZHAO)
    scene.talk.advance(timedelta(minutes=1))
    await scene.says(ZHAO, "这句是对机器人说的")
    assert heard(scene, CADRE) == []
    assert await scene.relays() == 0
    assert scene.last(CADRE) == Said("relay/ended", why="over")


# --- two at once -----------------------------------------------------------------------------------------------------


async def at_once(scene: Scene, *said: tuple[str, str]) -> None:
    """Several people say something in the same moment."""
    work = [scene.talk.gate.arrive(scene.talk.incoming(who, words)) for who, words in said]
    await asyncio.gather(*(one for one in work if one is not None))
    await scene.talk.sender.pump()


@pytest_asyncio.fixture
async def any_scene(any_store: Store) -> Scene:
    return await Scene.build(any_store)


async def test_of_two_youths_in_the_same_second_one_is_asked_about(any_scene: Scene) -> None:
    await at_once(any_scene, (ZHAO, "找人聊聊"), (KAI, "找人聊聊"))
    assert told(any_scene.talk.shown(CADRE)).count("relay/request") == 1
    assert await count(any_scene.store, Relay, Relay.state == "asked") == 1
    assert await count(any_scene.store, Relay, Relay.state == "waiting") == 1


async def test_asking_twice_in_the_same_second_is_one_request(any_scene: Scene) -> None:
    scene = any_scene
    await make_account(scene.store, scene.youths[ZHAO], "20077")
    await at_once(scene, (ZHAO, "找人聊聊"), ("20077", "找人聊聊"))
    assert await scene.relays() == 1
    assert await count(scene.store, RelaySeat) == 1


async def test_a_yes_and_giving_up_in_the_same_second_end_in_one_state(any_scene: Scene) -> None:
    scene = any_scene
    for n in range(4):
        scene.talk.advance(timedelta(minutes=1))
        await scene.says(ZHAO, "找人聊聊")
        pair = [(CADRE, "1"), (ZHAO, "结束聊天")]
        await at_once(scene, *(pair if n % 2 else reversed(pair)))
        assert await count(scene.store, Relay, Relay.state != "open") == 0
        await scene.says(ZHAO, "结束聊天")
        assert await scene.relays() == 0
        assert "未记录" not in scene.seen(ZHAO) + scene.seen(CADRE)


async def test_both_end_it_in_the_same_second(any_scene: Scene) -> None:
    scene = any_scene
    await scene.open()
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await at_once(scene, (ZHAO, "结束聊天"), (CADRE, "结束聊天"))
    assert await scene.relays() == 0
    assert await count(scene.store, Prompt, Prompt.kind == "talk.relay") == 1
    assert "未记录" not in scene.seen(ZHAO) + scene.seen(CADRE)


async def test_the_end_and_an_erasure_in_the_same_second(any_scene: Scene) -> None:
    scene = any_scene
    await scene.open()
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await scene.says(ZHAO, "删除我的数据")
    await at_once(scene, (ZHAO, "确认删除"), (CADRE, "结束聊天"))
    assert await scene.relays() == 0
    assert await count(scene.store, Prompt, Prompt.person_id == scene.youths[ZHAO].person_id) == 0
    assert "未记录" not in scene.seen(ZHAO) + scene.seen(CADRE)


async def test_words_and_the_end_in_the_same_second_lose_nothing_without_a_word(any_scene: Scene) -> None:
    scene = any_scene
    await scene.open()
    await at_once(scene, (ZHAO, "一"), (CADRE, "结束聊天"), (ZHAO, "二"))
    for words in ("一", "二"):
        told = words in heard(scene, CADRE)
        assert told or any(sign in scene.seen(ZHAO) for sign in ("没有转给任何人", "我没听懂"))


async def test_words_of_danger_that_could_not_be_passed_on_get_their_card_and_that_is_said(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.open()

    async def breaks(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("bot.features.relay.acts.pass_on.save", breaks)
        card, told = await scene.says(ZHAO, "感觉活着没意思")
    assert "12356" in card or "12356" in told
    assert {Said("relay/not_delivered") == one for one in (card, told)} == {True, False}
    assert heard(scene, CADRE) == []
