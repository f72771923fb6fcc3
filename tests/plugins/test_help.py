"""帮助, as people see it."""

import pytest_asyncio

from bot.chat.table import table
from bot.chat.text import command_texts, labels
from bot.domain.people import Actor
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth


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
    assert "没有这个词" in theirs
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
