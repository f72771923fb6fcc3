"""找人聊聊: which words go across, under whose sign, and which stay with the bot (P24, P26, P27, P32, P37)."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.chat.limits import RELAYED_PER_MINUTE
from bot.core.rules.message import Media, Quote, Segment, Text
from bot.core.rules.people import Role
from bot.core.tables import Crisis
from bot.features.relay.rules.relay import MAX_WORDS
from bot.features.talk.tables import Talk
from bot.store.chat import Contact
from bot.store.delivery import OutboxMessage
from bot.store.people import Person
from bot.store.store import Store
from tests.people_built import make_person
from tests.played import Once
from tests.relay_scene import CADRE, KAI, YU, ZHAO, Scene, count
from tests.said import Refused, Said, told
from tests.ticking import do_due


@pytest_asyncio.fixture
async def scene(store: Store, once: Once) -> Scene:
    async def build(store: Store) -> Scene:
        made = await Scene.build(store)
        await made.open()
        return made

    return await once(store, build)


def across(scene: Scene, who: str) -> list[str]:
    """What this person has heard under a sign."""
    return [text for text in scene.talk.shown(who) if text.startswith("「") and "：" in text]


def sign(who: str, words: str) -> Said:
    """Somebody's words under their sign, in one part."""
    return Said("relay/words", who=who, words=words, parts=1)


# --- nobody else hears it --------------------------------------------------------------------------------------------


async def test_words_of_others_go_nowhere(scene: Scene) -> None:
    for who in (KAI, "66666"):
        assert (await scene.says(who, "今天的会开得久"))[0] == Said("common/unknown", said=True)
    assert across(scene, ZHAO) + across(scene, CADRE) == []


async def test_words_in_a_group_are_not_passed_on(scene: Scene) -> None:
    await scene.says(ZHAO, "在群里说的", group="888")
    await scene.says(ZHAO, "对着机器人说的", group="888", to_bot=True)
    assert across(scene, CADRE) == []


async def test_nobody_hears_a_word_before_it_is_open_or_after_it_is_over(scene: Scene) -> None:
    await scene.says(ZHAO, "结束聊天")
    await scene.says(ZHAO, "还在吗")
    await scene.says(KAI, "找人聊聊")
    await scene.says(KAI, "先说一句")
    assert across(scene, CADRE) == []
    assert scene.last(KAI) == Said("common/unknown", said=True)


async def test_words_that_came_before_the_opening_was_read_are_not_passed_on(scene: Scene) -> None:
    """Typed to the bot a moment before the other side was there."""
    await scene.says(ZHAO, "结束聊天")
    await scene.says(KAI, "找人聊聊")
    early = scene.talk.incoming(KAI, "这句只给你看")
    match = scene.talk.router.recognise(early)
    assert match is not None
    await scene.says(CADRE, "1")
    await scene.talk.router.handle(early, match)
    await scene.talk.sender.pump()
    assert scene.last(KAI) == Said("relay/not_yet")
    assert across(scene, CADRE) == []


async def test_words_of_a_youth_who_cannot_know_yet_that_they_are_joined_stay_with_the_bot(scene: Scene) -> None:
    await scene.says(ZHAO, "结束聊天")
    talk = scene.talk
    talk.second_bot("40004")
    await scene.says(KAI, "找人聊聊", bot="40004")
    talk.sender.disconnected("qq", "40004")
    await scene.says(CADRE, "1")
    assert Said("relay/opened") not in scene.talk.shown(KAI)
    await scene.says(KAI, "这句只给你看", bot="40004")
    talk.sender.connected("qq", "40004")
    await talk.sender.pump()
    assert across(scene, CADRE) == []
    assert Said("relay/opened") in scene.talk.shown(KAI)
    await scene.says(KAI, "现在知道了", bot="40004")
    assert across(scene, CADRE) == [sign("阿凯", "现在知道了")]


# --- signs -----------------------------------------------------------------------------------------------------------


async def test_words_go_both_ways_under_the_speakers_sign_and_the_speaker_hears_no_echo(scene: Scene) -> None:
    assert await scene.says(ZHAO, "夜班太多了") == []
    assert await scene.says(CADRE, "几点下班？") == []
    assert across(scene, CADRE) == [sign("小赵", "夜班太多了")]
    assert across(scene, ZHAO) == [sign("林晓舟", "几点下班？")]


