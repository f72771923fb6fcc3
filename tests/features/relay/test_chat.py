"""找人聊聊: who may ask, what the cadre answers, and how the two are joined (P10, P22)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.pacing import Pacer, Quotas
from bot.core.rules.people import Actor, AgeBand, Role
from bot.features.relay.tables import Relay, RelaySeat
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, DataKey, OutboxMessage, Prompt
from bot.store.people import Account, Person, RoleGrant
from bot.store.store import Store
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.played import Once
from tests.relay_scene import CADRE, KAI, OTHER_CADRE, YU, ZHAO, Scene, count
from tests.said import Refused, Said


@pytest_asyncio.fixture
async def scene(store: Store, once: Once) -> Scene:
    return await once(store, Scene.build)


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_in_a_group_it_is_not_carried_out(scene: Scene) -> None:
    (said,) = await scene.says(ZHAO, "/找人聊聊 夜班的事", group="888")
    assert said == Said("common/say_privately")
    assert "夜班" not in said
    assert await scene.relays() == 0
    assert scene.talk.shown(CADRE) == []


async def test_a_stranger_and_a_cadre_cannot_ask(scene: Scene) -> None:
    for who in ("66666", CADRE):
        assert (await scene.says(who, "找人聊聊"))[0] == Refused("not_allowed", needs="youth")
    assert await scene.relays() == 0


@pytest.mark.rule("P10")
async def test_under_14_there_are_numbers_and_no_relay(scene: Scene) -> None:
    await make_youth(
        scene.store, scene.org, "小朵", "20009", cadre=scene.cadre, chat=scene.chat, age_band=AgeBand.UNDER_14
    )
    (said,) = await scene.says("20009", "找人聊聊")
    assert all(word in said for word in ("12355", "110", "联系负责人"))
    assert await scene.relays() == 0
    assert scene.talk.shown(CADRE) == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("找人聊聊 " + "长" * 61, Refused("relay.topic_too_long", most=60)),
        ("找人聊聊 【机密】会议", Refused("relay.topic_secret")),
    ],
)
async def test_a_topic_that_may_not_be_one_asks_nobody(scene: Scene, words: str, why: Said) -> None:
    assert (await scene.says(ZHAO, words))[0] == why
    assert await scene.relays() == 0
    assert scene.talk.shown(CADRE) == []


async def test_without_a_cadre_in_office_nobody_is_asked(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        grant = (
            await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == scene.cadre.person_id))
        ).scalar_one()
        grant.until = unit.now
    assert (await scene.says(ZHAO, "找人聊聊"))[0] == Refused("relay.nobody")
    assert await scene.relays() == 0


async def test_nobody_talks_with_themselves(scene: Scene) -> None:
    both = await make_person(
        scene.store, scene.org, "周敏", number="10009", roles=(Role.CADRE,), age_band=AgeBand.ADULT, is_youth=True
    )
    async with scene.store.unit() as unit:
        unit.session.add(
            Contact(cadre_id=both.person_id, youth_id=both.person_id, ref=999, since=unit.now, last_contact_at=unit.now)
        )
    assert (await scene.says("10009", "找人聊聊"))[0] == Refused("relay.yourself")
    assert await scene.relays() == 0


async def test_a_cadre_without_an_account_is_like_one_who_cannot_now(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        account = (
            await unit.session.execute(select(Account).where(Account.person_id == scene.cadre.person_id))
        ).scalar_one()
        await unit.session.delete(account)
    (said,) = await scene.says(ZHAO, "找人聊聊")
    assert said == Said("relay/not_now")
    assert await scene.relays() == 0


async def test_a_second_request_is_refused_while_one_waits_or_is_open(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    assert (await scene.says(ZHAO, "找人聊聊"))[0] == Refused("relay.already", open=False)
    await scene.says(CADRE, "1")
    assert (await scene.says(ZHAO, "/找人聊聊 别的事"))[0] == Refused("relay.already", open=True)
    assert await scene.relays() == 1


async def test_ending_what_is_not_there_says_so(scene: Scene) -> None:
    for who in (ZHAO, CADRE):
        assert (await scene.says(who, "结束聊天"))[0] == Refused("relay.none")
    assert (await scene.says("66666", "结束聊天"))[0] == Refused("not_allowed", needs="known", known=False)


async def test_a_foreign_cadre_is_never_offered(scene: Scene) -> None:
    await make_cadre(scene.store, scene.org, "周敏", OTHER_CADRE)
    await scene.says(ZHAO, "找人聊聊")
    assert scene.talk.shown(OTHER_CADRE) == []
    assert scene.last(CADRE) == Said("relay/request")


async def test_an_answer_of_somebody_who_was_not_asked_joins_nobody(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(KAI, "1")
    await scene.says(ZHAO, "现在可以")
    assert "接通了" not in scene.seen(ZHAO) + scene.seen(KAI)


# --- asked -----------------------------------------------------------------------------------------------------------


async def test_the_cadre_is_asked_with_name_and_topic_and_the_youth_hears_how_it_goes_on(scene: Scene) -> None:
    (said,) = await scene.says(ZHAO, "找人聊聊 夜班的事")
    assert all(word in said for word in ("林晓舟", "我是程序", "结束聊天"))
    asked = scene.last(CADRE)
    assert all(word in asked for word in ("小赵", "夜班的事", "① 现在可以", "② 晚点", "③ 这次不方便"))
    assert await count(scene.store, RelaySeat) == 1


async def test_a_minor_is_told_in_simple_words(scene: Scene) -> None:
    assert "只有你们两个看得到" in (await scene.says(YU, "找人聊聊"))[0]
    await scene.says(CADRE, "1")
    assert "只有你们两个看得到" in scene.last(YU)
    assert "只有你们两个看得到" not in scene.last(CADRE)


async def test_of_several_cadres_the_youth_says_which(scene: Scene) -> None:
    other = await make_cadre(scene.store, scene.org, "周敏", OTHER_CADRE)
    await make_chat(scene.store, scene.org, other, "889")
    scene.talk.advance(timedelta(minutes=1))
    await make_youth_of(scene, other)
    (asked,) = await scene.says(ZHAO, "找人聊聊 夜班的事")
    assert "林晓舟" in asked
    assert "周敏" in asked
    assert await scene.relays() == 0
    await scene.says(ZHAO, "2")
    assert scene.last(OTHER_CADRE) == Said("relay/request", topic="夜班的事")
    assert scene.talk.shown(CADRE) == []


async def make_youth_of(scene: Scene, cadre: Actor) -> None:
    """小赵 is in contact with a second cadre."""
    async with scene.store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=cadre.person_id,
                youth_id=scene.youths[ZHAO].person_id,
                ref=998,
                since=unit.now,
                last_contact_at=unit.now,
            )
        )


async def test_at_night_the_youth_hears_it_honestly_with_numbers_and_the_cadre_is_asked_at_eight(store: Store) -> None:
    scene = await Scene.build(store, paced=True)
    await scene.at(23)
    paced(scene)
    (said,) = await scene.says(ZHAO, "找人聊聊 睡不着")
    assert all(word in said for word in ("夜里", "早 8 点", "12356", "110"))
    assert scene.talk.shown(CADRE) == []
    await scene.tick(timedelta(hours=5))
    assert scene.talk.shown(CADRE) == []
    await scene.tick(timedelta(hours=4, minutes=1))
    assert scene.last(CADRE) == Said("relay/request", topic="睡不着")


def paced(scene: Scene) -> None:
    """Give the sender the real pace: quiet hours are kept there."""
    scene.talk.sender._pacer = Pacer(Quotas.load())


async def test_an_acceptance_in_the_morning_asks_the_youth_first(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    scene.talk.advance(timedelta(hours=3))
    assert (await scene.says(CADRE, "1"))[0] == Said("relay/asking_other", night=False)
    assert scene.last(ZHAO) == Said("relay/ready")
    await scene.says(ZHAO, "早上好")
    assert "早上好" not in scene.seen(CADRE)
    await scene.says(ZHAO, "1")
    assert scene.last(ZHAO) == Said("relay/opened")
    assert scene.last(CADRE) == Said("relay/opened")


async def test_a_youth_who_is_late_with_that_answer_has_the_cadre_asked_once_more(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    scene.talk.advance(timedelta(hours=3))
    await scene.says(CADRE, "1")
    scene.talk.advance(timedelta(hours=1))
    assert "接通" not in "".join(await scene.says(ZHAO, "1"))[:3]
    assert scene.last(CADRE) == Said("relay/request", again=True)
    await scene.says(CADRE, "1")
    assert scene.last(ZHAO) == Said("relay/opened")


async def test_a_youth_who_no_longer_wants_it_ends_it_and_the_cadre_hears_no_reason(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    scene.talk.advance(timedelta(hours=3))
    await scene.says(CADRE, "1")
    assert (await scene.says(ZHAO, "2"))[0] == Said("relay/given_up")
    assert scene.last(CADRE) == Said("relay/off")
    assert await scene.relays() == 0


# --- answered --------------------------------------------------------------------------------------------------------


async def test_a_no_is_passed_on_kindly_with_other_ways(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    assert "不是因为 TA" in (await scene.says(CADRE, "3"))[0]
    said = scene.last(ZHAO)
    assert all(word in said for word in ("抽不开身", "不是因为你", "12355", "心声"))
    assert "不方便" not in said
    assert await scene.relays() == 0


async def test_later_asks_when_and_the_youth_hears_the_time(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊 夜班的事")
    assert (await scene.says(CADRE, "晚点"))[0] == Said("relay/later_asked")
    assert (await scene.says(CADRE, "等我有空"))[0] == Refused("relay.when_unclear")
    assert "20:30" in (await scene.says(CADRE, "20:30"))[0]
    assert "20:30" in scene.last(ZHAO)
    await scene.tick(timedelta(hours=10))
    assert "约过的" not in scene.last(CADRE)
    await scene.tick(timedelta(minutes=31))
    assert scene.last(CADRE) == Said("relay/request", again=True, topic="夜班的事")


async def test_a_time_at_night_becomes_the_morning_and_says_so(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(CADRE, "2")
    said = (await scene.says(CADRE, "晚上11点"))[0]
    assert "11 月 25 日 08:00" in said
    assert said == Said("relay/later_noted", moved=True)


async def test_later_and_then_silence_is_asked_again_after_an_hour(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(CADRE, "2")
    await scene.tick(timedelta(minutes=31))
    assert scene.last(ZHAO) == Said("relay/later")
    await scene.tick(timedelta(hours=1))
    assert scene.last(CADRE) == Said("relay/request", again=True)


async def test_a_day_of_silence_ends_it_with_other_ways(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.tick(timedelta(hours=24))
    assert scene.last(ZHAO) == Said("relay/unanswered")
    assert await scene.relays() == 0
    assert await count(scene.store, Prompt, Prompt.state == "open") == 0
    assert (await scene.says(CADRE, "1"))[0] == Said("common/nothing_asked")


async def test_a_request_taken_back_needs_no_answer_any_more(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    assert (await scene.says(ZHAO, "结束聊天"))[0] == Said("relay/given_up")
    assert scene.last(CADRE) == Said("relay/off")
    assert (await scene.says(CADRE, "1"))[0] == Said("common/nothing_asked")
    assert "接通了" not in scene.seen(ZHAO)
    assert await scene.relays() == 0
    assert await count(scene.store, Prompt) == 0


async def test_a_question_the_cadre_never_saw_is_taken_back_in_silence(scene: Scene) -> None:
    scene.talk.sender.disconnected("qq", "30003")
    await scene.talk._arrive(scene.talk.incoming(ZHAO, "找人聊聊"))
    await scene.talk._arrive(scene.talk.incoming(ZHAO, "结束聊天"))
    scene.talk.sender.connected("qq", "30003")
    await scene.talk.sender.pump()
    assert scene.talk.shown(CADRE) == []


async def test_behind_another_question_the_cadre_gets_a_hint(scene: Scene) -> None:
    await scene.says(CADRE, "解绑")
    await scene.says(ZHAO, "找人聊聊")
    assert scene.last(CADRE) == Said("relay/answer_first")
    await scene.says(CADRE, "2")
    assert scene.last(CADRE) == Said("relay/request", who="小赵")
    await scene.says(CADRE, "1")
    assert scene.last(ZHAO) == Said("relay/opened")


# --- more than one ---------------------------------------------------------------------------------------------------


async def test_of_two_who_ask_at_once_one_is_asked_about_and_the_other_waits(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    assert (await scene.says(KAI, "找人聊聊"))[0] == Said("relay/asked", turn="waiting", busy=False, night=False)
    assert "阿凯" not in scene.seen(CADRE)
    await scene.says(CADRE, "1")
    assert "阿凯" not in scene.seen(CADRE)
    await scene.says(ZHAO, "结束聊天")
    assert scene.last(CADRE) == Said("relay/request", who="阿凯")


async def test_a_cadre_in_a_relay_and_the_one_who_asks_are_both_told_that_it_waits(scene: Scene) -> None:
    await scene.open()
    assert (await scene.says(KAI, "找人聊聊"))[0] == Said("relay/asked", busy=True, night=False)
    assert scene.last(CADRE) == Said("relay/another_waits")
    assert "阿凯" not in scene.seen(CADRE)
    assert "小赵" not in scene.seen(KAI)


async def test_who_waits_and_gives_up_is_never_asked_about(scene: Scene) -> None:
    await scene.open()
    await scene.says(KAI, "找人聊聊")
    await scene.says(KAI, "结束聊天")
    await scene.says(CADRE, "结束聊天")
    assert "阿凯" not in scene.seen(CADRE)


async def test_a_no_to_one_asks_about_the_next(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(KAI, "找人聊聊")
    await scene.says(CADRE, "3")
    assert scene.last(CADRE) == Said("relay/request", who="阿凯")


async def test_putting_off_one_asks_about_the_next_and_comes_back(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(KAI, "找人聊聊")
    await scene.says(CADRE, "2")
    await scene.says(CADRE, "1")
    assert scene.last(CADRE) == Said("relay/request", who="阿凯")
    await scene.says(CADRE, "1")
    assert scene.last(KAI) == Said("relay/opened")
    await scene.tick(timedelta(minutes=29))
    await scene.says(KAI, "还在")
    await scene.tick(timedelta(minutes=2))
    assert "小赵" not in scene.last(CADRE)
    await scene.says(KAI, "结束聊天")
    assert scene.last(CADRE) == Said("relay/request", who="小赵")


async def test_a_cadre_who_waits_for_a_talk_of_their_own_cannot_begin_one(scene: Scene) -> None:
    """A person has one place: also somebody who is a cadre here and a youth there."""
    boss = await make_cadre(scene.store, await make_org(scene.store, "云川市团委"), "吴建平", "10008")
    async with scene.store.unit() as unit:
        me = await unit.session.get_one(Person, scene.cadre.person_id)
        me.is_youth, me.age_band = True, AgeBand.ADULT.value
        unit.session.add(
            Contact(cadre_id=boss.person_id, youth_id=me.id, ref=997, since=unit.now, last_contact_at=unit.now)
        )
    await scene.says(CADRE, "找人聊聊")
    await scene.says(ZHAO, "找人聊聊")
    assert (await scene.says(CADRE, "1"))[0] == Refused("relay.busy")
    assert "接通了" not in scene.seen(ZHAO)
    await scene.says(CADRE, "结束聊天")
    await scene.says(CADRE, "1")
    assert scene.last(ZHAO) == Said("relay/opened")


# --- twice -----------------------------------------------------------------------------------------------------------


async def test_the_same_message_delivered_twice_asks_once(scene: Scene) -> None:
    incoming = scene.talk.incoming(ZHAO, "找人聊聊")
    await scene.talk.deliver(incoming)
    assert await scene.talk.deliver(incoming) == []
    assert await scene.relays() == 1
    assert len(scene.talk.shown(CADRE)) == 1


async def test_a_second_tap_on_the_yes_is_no_word_to_the_other_side(scene: Scene) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(CADRE, "1")
    scene.talk.advance(timedelta(seconds=2))
    assert (await scene.says(CADRE, "1"))[0] == Said("relay/on_already")
    assert "「林晓舟」" not in scene.last(ZHAO)[:5]
    scene.talk.advance(timedelta(seconds=10))
    assert await scene.says(CADRE, "1") == []
    assert scene.last(ZHAO) == Said("relay/words", who="林晓舟", words="1", parts=1)


# --- what stays ------------------------------------------------------------------------------------------------------


async def test_asking_joining_and_ending_leave_no_audit_row_and_no_key(scene: Scene) -> None:
    before, keys = await count(scene.store, AuditEntry), await count(scene.store, DataKey)
    await scene.open()
    assert await count(scene.store, DataKey) == keys + 1
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "结束聊天")
    await scene.tick()
    assert await count(scene.store, AuditEntry) == before
    assert await count(scene.store, DataKey) == keys
    assert await count(scene.store, Relay) + await count(scene.store, RelaySeat) == 0
    assert await count(scene.store, Prompt, Prompt.kind.startswith("relay.")) == 0
    assert await count(scene.store, OutboxMessage, OutboxMessage.kind == "relay") == 0
