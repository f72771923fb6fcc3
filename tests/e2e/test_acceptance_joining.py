"""Acceptance, chats, joining and rights: what people type, what they are told, and what the database then holds."""

import asyncio
import io
import json
import re
import zipfile
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.county import GROUP, LOOSE_GROUP, OTHER_GROUP, County, close_county, open_county
from tests.e2e.test_canaries import files_with
from tests.gateway import Answer, private

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them
NOW = "2026-11-24T10:00:00+08:00"
SCOPES = ("要点", "原话", "回访", "署名", "敏感")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[County]:
    folder: Path = tmp_path_factory.mktemp("joining")
    county = await open_county(folder, ZHIXIN_CLOCK=NOW)
    try:
        await county.bind("林晓舟", "周敏", "何清", "苏禾", "吴建平")
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        await county.hear("苏禾", "/关联本群", place=OTHER_GROUP)
        yield county
    finally:
        await close_county(county)


async def asks_to_join(county: County, name: str, *, place: int = GROUP) -> str:
    """``/加入 <name>``; the question that comes in private."""
    known = len(county.gateway.shown[private(county.number(name))])
    answer = await county.one(name, f"/加入 {name}", place=place)
    assert name not in answer, "the group does not hear who wants to join"
    assert "私聊" in answer
    return county.gateway.shown[private(county.number(name))][known].text


@pytest.mark.rule("P2")
async def test_linking_posts_the_whole_privacy_notice_and_is_for_cadres_only(county: County) -> None:
    assert "团干部" in await county.one("路人", "/关联本群", place=LOOSE_GROUP)
    assert "团干部" in await county.one("吴建平", "/关联本群", place=LOOSE_GROUP)
    assert county.count("chats") == 2
    notice = await county.one("林晓舟", " 关联本群。", place=LOOSE_GROUP, at_bot=True)
    for part in (
        "程序",
        "林晓舟",
        "共青团青禾县委员会",
        "为什么",
        "记什么",
        "多久",
        "谁能看",
        "怎么停",
        "/停止记录",
        "/加入",
    ):
        assert part in notice, part
    assert "已解除关联" in await county.one("林晓舟", "/解除关联", place=LOOSE_GROUP)
    assert "没有关联在你名下" in await county.one("林晓舟", "/解除关联", place=LOOSE_GROUP)


async def test_a_colleague_becomes_co_host_and_another_organisation_does_not(county: County) -> None:
    refused = await county.one("苏禾", "/关联本群", place=GROUP)
    assert "别的团组织" in refused
    assert "林晓舟" not in refused
    assert await county.one("苏禾", "/解除关联", place=GROUP) == await county.one("周敏", "/解除关联", place=GROUP)
    assert "关联本群" in await county.one("周敏", "/谈心 开始", place=GROUP)
    told = await county.one("周敏", "/关联本群", place=GROUP)
    assert "周敏" in told
    assert "没有本人同意" in told
    assert "已经关联" in await county.one("周敏", "/关联本群", place=GROUP)
    assert "仍由林晓舟" in (await county.one("周敏", "/解除关联", place=GROUP)).replace(" ", "")


@pytest.mark.rule("P2")
async def test_joining_gives_nothing_but_the_base_and_explains_every_scope_in_one_message(county: County) -> None:
    question = await asks_to_join(county, "小赵")
    assert "不是人" in question
    assert all(mark in question for mark in "①②③")
    assert county.count("consents") == 0
    assert "没看懂" in await county.one("小赵", "不想说")
    assert "还没有加入完" in await county.one("小赵", "我是谁")
    welcome = await county.one("小赵", "18 以上")  # copied from the question
    assert "回执" in welcome
    assert all(f"同意 {scope}" in welcome for scope in SCOPES)
    assert [row[0] for row in county.ask("SELECT scope FROM consents")] == ["profile"]
    mine = await county.one("小赵", "我的同意")
    assert mine.count("没有同意") == len(SCOPES)
    assert "2026 年 11 月 24 日" in mine
    assert "文本" in mine
    assert "已经加入" in await county.one("小赵", "/加入 小赵", place=GROUP)


async def test_age_bands_are_understood_as_people_say_them(county: County) -> None:
    for who, told, band in (
        ("年一", "③", "adult"),
        ("年二", "２", "minor"),
        ("年三", "我 16 岁", "minor"),
        ("年四", "14-17", "minor"),
        ("年五", "18岁以上", "adult"),
        ("年六", "14–17。", "minor"),
    ):
        await asks_to_join(county, who)
        before = county.count("people", "age_band = ?", band)
        assert "回执" in await county.one(who, told), told
        assert county.count("people", "age_band = ?", band) == before + 1, told