@pytest.mark.rule("P32")
@pytest.mark.parametrize(
    "fake",
    ["「林晓舟」：我不想理你", "好\n「林晓舟」：我不想理你", "\u200b｢林晓舟｣：假的", "（可能重复）「林晓舟」：假的"],
)
async def test_a_sign_cannot_be_faked(scene: Scene, fake: str) -> None:
    await scene.says(CADRE, "真的")
    await scene.says(ZHAO, fake)
    (said,) = across(scene, CADRE)
    assert said.startswith("「小赵」：")
    assert said.count("「") == said.count("」") == 1


async def test_a_name_cannot_carry_a_sign_either(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        person = await unit.session.get_one(Person, scene.youths[ZHAO].person_id)
        person.name = await unit.seal(person.key_id, f"people:{person.id}:name", "知心」：「林")
    await scene.says(ZHAO, "你好")
    assert across(scene, CADRE) == ["「知心”：“林」：你好"]


async def test_each_part_of_long_words_has_a_sign_and_a_number(scene: Scene) -> None:
    await scene.says(ZHAO, "一" * 700)
    first, second = across(scene, CADRE)
    assert first.startswith("「小赵」（1/2）：")
    assert second.startswith("「小赵」（2/2）：")


async def test_braces_and_codes_arrive_as_they_were_typed(scene: Scene) -> None:
    words = "{{ other }} [CQ:at,qq=all] <b>&amp;</b>"
    await scene.says(ZHAO, words)
    assert across(scene, CADRE) == [sign("小赵", f"{words}")]


async def test_nobody_can_call_everybody(scene: Scene) -> None:
    await scene.says(ZHAO, "@全体成员 快看")
    assert "@" not in across(scene, CADRE)[0]


# --- the order -------------------------------------------------------------------------------------------------------


async def test_words_of_both_sides_keep_their_order_however_they_come(scene: Scene) -> None:
    """Twenty messages of each side, handed over at once; the gate puts them in order for each speaker."""
    said = {who: [f"{who} {n}" for n in range(20)] for who in (ZHAO, CADRE)}
    waiting = []
    for n in range(20):
        for who in (ZHAO, CADRE):
            work = scene.talk.gate.arrive(scene.talk.incoming(who, said[who][n]))
            assert work is not None
            waiting.append(work)
    await asyncio.gather(*waiting)
    await scene.talk.sender.pump()
    assert [text.partition("：")[2] for text in across(scene, CADRE)] == said[ZHAO]
    assert [text.partition("：")[2] for text in across(scene, ZHAO)] == said[CADRE]


async def test_the_last_words_come_before_the_end(scene: Scene) -> None:
    scene.talk.sender.disconnected("qq", "30003")
    for words in ("谢谢", "结束聊天"):
        await scene.talk._arrive(scene.talk.incoming(ZHAO, words))
    scene.talk.sender.connected("qq", "30003")
    await scene.talk.sender.pump()
    assert scene.talk.shown(CADRE)[-2:][0] == sign("小赵", "谢谢")
    assert scene.last(CADRE) == Said("relay/ended", why="said", mine=False)


# --- the bot's own ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["帮助", "我是谁", "看我的数据", "/帮助", "帮助。", "/更正 称呼 小赵赵", "我的同意"])
async def test_a_command_word_alone_or_behind_a_slash_is_a_command(scene: Scene, words: str) -> None:
    assert await scene.says(ZHAO, words)
    assert across(scene, CADRE) == []


@pytest.mark.parametrize(
    "words",
    [
        "建议 你也早点休息",
        "退出 学生会以后就没事做了",
        "删除 了那个人的微信",
        "更正",
        "加入 什么社团好呢",
        "更正 一下，是周五",
        "帮助 别人很开心",
        "找人聊聊 真的有用",
        "待办",
        "屏蔽",
        "关联本群",
        "谈心 开始",
    ],
)
async def test_a_sentence_that_begins_like_a_command_goes_across(scene: Scene, words: str) -> None:
    """Also a word alone that this person, or this place, or its missing argument makes no command."""
    assert await scene.says(ZHAO, words) == []
    assert across(scene, CADRE) == [sign("小赵", f"{words}")]


@pytest.mark.parametrize(
    "words",
    ["投诉 他总在群里点我的名", "心声 有件事不想让他知道", "联系负责人 想问问", "绑定 K7PD93QX2M", "匿名 他总骂人"],
)
async def test_what_might_be_about_the_other_side_never_goes_across(scene: Scene, words: str) -> None:
    assert await scene.says(ZHAO, words) != []
    assert across(scene, CADRE) == []


async def test_outside_a_relay_the_same_sentence_is_the_command_it_was(scene: Scene) -> None:
    assert "没听懂" not in (await scene.says(KAI, "帮助 加入"))[0]
    assert (await scene.says(KAI, "更正"))[0] == Said("common/usage")


async def test_an_answer_to_the_bots_question_goes_to_the_bot_and_other_words_go_across(scene: Scene) -> None:
    await scene.says(ZHAO, "/删除我的数据")
    await scene.says(ZHAO, "这个问题先放着")
    assert across(scene, CADRE) == [sign("小赵", "这个问题先放着")]
    await scene.says(ZHAO, "确认删除")
    assert Said("rights/erased") in scene.talk.shown(ZHAO)


async def test_giving_up_the_bots_question_ends_it_and_goes_to_nobody(scene: Scene) -> None:
    await scene.says(ZHAO, "/删除我的数据")
    await scene.says(ZHAO, "算了")
    assert across(scene, CADRE) == []
    await scene.says(ZHAO, "确认删除")
    assert Said("rights/erased") not in scene.talk.shown(ZHAO)


@pytest.mark.parametrize("words", ["谁会看到", "谁会看到？", "谁能看到这个"])
async def test_asking_who_sees_the_answer_to_the_bots_question_goes_to_nobody(scene: Scene, words: str) -> None:
    await scene.says(ZHAO, "/删除我的数据")
    await scene.says(ZHAO, words)
    assert across(scene, CADRE) == []
    await scene.says(ZHAO, "确认删除")
    assert Said("rights/erased") in scene.talk.shown(ZHAO)


@pytest.mark.parametrize("words", ["算了", "谁会看到"])
async def test_without_a_question_such_words_go_across(scene: Scene, words: str) -> None:
    await scene.says(ZHAO, words)
    assert across(scene, CADRE) == [sign("小赵", words)]


async def test_without_a_question_a_number_is_a_word(scene: Scene) -> None:
    await scene.says(ZHAO, "3")
    assert across(scene, CADRE) == [sign("小赵", "3")]


async def test_the_words_of_an_option_answer_the_bot(scene: Scene) -> None:
    await scene.says(CADRE, "解绑")
    assert (await scene.says(CADRE, "先不"))[0] == Said("bind/unbind_dropped")
    assert across(scene, ZHAO) == []


async def test_what_was_to_be_anonymous_does_not_go_across_by_name(scene: Scene) -> None:
    """匿名 without words asks for them; they are not for the cadre who listens."""
    await make_person(scene.store, scene.org, "苏娜", number="10006", roles=(Role.ORGAN_ADMIN,))
    assert "①" in (await scene.says(ZHAO, "/匿名"))[0]
    await scene.says(ZHAO, "有人克扣夜班补贴")
    assert not any("补贴" in text for text in across(scene, CADRE))


# --- what does not go across -----------------------------------------------------------------------------------------


@pytest.mark.rule("P26")
@pytest.mark.parametrize("kind", ["image", "record", "video", "file", "forward"])
async def test_pictures_voice_and_files_are_not_passed_on_and_that_is_said(scene: Scene, kind: str) -> None:
    assert (await scene.says(ZHAO, [Media(kind)]))[0] == Said("relay/text_only")
    assert across(scene, CADRE) == []


async def test_words_beside_a_picture_go_across_without_it(scene: Scene) -> None:
    message: list[Segment] = [Quote("77"), Text("看这个"), Media("image")]
    assert (await scene.says(ZHAO, message))[0] == Said("relay/text_only", words=True)
    assert across(scene, CADRE) == [sign("小赵", "看这个")]


async def test_a_little_face_inside_words_needs_no_remark(scene: Scene) -> None:
    assert await scene.says(ZHAO, [Text("好的"), Media("face")]) == []
    assert across(scene, CADRE) == [sign("小赵", "好的")]


@pytest.mark.rule("P37")
@pytest.mark.parametrize("who", [ZHAO, CADRE])
async def test_secrecy_markings_are_passed_on_by_neither_side(scene: Scene, who: str) -> None:
    assert (await scene.says(who, "【机密】会议纪要如下"))[0] == Said("relay/secret")
    assert across(scene, CADRE) + across(scene, ZHAO) == []


async def test_words_that_are_too_long_are_refused_whole(scene: Scene) -> None:
    assert str(MAX_WORDS) in (await scene.says(ZHAO, "长" * (MAX_WORDS + 1)))[0]
    assert across(scene, CADRE) == []


async def test_an_old_message_found_later_is_not_passed_on(scene: Scene) -> None:
    old = scene.talk.incoming(ZHAO, "半小时前的话", from_history=True)
    scene.talk.advance(timedelta(minutes=20))
    await scene.talk.deliver(old)
    assert across(scene, CADRE) == []


async def test_the_same_message_twice_is_passed_on_once(scene: Scene) -> None:
    message = scene.talk.incoming(ZHAO, "你好")
    await scene.talk.deliver(message)
    await scene.talk.deliver(message)
    assert across(scene, CADRE) == [sign("小赵", "你好")]


# --- danger ----------------------------------------------------------------------------------------------------------


async def test_words_of_danger_bring_the_card_first_and_then_go_across_with_a_hint_for_the_cadre(scene: Scene) -> None:
    (card,) = await scene.says(ZHAO, "感觉活着没意思")
    assert "12356" in card
    assert "① 要" in card
    assert scene.talk.shown(CADRE)[-2] == sign("小赵", "感觉活着没意思")
    assert all(word in scene.last(CADRE) for word in ("我是程序", "110", "没有告诉任何人"))
    await scene.says(ZHAO, "真的不想活了")
    assert scene.last(CADRE) == sign("小赵", "真的不想活了")


async def test_the_answer_to_the_card_stays_with_the_bot_and_talk_goes_on(scene: Scene) -> None:
    await make_person(scene.store, scene.org, "何老师", number="10007", roles=(Role.DUTY_OFFICER,))
    await scene.says(ZHAO, "感觉活着没意思")
    await scene.says(ZHAO, "1")
    assert "何老师" not in scene.seen(CADRE)
    assert scene.last("10007") == Said("crisis/call", name="小赵")
    assert across(scene, CADRE) == [sign("小赵", "感觉活着没意思")]
    await scene.says(ZHAO, "要不我还是先跟你说吧")
    assert across(scene, CADRE)[-1] == sign("小赵", "要不我还是先跟你说吧")


async def test_after_words_of_danger_nobody_is_asked_about_a_record_for_a_day(scene: Scene) -> None:
    await scene.says(ZHAO, "感觉活着没意思")
    await scene.says(CADRE, "我在")
    await scene.says(ZHAO, "2")
    await scene.says(ZHAO, "结束聊天")
    assert Said("relay/keep") not in scene.talk.shown(ZHAO)
    await scene.tick(timedelta(hours=7))
    assert Said("relay/keep") not in scene.talk.shown(ZHAO)
    await do_due(scene.store, scene.talk.clock.advance(timedelta(hours=18)), "core.calm")
    await scene.talk.sender.pump()
    assert told(scene.talk.shown(ZHAO)).count("relay/keep") == 1


async def test_free_words_after_the_card_go_across_and_not_into_the_void(scene: Scene) -> None:
    await scene.says(ZHAO, "感觉活着没意思")
    await scene.says(ZHAO, "家里最近出了点事")
    assert across(scene, CADRE)[-1] == sign("小赵", "家里最近出了点事")


async def test_a_cadre_who_asks_about_it_gets_the_card_and_the_question_goes_across(scene: Scene) -> None:
    (card,) = await scene.says(CADRE, "你是不是不想活了？")
    assert "12356" in card
    assert across(scene, ZHAO) == [sign("林晓舟", "你是不是不想活了？")]
    assert "我是程序）对方的话" not in scene.seen(ZHAO)


async def test_danger_in_a_sentence_that_begins_like_a_command_is_heard_and_goes_across(scene: Scene) -> None:
    assert "12356" in (await scene.says(ZHAO, "建议 大家别管我，我不想活了"))[0]
    assert across(scene, CADRE) == [sign("小赵", "建议 大家别管我，我不想活了")]


async def test_the_same_words_of_danger_delivered_twice_are_one_card_and_one_word(scene: Scene) -> None:
    message = scene.talk.incoming(ZHAO, "感觉活着没意思")
    await scene.talk.deliver(message)
    assert await scene.talk.deliver(message) == []
    assert len(across(scene, CADRE)) == 1
    assert await count(scene.store, Crisis) == 1


# --- the pace --------------------------------------------------------------------------------------------------------


async def test_a_talk_is_not_held_to_the_pace_of_commands(store: Store) -> None:
    scene = await Scene.build(store, paced=True)
    await scene.open()
    for n in range(25):
        assert await scene.says(ZHAO, f"第 {n} 句") == []
    assert len(across(scene, CADRE)) == 25
    assert (await scene.says(ZHAO, "结束聊天"))[0] == Said("relay/ended")


async def test_over_the_limit_it_is_said_once_from_where_on_nothing_went_across(store: Store) -> None:
    scene = await Scene.build(store, paced=True)
    await scene.open()
    scene.talk.advance(timedelta(minutes=1))
    for n in range(RELAYED_PER_MINUTE + 10):
        await scene.says(ZHAO, f"第 {n} 句")
    assert len(across(scene, CADRE)) == RELAYED_PER_MINUTE
    assert scene.seen(ZHAO).count("太快了") == 1
    assert (await scene.says(ZHAO, "结束聊天"))[0] == Said("relay/ended")


async def test_after_a_minute_words_go_across_again(store: Store) -> None:
    scene = await Scene.build(store, paced=True)
    await scene.open()
    for n in range(RELAYED_PER_MINUTE + 1):
        await scene.says(ZHAO, f"第 {n} 句")
    scene.talk.advance(timedelta(minutes=1))
    assert await scene.says(ZHAO, "好了") == []
    assert across(scene, CADRE)[-1] == sign("小赵", "好了")


async def test_a_stranger_who_floods_the_bot_is_told_once_as_before(store: Store) -> None:
    scene = await Scene.build(store, paced=True)
    for n in range(60):
        await scene.says("66666", f"第 {n} 句")
    assert len(scene.talk.shown("66666")) == 21
    assert scene.last("66666") == Said("common/too_fast")


# --- the end ---------------------------------------------------------------------------------------------------------


async def test_silence_is_told_to_both_and_then_ends_it(scene: Scene) -> None:
    await scene.says(ZHAO, "你好")
    await scene.tick(timedelta(minutes=24))
    assert scene.last(CADRE) == sign("小赵", "你好")
    await scene.tick(timedelta(minutes=1))
    for who in (ZHAO, CADRE):
        assert scene.last(who) == Said("relay/ends_soon", step="idle_notice", minutes=5)
    await scene.tick(timedelta(minutes=1))
    assert told(scene.talk.shown(ZHAO)).count("relay/ends_soon") == 1
    await scene.tick(timedelta(minutes=4))
    for who in (ZHAO, CADRE):
        assert Said("relay/ended", why="idle") in scene.talk.shown(who)
    assert await scene.relays() == 0


async def test_a_word_begins_the_silence_anew(scene: Scene) -> None:
    await scene.tick(timedelta(minutes=26))
    await scene.says(CADRE, "还在吗")
    await scene.tick(timedelta(minutes=24))
    assert await scene.relays() == 1
    await scene.tick(timedelta(minutes=2))
    assert told(scene.talk.shown(ZHAO)).count("relay/ends_soon") == 2


async def test_two_hours_are_the_longest(scene: Scene) -> None:
    for _ in range(6):
        scene.talk.advance(timedelta(minutes=18))
        await scene.says(ZHAO, "还有一件")
        await scene.says(CADRE, "嗯")
        await scene.tick()
    await scene.tick(timedelta(minutes=5))
    assert scene.last(CADRE) == Said("relay/ends_soon", step="last_notice")
    await scene.tick(timedelta(minutes=10))
    assert Said("relay/ended", why="long") in scene.talk.shown(CADRE)
    assert await scene.relays() == 0


async def test_either_side_ends_it_and_the_other_hears_who_and_nothing_kept(scene: Scene) -> None:
    assert "一句也没有保存" in (await scene.says(CADRE, "结束聊天"))[0]
    assert scene.last(ZHAO) == Said("relay/ended", other="林晓舟", why="said", mine=False)
    assert (await scene.says(ZHAO, "结束聊天"))[0] == Refused("relay.none")


async def test_a_youth_is_asked_whether_it_is_kept_only_after_both_have_spoken(scene: Scene) -> None:
    await scene.says(ZHAO, "你好")
    await scene.says(ZHAO, "结束聊天")
    assert Said("relay/keep") not in scene.talk.shown(ZHAO)


async def test_silence_about_keeping_keeps_nothing(scene: Scene) -> None:
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await scene.says(CADRE, "结束聊天")
    assert scene.last(ZHAO) == Said("relay/keep", minor=False)
    await scene.tick(timedelta(days=8))
    assert await talks(scene) == 0
    assert "留了" not in scene.seen(CADRE)


async def talks(scene: Scene) -> int:
    return await count(scene.store, Talk)


async def test_a_no_keeps_nothing_and_the_cadre_hears_nothing_of_it(scene: Scene) -> None:
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await scene.says(ZHAO, "结束聊天")
    before = len(scene.talk.shown(CADRE))
    assert "什么都不留" in (await scene.says(ZHAO, "1"))[0]
    assert await talks(scene) == 0
    assert len(scene.talk.shown(CADRE)) == before


async def test_a_yes_keeps_that_they_talked_once_and_no_word(scene: Scene) -> None:
    await scene.says(ZHAO, "夜班太多了")
    await scene.says(CADRE, "我去问问")
    await scene.says(ZHAO, "结束聊天")
    said = (await scene.says(ZHAO, "2"))[0]
    assert said == Said("relay/kept")
    assert scene.last(CADRE) == Said("talk/note_settled", name="小赵", kept="once")
    number = said.split("#")[1][:5]
    shown = (await scene.says(CADRE, f"查看谈心 {number}"))[0]
    assert shown == Said("talk/shown", kept="once")
    assert "夜班" not in shown
    async with scene.store.read() as session:
        contact = (
            await session.execute(select(Contact).where(Contact.youth_id == scene.youths[ZHAO].person_id))
        ).scalar_one()
    assert contact.last_contact_at > contact.since


async def test_a_yes_after_the_contact_has_ended_keeps_nothing(scene: Scene) -> None:
    await scene.says(ZHAO, "你好")
    await scene.says(CADRE, "你好")
    await scene.says(ZHAO, "结束聊天")
    async with scene.store.unit() as unit:
        contact = (
            await unit.session.execute(select(Contact).where(Contact.youth_id == scene.youths[ZHAO].person_id))
        ).scalar_one()
        contact.ended_at = unit.now
    assert "什么都不留" in (await scene.says(ZHAO, "2"))[0]
    assert await talks(scene) == 0


async def test_a_minor_is_asked_in_simple_words_whether_it_is_kept(scene: Scene) -> None:
    await scene.says(ZHAO, "结束聊天")
    await scene.open(YU, "找人聊聊")
    await scene.says(YU, "你好")
    await scene.says(CADRE, "你好")
    await scene.says(YU, "结束聊天")
    assert scene.last(YU) == Said("relay/keep", minor=True)


async def test_the_words_are_nowhere_in_the_outbox_once_they_were_sent(scene: Scene) -> None:
    await scene.says(ZHAO, "夜班太多了")
    async with scene.store.read() as session:
        rows = (await session.execute(select(OutboxMessage).where(OutboxMessage.kind == "relay"))).scalars().all()
    assert rows
    assert all(row.payload is None and row.person_id is None for row in rows)
