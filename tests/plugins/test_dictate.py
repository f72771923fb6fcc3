"""Content in two steps: a word alone asks, the next message is the content, whatever it begins with (commands.md)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Role
from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_person
from tests.played import Once
from tests.plugins.test_crisis import CADRE, WORDS, YOUTH, Scene, build_scene
from tests.said import Refused, Said, told
from tests.ticking import do_due


@pytest_asyncio.fixture
async def scene(any_store: Store, once: Once) -> Scene:
    return await once(any_store, build_scene)


async def rows(scene: Scene, table: type[Wish] | type[Voice]) -> int:
    async with scene.store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.parametrize(
    "content",
    [
        "宿舍热水经常停，希望修一修",
        "3 个篮球，班里打球用",
        "帮助 我找一副旧球拍",
        "心声墙想要一块软木板",
        "我的心愿 是一本旧词典",
        "取消晚点名以后想借个教室",
    ],
)
async def test_the_next_message_is_the_content_whatever_it_begins_with(scene: Scene, content: str) -> None:
    assert await scene.talk.says(YOUTH, "许愿") == [Said("common/content_asked")]
    assert await rows(scene, Wish) == 0
    assert "wish/made" in told(await scene.talk.says(YOUTH, content))
    assert await rows(scene, Wish) == 1


@pytest.mark.parametrize(
    ("who", "word", "then", "receipt"),
    [
        (YOUTH, "心声", "夜班车能不能晚一点发", "voice/taken"),
        (YOUTH, "建议", "1 号食堂多开一个窗口", "voice/taken"),
        (YOUTH, "投诉", "办事大厅周末没有人", "voice/about"),
        (YOUTH, "更正 称呼", "凯哥", "rights/name_corrected"),
        (CADRE, "记谈心 小雨", "聊了夜班车的事", "talk/note_asked"),
        (CADRE, "问计", "大家想要什么活动？", "consultation/reach"),
        ("99999", "绑定", "K7PD93QX2M", "bind/wrong"),
    ],
)
async def test_it_is_one_rule_for_every_command_that_ends_in_free_words(
    scene: Scene, who: str, word: str, then: str, receipt: str
) -> None:
    assert await scene.talk.says(who, word) == [Said("common/content_asked")]
    said = told(await scene.talk.says(who, then))
    assert "common/content_asked" not in said
    assert "common/unknown" not in said
    assert receipt in said or receipt in ("consultation/reach", "talk/note_asked", "voice/about"), said


async def test_a_restart_in_between_loses_nothing(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "许愿")
    again = await Talkers.open(scene.store)
    assert "wish/made" in told(await again.says(YOUTH, "一个篮球", message_id="9001"))


async def test_giving_it_up_and_time_end_it(scene: Scene) -> None:
    for end in ("算了", "当我没说", "取消"):
        await scene.talk.says(YOUTH, "许愿")
        await scene.talk.says(YOUTH, end)
        assert await rows(scene, Wish) == 0, end
    await scene.talk.says(YOUTH, "许愿")
    now = scene.talk.clock.advance(timedelta(minutes=31))
    await do_due(scene.store, now, "core.questions")
    await scene.talk.says(YOUTH, "一个篮球")
    assert await rows(scene, Wish) == 0


async def test_a_command_alone_is_carried_out_and_the_content_may_still_come(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "许愿")
    assert told(await scene.talk.says(YOUTH, "我的心愿")) == ["wish/mine"]
    assert told(await scene.talk.says(YOUTH, "以后再说")) == ["common/no_hurry"]
    assert "wish/made" in told(await scene.talk.says(YOUTH, "一个篮球"))
    await scene.talk.says(YOUTH, "许愿")
    assert told(await scene.talk.says(YOUTH, "停止记录，谢谢"))[0].startswith("consent/")
    assert await rows(scene, Wish) == 1


@pytest.mark.parametrize(
    ("word", "ours", "answer"),
    [
        ("许愿", "帮助 许愿", "help/one"),
        ("心声", "帮助 我的心声", "help/one"),
        ("许愿", "收到 W999", "refusal/wish/not_found"),
        ("建议", "查看谈心 #T999", "refusal/not_allowed"),
    ],
)
async def test_a_word_of_the_bots_own_before_another_or_a_reference_is_no_content(
    scene: Scene, word: str, ours: str, answer: str
) -> None:
    await scene.talk.says(YOUTH, word)
    assert told(await scene.talk.says(YOUTH, ours)) == [answer]
    assert await rows(scene, Wish) + await rows(scene, Voice) == 0


async def test_another_word_alone_takes_its_place_and_the_same_word_is_no_part_of_it(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "许愿")
    assert told(await scene.talk.says(YOUTH, "心声")) == ["common/content_asked"]
    assert "voice/taken" in told(await scene.talk.says(YOUTH, "心声 夜班车能不能晚一点发"))
    assert await rows(scene, Wish) == 0
    assert told(await scene.talk.says(YOUTH, "今天吃什么"))[0] != "wish/made"
    async with scene.store.read() as session:
        open_ones = select(func.count()).where(Prompt.kind == "core.content", Prompt.state.in_(("open", "queued")))
        assert (await session.execute(open_ones)).scalar_one() == 0


async def test_words_of_danger_are_never_content(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "心声")
    assert told(await scene.talk.says(YOUTH, WORDS)) == ["crisis/card"]
    assert await rows(scene, Voice) == 0


async def test_beside_the_card_a_word_alone_gets_its_usage_and_is_never_met_with_silence(scene: Scene) -> None:
    assert told(await scene.talk.says(YOUTH, WORDS)) == ["crisis/card"]
    assert told(await scene.talk.says(YOUTH, "许愿")) == ["common/usage"]
    assert "wish/made" in told(await scene.talk.says(YOUTH, "许愿 一个篮球"))


async def test_what_may_not_be_kept_is_refused_and_may_be_said_anew(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "许愿")
    assert await scene.talk.says(YOUTH, "一个篮球，电话 13800138000") == [Refused("wish.private")]
    assert "wish/made" in told(await scene.talk.says(YOUTH, "一个篮球"))


async def test_nobody_is_asked_for_what_they_may_not_do(scene: Scene) -> None:
    assert told(await scene.talk.says(CADRE, "许愿")) == ["refusal/not_allowed"]
    assert told(await scene.talk.says("99999", "登记资源")) == ["refusal/not_allowed"]
    await make_person(scene.store, scene.county, "苏主任", number="10002", roles=(Role.ORGAN_ADMIN,))
    assert await scene.talk.says("10002", "登记资源") == [Said("common/content_asked")]


async def test_in_a_group_it_is_said_how_and_nothing_is_asked_or_kept(scene: Scene) -> None:
    for word in ("/许愿", "/建议"):
        assert await scene.talk.says(YOUTH, word, group="888") == [Said("common/content_in_group", private=True)]
        assert await scene.talk.says(YOUTH, "一个篮球", group="888") == []
    assert await rows(scene, Wish) == 0
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Prompt))).scalar_one() == 0