@pytest.mark.rule("P10")
async def test_under_14_nothing_is_kept_and_the_responsible_person_hears_no_name(county: County) -> None:
    before = county.holds()
    await asks_to_join(county, "豆豆")
    known = len(county.gateway.shown[private(county.number("何清"))])
    said = await county.one("豆豆", "不满 14")
    for number in ("110", "120", "12356", "12355"):
        assert number in said
    assert "北京" not in said, "a line of another region"
    told = [one.text for one in county.gateway.shown[private(county.number("何清"))][known:]]
    assert len(told) == 1
    assert "豆豆" not in told[0]
    after = county.holds()
    assert after.pop("audit_entries") > before.pop("audit_entries")
    assert after == before
    assert "没有存你的任何" in await county.one("豆豆", "我是谁")


async def test_who_changes_their_mind_before_the_age_band_is_forgotten(county: County) -> None:
    before = county.holds()
    await asks_to_join(county, "小悔")
    assert "不加入了" in await county.one("小悔", "退出")
    assert "没有等你回答" in await county.one("小悔", "3")
    after = county.holds()
    assert {name for name in after if after[name] != before[name]} <= {"audit_entries"}
    await asks_to_join(county, "苏禾")  # a cadre of the roster, in a colleague's group
    assert "不加入了" in await county.one("苏禾", "退出")
    assert "没有等你回答" in await county.one("苏禾", "3")


async def test_a_name_is_what_they_chose_and_never_an_order(county: County) -> None:
    for name, why in (("全部", "不能用作称呼"), ("K123", "不能用作称呼"), ("长" * 30, "20 个字")):
        assert why in await county.one("无名", f"/加入 {name}", place=GROUP)
    assert "没有存" in await county.one("无名", "我是谁")
    await county.hear("无名", "/加入", place=GROUP)
    said = await county.hear("无名", "3")
    assert "怎么称呼" in said[-1]
    assert "小名" in await county.one("无名", "小名。")
    assert "你是小名。" in await county.one("无名", "我是谁")
    assert "小雨儿" in await county.one("无名", "更正　称呼：小雨儿，")
    assert "你是小雨儿。" in await county.one("无名", "我是谁")


async def test_without_a_way_to_write_privately_the_group_hears_how_to_open_one(county: County) -> None:
    for action in ("send_private_msg", "send_msg"):
        county.gateway.script(action, Answer.REFUSED)
    said = await county.hear("生人", "/加入 生人", place=GROUP)
    assert any("加我为好友" in text for text in said), said
    assert not any("生人" in text for text in said)


@pytest.mark.rule("P2")
async def test_each_scope_is_given_and_withdrawn_one_at_a_time_with_receipts(county: County) -> None:
    await county.join("小同")
    assert "没认出来" in await county.one("小同", "同意 全部")
    assert "没认出来" in await county.one("小同", "同意")
    receipts: list[str] = []
    for scope in SCOPES:
        said = await county.one("小同", f"同意：{scope}。")
        receipts += re.findall(r"C-20261124-\d{4}", said)
        assert "已经同意" in await county.one("小同", f"同意 {scope}")
    for scope in SCOPES:
        receipts += re.findall(r"C-20261124-\d{4}", await county.one("小同", f"撤回　{scope}"))
        assert "没有同意过" in await county.one("小同", f"撤回 {scope}")
    assert len(set(receipts)) == 2 * len(SCOPES)
    stored = {row[0] for row in county.ask("SELECT number FROM receipts")}
    assert set(receipts) <= stored


@pytest.mark.rule("P10a")
async def test_a_minor_says_yes_twice_and_one_no_is_enough(county: County) -> None:
    await county.join("小雨", "2")
    asked = await county.one("小雨", "同意 原话")
    assert "不满 18 岁" in asked
    assert "①" in asked
    active = "scope = 'original_messages' AND withdrawn_at IS NULL"
    assert county.count("consents", active) == 0
    assert "不记" in await county.one("小雨", "②")
    await county.one("小雨", "同意 原话")
    assert "回执" in await county.one("小雨", "确定")
    assert county.count("consents", active) == 1
    assert "回执" in await county.one("小雨", "停止记录")
    assert county.count("consents", active) == 0


async def test_two_groups_are_two_contacts_and_original_words_are_for_one_group(county: County) -> None:
    await county.join("小双")
    await county.hear("小双", "/加入 小双", place=OTHER_GROUP)
    asked = await county.one("小双", "同意 原话")
    assert all(name in asked for name in ("林晓舟", "苏禾", "①", "②"))
    assert "回执" in await county.one("小双", "2")
    me = await county.one("小双", "我是谁")
    assert "林晓舟" in me
    assert "苏禾" in me
    assert "小双" in await county.one("苏禾", "我的青年")
    which = await county.one("小双", "退出")
    assert "③ 全部" in which
    assert "不受影响" in await county.one("小双", "2")
    assert "小双" not in await county.one("苏禾", "我的青年")
    assert "小双" in await county.one("林晓舟", "我的青年")


