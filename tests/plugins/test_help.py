"""帮助, as people see it."""

import pytest_asyncio

from bot.chat.table import table
from bot.chat.text import command_texts, labels
from bot.core.rules.people import Actor, Role
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


async def test_a_stranger_sees_no_command_of_cadres(talk: Talkers, cadre: Actor):
    menu = (await talk.says("66666", "帮助"))[0]
    assert "绑定" in menu
    assert "我的青年" not in menu
    assert "我的同意" not in menu
    assert "退出" not in menu


async def test_a_youth_sees_no_command_of_cadres(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_youth(store, org, cadre=cadre)
    menu = (await talk.says("20001", "菜单"))[0]
    assert "我的同意" in menu
    assert "我的青年" not in menu


async def test_a_cadre_sees_theirs(talk: Talkers, cadre: Actor):
    assert "我的青年" in (await talk.says("10001", "帮助"))[0]


def listed(menu: str) -> set[str]:
    """The words of a menu."""
    return {word for line in menu.splitlines() if line.startswith("【") for word in line.partition("】")[2].split("、")}


ABOUT_ME = {"看我的数据", "导出我的数据", "删除我的数据", "谁看过我的数据", "联系负责人", "别再提醒", "恢复提醒"}
FOR_YOUTHS = {"退出", "我的同意", "同意", "撤回", "停止记录", "更正"}
FEATURES = ("people", "join", "consent", "rights", "chat", "talk", "todo", "five_ones")


def of_these(menu: str) -> set[str]:
    """The words of a menu that belong to these features; others have their own tests."""
    known = {c.words[0] for c in table.commands.values() if c.feature in FEATURES}
    return listed(menu) & known


async def test_a_cadre_and_a_duty_officer_see_no_word_of_youths(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_person(store, org, "何立", number="30004", roles=(Role.DUTY_OFFICER,))
    mine = {"解绑", "我是谁", "待办"} | ABOUT_ME
    assert of_these((await talk.says("30004", "帮助"))[0]) == mine
    cadres = {"进度", "我的青年", "记谈心", "我的谈心", "查看谈心"}
    assert of_these((await talk.says("10001", "帮助"))[0]) == mine | cadres


async def test_a_youth_sees_theirs_and_a_stranger_how_to_begin(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_youth(store, org, cadre=cadre)
    assert of_these((await talk.says("20001", "帮助"))[0]) == {"我是谁"} | ABOUT_ME | FOR_YOUTHS
    assert of_these((await talk.says("66666", "帮助"))[0]) == {"绑定", "我是谁"}


async def test_who_is_cadre_and_youth_sees_both(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    both = await make_person(store, org, "周敏", number="10002", roles=(Role.CADRE,), is_youth=True)
    assert both.has(Role.YOUTH)
    shown = of_these((await talk.says("10002", "帮助"))[0])
    assert FOR_YOUTHS | {"我的青年", "待办"} <= shown


async def test_a_group_tells_its_own_cadres_other_words_than_guests(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_chat(store, org, cadre)
    await make_cadre(store, org, "吴建平", "10002")
    await make_cadre(store, await make_org(store, "甘棠县团委"), "周敏", "10003")
    guests = {"加入", "退出", "别再提醒", "恢复提醒", "停止记录"}
    shown = {who: of_these((await talk.says(who, "/帮助", group="888"))[0]) for who in ("10001", "10002", "10003")}
    assert shown["10001"] == {"解除关联", "谈心 开始", "谈心 结束", "谈心 放弃", "别再提醒", "恢复提醒"}
    assert shown["10002"] == {"关联本群"} | guests
    assert shown["10003"] == guests


async def test_the_words_of_joining_and_leaving_are_the_same_for_all_guests_of_a_group(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, cadre=cadre, chat=chat)
    await make_person(store, org, "何立", number="30004", roles=(Role.DUTY_OFFICER,))
    menus = [of_these((await talk.says(who, "/帮助", group="888"))[0]) for who in ("66666", "20001", "30004")]
    assert menus[0] == menus[1] == menus[2]


async def test_the_menu_of_a_group_names_only_what_works_there(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    before = (await talk.says("10001", "/帮助", group="888"))[0]
    assert "关联本群" in before
    assert "加入" not in before.replace("加入与退出", "")
    assert "我的青年" not in before
    await make_chat(store, org, cadre)
    assert "】加入" in (await talk.says("66666", "/帮助", group="888"))[0]


async def test_one_word_explains_one_command(talk: Talkers, cadre: Actor):
    answer = (await talk.says("66666", "帮助 加入"))[0]
    texts = command_texts()["join.join"]
    for part in (*texts.values(), "只在群里发"):
        assert part in answer
    assert answer == (await talk.says("66666", "帮助 /加入"))[0]


async def test_a_command_of_cadres_does_not_exist_for_a_stranger(talk: Talkers, cadre: Actor):
    theirs = (await talk.says("66666", "帮助 我的青年"))[0]
    assert theirs == Said("help/none")
    assert "我的青年" not in theirs


async def test_a_mistyped_word_names_the_nearest(talk: Talkers, cadre: Actor):
    assert "绑定" in (await talk.says("66666", "帮助 邦定"))[0]


async def test_a_suggestion_with_several_names_is_named_once(talk: Talkers, cadre: Actor):
    answer = (await talk.says("10001", "帮助 谈心"))[0]
    assert answer.count("谈心 开始") == 1


async def test_every_title_of_the_menu_is_used_once(talk: Talkers):
    titles = labels()["feature"]
    assert len(set(titles.values())) == len(titles)
    assert all(c.id in command_texts() for c in table.commands.values() if c.feature in ("people", "join", "consent"))
