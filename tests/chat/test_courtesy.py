"""Pleasantry, the first word of two, lines, and the open question said whole once more (commands.md, U6, U18, C13)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.table import table
from bot.chat.text import courtesy_words
from bot.core.rules.pleasantry import Pleasantry
from bot.features.wish.tables import Wish
from bot.store.store import Store
from tests.played import Once
from tests.plugins.test_crisis import CADRE, YOUTH, Scene, build_scene
from tests.said import Said, fields, told

SAID = {
    Pleasantry.GREETING: "你好 您好！ 你好呀 hi Hello~ 早上好 晚安 知心，你好",
    Pleasantry.HERE: "在吗 在吗？ 有人吗 你在吗",
    Pleasantry.THANKS: "谢谢 谢谢啦 谢谢你！ 好的，谢谢 辛苦了",
    Pleasantry.WHO: "你是谁 你是谁呀？ 你叫什么 你好，你是谁",
    Pleasantry.ROBOT: "你是机器人吗 你是人吗？ 你是AI吗",
    Pleasantry.BYE: "再见 拜拜~",
    Pleasantry.FINE: "好的 知道了。 嗯嗯",
}


@pytest_asyncio.fixture
async def scene(any_store: Store, once: Once) -> Scene:
    return await once(any_store, build_scene)


@pytest.mark.parametrize("kind", list(SAID))
def test_courtesy_is_known_in_many_forms(kind: Pleasantry) -> None:
    words = courtesy_words()
    assert {said: words.find(said) for said in SAID[kind].split() if words.find(said) is not kind} == {}


@pytest.mark.parametrize("said", ["你好烦", "谢谢你个头", "你是谁的人", "在吗想许愿", "好的坏的都行", "早饭吃什么"])
def test_other_words_beside_it_make_it_something_else(said: str) -> None:
    assert courtesy_words().find(said) is None


async def test_courtesy_gets_one_short_sentence_and_a_tour_once_a_day(scene: Scene) -> None:
    first = (await scene.talk.says(YOUTH, "你好"))[0]
    assert first == Said("common/courtesy", kind="greeting", tour=True, youth=True)
    assert (await scene.talk.says(YOUTH, "你是谁"))[0] == Said("common/courtesy", kind="who", tour=False)
    assert (await scene.talk.says(YOUTH, "谢谢"))[0] == Said("common/courtesy", kind="thanks", tour=False)
    scene.talk.advance(timedelta(days=1))
    assert (await scene.talk.says(YOUTH, "在吗"))[0] == Said("common/courtesy", kind="here", tour=True)
    assert await scene.talk.says(YOUTH, "你好", group="888") == []


async def test_the_first_word_of_two_alone_says_what_may_follow_and_only_to_who_may(scene: Scene) -> None:
    said = (await scene.talk.says(CADRE, "/谈心", group="888"))[0]
    assert said == Said("common/which_word", head="谈心", private=False)
    assert len(fields(said)["usages"]) >= 3
    assert await scene.talk.says(YOUTH, "/谈心", group="888") == []
    assert await scene.talk.says("99999", "/谈心", group="888") == []


async def test_nobody_is_told_of_words_they_may_not_use(scene: Scene) -> None:
    for typed in ("心愿列", "待办吧", "我的青", "登记资", "心声列"):
        said = (await scene.talk.says(YOUTH, typed))[0]
        mine = {"我的心愿", "我的心声", "我的数据", "心声", "许愿", "我的同意", "我是谁", "撤回心愿", "撤回心声"}
        assert set(fields(said).get("nearest", ())) <= mine, typed
    own = fields((await scene.talk.says(CADRE, "心愿列"))[0])["nearest"]
    assert own[0] == table.commands["wish.list"].words[0]


async def test_commands_on_several_lines_are_carried_out_one_by_one(scene: Scene) -> None:
    said = told(await scene.talk.says(YOUTH, "我的心愿\n许愿 一个篮球"))
    assert {"wish/mine", "wish/made"} <= set(said)
    said = told(await scene.talk.says(YOUTH, "我是谁\n停止记录"))
    assert said[0].startswith("consent/"), "what narrows goes first"
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Wish))).scalar_one() == 1
    await scene.talk.says(YOUTH, "许愿 一本词典\n要带拼音的那种")
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Wish))).scalar_one() == 2


async def test_the_same_message_of_lines_twice_has_its_effect_once(scene: Scene) -> None:
    message = scene.talk.incoming(YOUTH, "许愿 一个篮球\n我是谁")
    await scene.talk.deliver(message)
    await scene.talk.deliver(message)
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Wish))).scalar_one() == 1


async def test_a_reminder_of_an_open_question_says_it_whole_but_not_twice_a_minute(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "退出")
    said = told(await scene.talk.says(YOUTH, "今天天气不错哦"))
    assert said == ["common/unknown", "common/still_asked", "leave/data"]
    assert told(await scene.talk.says(YOUTH, "9")) == ["common/not_an_option"]
    scene.talk.advance(timedelta(minutes=2))
    assert told(await scene.talk.says(YOUTH, "9")) == ["common/not_an_option", "common/still_asked", "leave/data"]
    assert (await scene.talk.says(YOUTH, "2"))[0] == Said("leave/kept")