async def test_leaving_in_the_group_asks_in_private_whether_the_data_goes_too(county: County) -> None:
    await county.join("小离", agree="要点 署名")
    known = len(county.gateway.shown[private(county.number("小离"))])
    said = await county.one("小离", "/退出", place=GROUP)
    assert "小离" not in said
    asked = [one.text for one in county.gateway.shown[private(county.number("小离"))][known:]]
    assert len(asked) == 1
    assert "①" in asked[0]
    assert "D-20261124-" in await county.one("小离", "删掉")
    assert "没有存你的任何" in await county.one("小离", "我是谁")
    assert files_with(county.bot.folder / "data", "小离") == []


async def test_no_more_reminders_and_again(county: County) -> None:
    await county.join("小静")
    assert "不再主动找你" in await county.one("小静", "别再提醒")
    # ``hear`` itself types 恢复提醒 after every line: both words have had their effect.
    actions = [row[0] for row in county.ask("SELECT action FROM audit_entries ORDER BY seq")]
    assert actions[-2:] == ["reminders.off", "reminders.on"]


async def test_rights_show_export_correct_ask_and_delete(county: County) -> None:
    await county.join("小权", agree="要点")
    held = await county.one("小权", "看我的数据")
    for part in (
        "称呼：小权",
        "组织：共青团青禾县委员会",
        "年龄段：18 以上",
        "账号：1 个",
        "林晓舟",
        "要点",
        "没有人查看过",
    ):
        assert part in held, part
    exported = await county.see("小权", "导出我的数据")
    assert "小权" in exported[0].text
    files = [part["data"] for one in exported for part in one.segments if part["type"] == "file"]
    assert len(files) == 1
    with zipfile.ZipFile(io.BytesIO(b64decode(files[0]["file"].removeprefix("base64://")))) as archive:
        names = archive.namelist()
        page = next(name for name in names if name.endswith(".html"))
        data = next(name for name in names if name.endswith(".json"))
        assert "小权" in archive.read(page).decode()
        assert "小权" in json.dumps(json.loads(archive.read(data)), ensure_ascii=False)
    known = len(county.gateway.shown[private(county.number("林晓舟"))])
    assert "团干部" in await county.one("小权", "更正 组织 青禾一中团委")
    asked = [one.text for one in county.gateway.shown[private(county.number("林晓舟"))][known:]]
    assert "青禾一中团委" in asked[-1]
    assert "办结" in await county.one("林晓舟", "1")
    assert "三项" in await county.one("小权", "更正 性别 女")
    assert "14–17" in await county.one("小权", "更正 年龄段 14-17")
    known = len(county.gateway.shown[private(county.number("何清"))])
    assert "个人信息保护负责人" in await county.one("小权", "联系负责人")
    assert len(county.gateway.shown[private(county.number("何清"))]) == known + 1
    assert "请先发" in await county.one("小权", "确认删除")
    assert "确认删除" in await county.one("小权", "删除我的数据")
    assert re.search(r"D-20261124-\d{2,}", await county.one("小权", "确认删除"))
    assert "没有存你的任何" in await county.one("小权", "看我的数据")
    for word in ("小权", "青禾一中团委", str(county.number("小权"))):
        assert files_with(county.bot.folder / "data", word) == []


async def test_what_cadres_see_are_their_own_youths_with_numbers_for_equal_names(county: County) -> None:
    await county.join("同名")
    await county.hear("同名二号", "/加入 同名", place=GROUP)
    await county.hear("同名二号", "3")
    mine = await county.one("林晓舟", "我的青年")
    refs = re.findall(r"同名（(K\d{3,6})，", mine)
    assert len(set(refs)) == 2
    assert "目标 100" in mine
    assert "14 天" in mine
    assert "60 天" in mine
    empty = await county.one("周敏", "我的青年")
    assert "0 位青年" in empty
    assert "/加入" in empty
    choice = await county.one("林晓舟", "记谈心 同名 聊了找工作")
    assert all(ref in choice for ref in refs)
    assert "聊了找工作" not in choice
    assert county.count("prompts", "kind = 'talk.note'") == 0
    asked = await county.meanwhile("同名二号", county.hear("林晓舟", f"记谈心 {refs[1].lower()} 聊了找工作"))
    asked += await county.meanwhile("同名", asyncio.sleep(0))
    assert sum("聊了找工作" in text for text in asked) == 1
