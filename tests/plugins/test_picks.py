"""After a list a bare digit opens its line; 刚才那个 is what was last spoken of (commands.md, Form)."""

from datetime import timedelta

import pytest
import pytest_asyncio

from bot.chat.recent import LIFE
from bot.core.rules.people import OrgLevel, Role
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said
from tests.wishes_built import make_wish_of

CADRE, ADMIN, ZHAO, KAI = "10001", "30001", "20001", "20002"


class Scene:
    """A cadre with two youths and three wishes; the references in the order in which the list shows them."""

    def __init__(self, talk: Talkers, refs: list[int]) -> None:
        self.talk, self.refs = talk, refs

    async def says(self, who: str, words: str) -> list[str]:
        return await self.talk.says(who, words)


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org, "林晓舟", CADRE)
    await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    chat = await make_chat(store, org, cadre)
    youths = [
        await make_youth(store, org, name, number, cadre=cadre, chat=chat)
        for name, number in (("小赵", ZHAO), ("阿凯", KAI))
    ]
    talk = await Talkers.open(store)
    refs: list[int] = []
    for youth, words in ((youths[0], "想要一本制图教程"), (youths[0], "想有人陪我跑步"), (youths[1], "想学剪辑")):
        refs.append(await make_wish_of(store, youth, cadre, words))
        talk.advance(timedelta(minutes=1))
    return Scene(talk, refs)


async def line(scene: Scene, who: str, words: str, ref: int) -> int:
    """The number before this reference in a list."""
    shown = (await scene.says(who, words))[0]
    return next(int(one.partition(".")[0]) for one in shown.splitlines() if f"W{ref} " in one)


@pytest.mark.parametrize("form", ["{}", " {} ", "{}。", "第{}个", "/{}"])
async def test_a_digit_opens_the_line_with_that_number(scene: Scene, form: str) -> None:
    for ref in scene.refs:
        number = await line(scene, CADRE, "心愿列表", ref)
        assert (await scene.says(CADRE, form.format(number)))[0] == Said("wish/shown", ref=ref)


async def test_several_lines_of_one_list_are_opened_one_after_the_other(scene: Scene) -> None:
    await scene.says(CADRE, "心愿列表")
    opened = [(await scene.says(CADRE, number))[0] for number in ("1", "②", "3️⃣")]
    assert sorted(one.data["ref"] for one in opened) == sorted(scene.refs)  # type: ignore[attr-defined]


async def test_todo_is_opened_too_and_says_of_what_kind_each_is(scene: Scene) -> None:
    shown = (await scene.says(CADRE, "待办"))[0]
    assert [one["gist"] for one in shown.data["items"]] == ["other"] * 3  # type: ignore[attr-defined]
    assert (await scene.says(CADRE, "1"))[0] == Said("wish/shown")


async def test_a_number_that_no_line_has_opens_nothing(scene: Scene) -> None:
    await scene.says(CADRE, "心愿列表")
    for number in ("0", "4", "99", "1.5", "1号"):
        assert Said("wish/shown") not in await scene.says(CADRE, number), number


async def test_a_digit_without_a_list_opens_nothing(scene: Scene) -> None:
    assert await scene.says(CADRE, "1") == [Said("common/nothing_asked")]


async def test_nobody_opens_what_another_one_was_shown(scene: Scene) -> None:
    await scene.says(CADRE, "心愿列表")
    assert Said("wish/shown") not in await scene.says(KAI, "1")


async def test_a_question_that_was_put_later_has_the_digit(scene: Scene) -> None:
    await scene.says(ZHAO, "我的心愿")
    await scene.says(ZHAO, "许愿 想要一个篮球")  # asks which kind it is
    assert Said("wish/shown") not in await scene.says(ZHAO, "1")


async def test_a_list_that_was_shown_after_a_question_has_the_digit(scene: Scene) -> None:
    await scene.says(ZHAO, "许愿 想要一个篮球")
    await scene.says(ZHAO, "我的心愿")
    assert (await scene.says(ZHAO, "1"))[0] == Said("wish/shown")


async def test_half_an_hour_later_the_list_is_forgotten(scene: Scene) -> None:
    await scene.says(CADRE, "心愿列表")
    scene.talk.advance(timedelta(seconds=LIFE))
    assert await scene.says(CADRE, "1") == [Said("common/nothing_asked")]


async def test_after_a_restart_nothing_is_opened(scene: Scene) -> None:
    await scene.says(CADRE, "心愿列表")
    again = await scene.talk.restarted()
    assert Said("wish/shown") not in await again.says(CADRE, "1")


async def test_a_line_without_a_page_says_what_may_follow(scene: Scene) -> None:
    ref = (await scene.says(ADMIN, "登记资源 青联捐的图书 60 本"))[0].data["ref"]  # type: ignore[attr-defined]
    await scene.says(ADMIN, "资源列表")
    entry = (await scene.says(ADMIN, "1"))[0]
    assert entry == Said("common/entry", ref=f"S{ref}")
    assert any(f"S{ref}" in one for one in entry.data["usages"])  # type: ignore[attr-defined]


# --- 刚才那个 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["刚才那个", "刚才那个心愿", "刚刚那条", "上面那个"])
async def test_what_was_just_opened_needs_no_reference(scene: Scene, words: str) -> None:
    await scene.says(CADRE, f"查看心愿 W{scene.refs[1]}")
    assert (await scene.says(CADRE, f"认领 {words}"))[0] == Said("wish/claimed", ref=scene.refs[1])


async def test_the_words_after_it_are_kept(scene: Scene) -> None:
    await scene.says(CADRE, f"查看心愿 W{scene.refs[0]}")
    declined = await scene.says(CADRE, "婉拒 刚才那个 经费已经用完了，下个月再看")
    assert declined[0] == Said("wish/declined", ref=scene.refs[0])


async def test_without_anything_just_spoken_of_it_is_asked_which(scene: Scene) -> None:
    assert (await scene.says(CADRE, "认领 刚才那个"))[0] == Said("common/usage")


async def test_what_is_of_another_kind_is_not_meant(scene: Scene) -> None:
    await scene.says(CADRE, f"查看心愿 W{scene.refs[0]}")
    assert (await scene.says(CADRE, "查看谈心 刚才那个"))[0] == Said("common/usage")


async def test_it_gives_no_right_to_what_one_may_not_touch(scene: Scene) -> None:
    await scene.says(ZHAO, f"查看心愿 W{scene.refs[2]}")
    assert (await scene.says(ZHAO, f"撤回心愿 W{scene.refs[2]}"))[0] == Refused("wish.not_found")
    assert (await scene.says(ZHAO, "撤回心愿 刚才那个"))[0] == Said("common/usage")
