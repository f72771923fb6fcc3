"""Acceptance, rules for every command: spelling, places, refusals, unknown words, questions; as a gateway sees them."""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.shipped import TEMPLATES
from tests.e2e.county import (
    GROUP,
    LOOSE_GROUP,
    OTHER_GROUP,
    County,
    close_county,
    open_county,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them
NOW = "2026-11-24T10:00:00+08:00"
NOTHING_ASKED = (TEMPLATES / "chat/common/nothing_asked.txt.j2").read_text(encoding="utf-8").strip()
RIGHTS = ("看我的数据", "导出我的数据", "更正 称呼 小雨", "删除我的数据", "确认删除", "谁看过我的数据", "联系负责人")
PRIVATE_WORDS = (*RIGHTS, "绑定 0123456789", "解绑", "我是谁", "我的同意", "同意 原话", "撤回 原话", "我的青年")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[County]:
    folder: Path = tmp_path_factory.mktemp("words")
    county = await open_county(folder, ZHIXIN_CLOCK=NOW)
    try:
        await county.bind("林晓舟", "苏禾", "顾宁", "吴建平")
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        await county.hear("苏禾", "/关联本群", place=OTHER_GROUP)
        yield county
    finally:
        await close_county(county)


@pytest.mark.rule("P1")
async def test_a_stranger_is_told_the_truth_and_leaves_nothing_behind(county: County) -> None:
    before = county.holds()
    for word in ("帮助", "我是谁", "看我的数据", "同意 要点", "退出", "我的青年", "记谈心 小赵 聊了近况"):
        await county.one("路人", word)
    assert "不认识你" in await county.one("路人", "看我的数据")
    assert "没有加入" in await county.one("路人", "退出")
    for word in ("/停止记录", "/别再提醒", "/退出", "/谈心 开始", "/解除关联"):
        await county.one("路人", word, place=GROUP)
    assert county.holds() == before


@pytest.mark.rule("P22")
async def test_in_a_group_only_a_slash_or_an_at_makes_a_command(county: County) -> None:
    assert await county.hear("路人", "帮助", place=GROUP) == []
    assert await county.hear("路人", "1", place=GROUP) == []
    menu = await county.one("路人", "/帮助", place=GROUP)
    assert menu == await county.one("路人", "／帮助", place=GROUP)
    assert menu == await county.one("路人", " 帮助", place=GROUP, at_bot=True)
    assert menu == await county.one("路人", "　/菜单。", place=GROUP, at_bot=True)


async def test_an_unknown_word_is_silence_in_a_group_and_an_honest_answer_by_at(county: County) -> None:
    before = county.holds()
    assert await county.hear("路人", "/没有这个词", place=GROUP) == []
    answer = await county.one("路人", " 你会把我们说的都记下来吗", place=GROUP, at_bot=True)
    assert "没有本人同意" in answer
    assert "“/帮助”" in answer
    assert "私聊" in answer
    assert "没听懂" not in await county.one("路人", "", place=GROUP, at_bot=True)
    assert county.holds() == before


async def test_an_unknown_word_in_private_brings_at_most_three_near_ones_and_no_numbers(county: County) -> None:
    answer = await county.one("路人", "我是随")
    assert "“我是谁”" in answer
    assert not re.search("[①②③]", answer), "a number would look like something to answer"
    assert "。 " not in answer
    assert len(re.findall("“[^”]+”", await county.one("林晓舟", "谈心"))) <= 4
    assert "文字" in await county.one("路人", [{"type": "image", "data": {"file": "a.jpg"}}])


async def test_a_number_without_a_question_is_told_so_in_every_width(county: County) -> None:
    said = {await county.one("路人", number) for number in ("1", "①", "１", "3")}
    assert len(said) == 1
    assert said.pop() == NOTHING_ASKED


async def test_content_that_belongs_in_private_is_not_carried_out_in_a_group(county: County) -> None:
    await county.join("小青")
    before = county.holds()
    for word, who in itertools.product(PRIVATE_WORDS, ("路人", "小青", "林晓舟")):
        answer = await county.one(who, f"/{word}", place=GROUP)
        assert "请私聊我" in answer, word
        assert "撤回" in answer
        assert "没有保存" in answer
    for word in ("/记谈心 小青 聊了近况", "/查看谈心 T4821", "/我的谈心"):
        assert "请私聊我" in await county.one("林晓舟", word, place=GROUP)
    assert county.holds() == before


async def test_group_commands_in_private_say_where_they_belong(county: County) -> None:
    link = await county.one("林晓舟", "关联本群")
    assert "/关联本群" in link
    assert "关联好的群" not in link, "it is what links the group"
    for word in ("解除关联", "谈心 开始", "谈心 结束 好", "谈心 放弃", "加入 小赵"):
        assert "群" in await county.one("林晓舟", word), word
    for word in ("/谈心 开始", "/加入 小赵"):
        assert "没有关联" in await county.one("林晓舟", word, place=LOOSE_GROUP)


async def test_wrong_arguments_bring_usage_and_an_example(county: County) -> None:
    for word in ("记谈心", "查看谈心", "查看谈心 W4821", "查看谈心 abc", "更正"):
        answer = await county.one("林晓舟", word)
        assert answer.startswith("用法："), word
        assert "例如：" in answer
    assert "例如：" in await county.one("林晓舟", "/关联本群 现在", place=GROUP)


async def test_a_word_that_lacks_only_its_content_asks_for_it_and_can_be_given_up(county: County) -> None:
    before = county.count("accounts"), county.count("people"), county.count("receipts")
    for said in ("绑定", "记谈心 小青", "更正 称呼"):
        word, asked = said.split()[0], await county.asked_for_content("林晓舟", said)
        assert asked.startswith(f"好，{word}："), said
        assert "发“算了”" in asked, "the way out is told"
        assert await county.one("林晓舟", "1") == NOTHING_ASKED
    assert (county.count("accounts"), county.count("people"), county.count("receipts")) == before


async def test_help_explains_one_command_and_hides_what_is_not_for_this_person(county: County) -> None:
    for spelled in ("帮助 绑定", "帮助　绑定", "帮助：绑定", "帮助，/绑定", "/帮助 绑定。"):
        answer = await county.one("路人", spelled)
        assert "用法：绑定" in answer, spelled
        assert "例如：" in answer
    assert "用法" not in await county.one("路人", "帮助 关联本群")
    assert "用法：关联本群" in await county.one("林晓舟", "帮助 关联本群")


async def test_the_menu_is_by_role_and_place(county: County) -> None:
    await county.join("小菜")
    cadre, youth = await county.one("林晓舟", "帮助"), await county.one("小菜", "帮助")
    stranger, admin = await county.one("路人", "菜单"), await county.one("吴建平", "帮助")
    assert "记谈心" in cadre
    assert "我的青年" in cadre
    assert "谈心 开始" not in cadre, "not in private"
    for menu in (youth, stranger, admin):
        assert "记谈心" not in menu
        assert "我的青年" not in menu
    assert "导出我的数据" in youth
    assert "导出我的数据" not in stranger
    in_group = await county.one("林晓舟", "/帮助", place=GROUP)
    assert "谈心 开始" in in_group
    assert "记谈心" not in in_group
    assert "谈心 开始" not in await county.one("小菜", "/帮助", place=GROUP)
    assert "加入" not in (await county.one("路人", "/帮助", place=LOOSE_GROUP)).replace("加入与退出", "")


async def test_a_foreign_thing_answers_as_one_that_does_not_exist_byte_for_byte(county: County) -> None:
    opened = await county.one("林晓舟", "/谈心 开始 近况", place=GROUP)
    found = re.search(r"#T(\d+)", opened)
    assert found is not None
    ref = found[1]
    await county.hear("林晓舟", "/谈心 结束 聊了近况", place=GROUP)
    own = {
        await county.one("林晓舟", f"查看谈心{mark}{ref}")
        for mark in (" ", " T", " t", " #T", "＃Ｔ", "　#", "：T", "，", "T")
    }
    own.add(await county.one("林晓舟", "查看谈心 " + "".join(chr(ord(digit) + 0xFEE0) for digit in ref)))
    assert len(own) == 1
    assert "近况" in own.pop()
    missing = await county.one("林晓舟", "查看谈心 T999999")
    assert missing == await county.one("苏禾", f"查看谈心 T{ref}") == await county.one("苏禾", "查看谈心 T999999")
    assert await county.one("苏禾", "我的谈心 小青") == await county.one("苏禾", "我的谈心 无此人") == missing
    assert await county.one("苏禾", "记谈心 小青 聊了") == await county.one("苏禾", "记谈心 无此人 聊了") == missing


async def test_who_lacks_a_role_hears_the_next_step_that_fits_them(county: County) -> None:
    assert "绑定 <码>" in await county.one("路人", "我的青年")
    bound = await county.one("吴建平", "我的青年")
    assert "我是谁" in bound
    assert "绑定" not in bound, "they have bound"
    await county.join("小权")
    in_group = {await county.one(who, "/谈心 开始", place=GROUP) for who in ("路人", "小权", "吴建平")}
    assert len(in_group) == 1, "a group does not learn who is known to the bot"


@pytest.mark.rule("P22")
async def test_nobody_makes_the_bot_call_everybody(county: County) -> None:
    said = await county.one("林晓舟", "/谈心 开始 ＠全体成员 @all @所有人 看球", place=GROUP)
    assert "看球" in said
    await county.hear("林晓舟", "/谈心 放弃", place=GROUP)
    for shown in itertools.chain.from_iterable(county.gateway.shown.values()):
        assert not re.search("[@＠] *(全体成员|所有人|all)", shown.text)
        assert all(part["type"] != "at" or part["data"].get("qq") != "all" for part in shown.segments)
        assert not shown.as_string


async def test_a_bind_code_is_taken_however_it_is_written_and_only_once(county: County) -> None:
    code = county.codes["周敏"]
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    said = await county.one("周敏", f"绑定：{wide[:5]} - {wide[5:]}。")
    assert "周敏" in said
    assert "共青团青禾县委员会：团干部" in said
    assert "码没有用掉" in await county.one("周敏", f"绑定 {county.codes['何清']}")
    wrong = await county.one("借码的人", f"绑定 {code}")
    assert wrong == await county.one("借码的人", "绑定 0000000000"), "a used code and a wrong one look alike"
    me = await county.one("周敏", "我是谁")
    assert all(part in me for part in ("周敏", "团干部", "共青团青禾县委员会", "1 个"))


async def test_five_wrong_codes_lock_the_account_and_tell_the_admin(county: County) -> None:
    """The county's own admin hears of it, for it is the county's invitations that are guessed at."""
    known = {who: len(county.told(who)) for who in ("顾宁", "吴建平")}
    said = [await county.one("猜码的人", f"绑定 00000000{at:02}") for at in range(5)]
    assert len(set(said[:4])) == 1
    assert "一小时" in said[4]
    locked = await county.one("猜码的人", f"绑定 {county.codes['何清']}")
    assert "不能绑定" in locked
    assert locked == await county.one("猜码的人", "绑定 0000000000"), "a lock tells nothing about a code"
    told = county.told("顾宁")[known["顾宁"] :]
    assert any("输错" in text for text in told)
    assert len(county.told("吴建平")) == known["吴建平"]
    assert not any("猜码的人" in text or str(county.number("猜码的人")) in text for text in told)
    await county.bind("何清")


async def test_unbinding_asks_first_and_any_other_command_leaves_the_question_open(county: County) -> None:
    asked = await county.one("何清", "解绑")
    assert "①" in asked
    assert "帮助" in await county.one("何清", "帮助")
    reminded = await county.reminded("何清", "嗯这个嘛", of=asked)
    assert "1 到 2" in reminded, "the open question is named"
    assert "1 到 2" in await county.one("何清", "９"), "it is not said whole twice within a minute"
    assert "没有解绑" in await county.one("何清", "先不。")
    await county.one("何清", "解绑")
    assert "已解绑" in await county.one("何清", " ① ")
    assert "不认识" in await county.one("何清", "我是谁")
    assert county.count("accounts", "person_id IS NULL") == 0


async def test_what_the_bot_says_is_well_set(county: County) -> None:
    """Last: everything said above, as people saw it."""
    for shown in itertools.chain.from_iterable(county.gateway.shown.values()):
        text = shown.text
        assert text == text.strip()
        assert "\n\n\n" not in text, text
        assert "您" not in text
        assert not re.search("[！!]{2}|。。|[，。] ?[，。]", text), text
        assert not re.search(r"https?://", text), text
        assert not re.search("{{|}}|None|Traceback", text), text
    assert "Traceback" not in county.bot.read_log()
