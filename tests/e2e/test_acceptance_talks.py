"""Acceptance, talks: who is recorded, what is told, who reads; and the stories S1.3 and S3 as scenes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.county import GROUP, OTHER_GROUP, County, close_county, open_county
from tests.e2e.test_canaries import files_with
from tests.gateway import group

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them
NOW = "2026-11-24T10:00:00+08:00"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[County]:
    folder: Path = tmp_path_factory.mktemp("talks")
    county = await open_county(folder, ZHIXIN_CLOCK=NOW)
    try:
        await county.bind("林晓舟", "周敏", "何清", "顾宁", "苏禾", "吴建平")
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        await county.hear("周敏", "/关联本群", place=GROUP)
        await county.hear("苏禾", "/关联本群", place=OTHER_GROUP)
        for name, answer, agree in (("小赵", "3", "原话 要点"), ("小雨", "2", "原话"), ("阿凯", "3", "")):
            await county.join(name, answer, agree=agree)
        yield county
    finally:
        await close_county(county)


async def opens(county: County, topic: str = "") -> str:
    """Open a talk in the group; its reference."""
    said = await county.one("林晓舟", f"/谈心 开始 {topic}", place=GROUP)
    assert said.startswith("● 记录中"), said
    found = re.search(r"#T(\d{3,6})", said)
    assert found is not None
    return found[1]


async def test_only_who_agreed_is_recorded_and_everybody_hears_the_numbers(county: County) -> None:
    assert "没有进行中" in await county.one("林晓舟", "/谈心 结束 好", place=GROUP)
    assert "团干部" in await county.one("小赵", "/谈心 开始", place=GROUP)
    assert "不是你关联的" in await county.one("苏禾", "/谈心 开始", place=GROUP)
    known = len(county.told("阿凯"))
    ref = await opens(county, "夜班")
    asked = county.told("阿凯")[known:]
    assert len(asked) == 1
    assert "原话" in asked[0]
    assert "不会再问" in asked[0]
    assert "已经在谈心" in await county.one("周敏", "/谈心 开始", place=GROUP)
    assert await county.hear("小赵", "夜班下班没有车", place=GROUP) == []
    quote = [
        {"type": "reply", "data": {"id": "1"}},
        {"type": "at", "data": {"qq": str(county.number("阿凯"))}},
        {"type": "text", "data": {"text": " 我和@阿凯 一样"}},
        {"type": "image", "data": {"file": "a.jpg", "url": "http://pictures.invalid/a.jpg"}},
    ]
    await county.hear("小赵", quote, place=GROUP)
    gone = await county.gateway.group_message(GROUP, county.number("小赵"), "这句我要撤回")
    await county.hear("阿凯", "我没同意，别记我", place=GROUP)
    await county.hear("路人", "我是来看看的", place=GROUP)
    await county.hear("林晓舟", "我去问公交公司", place=GROUP)
    await county.gateway.recall(GROUP, county.number("小赵"), gone["message_id"])
    assert "不记" in await county.one("阿凯", "先不要")
    closed = await county.one("林晓舟", "/谈心结束：聊了末班车，明天去问", place=GROUP)
    assert "存了 3 条，没存 2 条" in closed
    assert f"#T{ref}" in closed
    assert not any(name in closed for name in ("小赵", "阿凯"))
    record = await county.one("林晓舟", f"查看谈心 {ref}")
    assert "小赵：夜班下班没有车" in record
    assert "〔图片〕" in record
    assert "要点" in record
    for word in ("阿凯", "撤回", "别记我", "看看的", "pictures"):
        assert word not in record, word
    for other in ("周敏", "苏禾"):
        assert await county.one(other, f"查看谈心 {ref}") == await county.one(other, "查看谈心 T999999")
    question = county.told("小赵")[-1]
    assert f"#T{ref}" in question
    assert "回复 1 到 3" in await county.reminded("小赵", "嗯", of=question)
    assert f"#T{ref}" in await county.one("小赵", "没问题")
    assert "团干部：看了谈心记录" in await county.one("小赵", "谁看过我的数据")


@pytest.mark.rule("P11", "P24")
async def test_a_minor_is_protected_in_the_middle_of_a_talk(county: County) -> None:
    ref = await opens(county)
    known = len(county.told("小雨"))
    await county.hear("小雨", "我电话 13800138000", place=GROUP)
    await county.hear("小雨", "今天考试不错", place=GROUP)
    warned = county.told("小雨")[known:]
    assert len(warned) == 1
    assert "撤回" in warned[0]
    assert "13800138000" not in warned[0]
    known = len(county.told("小雨"))
    in_group = await county.one("小雨", "/停止记录", place=GROUP)
    assert in_group == await county.one("路人", "/停止记录", place=GROUP), "the group does not learn who had agreed"
    await county.hear("小雨", "停了之后说的", place=GROUP)
    private_said = "\n".join(county.told("小雨")[known:])
    assert "回执 C-20261124-" in private_said
    assert "① 删掉" in private_said
    assert "1 条原话" in await county.one("小雨", "1")
    assert "存了 0 条" in await county.one("林晓舟", "/谈心 结束 简单聊聊", place=GROUP)
    assert "考试" not in await county.one("林晓舟", f"查看谈心 T{ref}")


async def test_an_abandoned_talk_leaves_nothing(county: County) -> None:
    before = county.count("talk_messages")
    ref = await opens(county, "算了")
    await county.hear("小赵", "这次不算", place=GROUP)
    assert county.count("talk_messages") == before + 1
    assert "1 条已经全部删除" in await county.one("林晓舟", "/谈心 放弃", place=GROUP)
    assert county.count("talk_messages") == before
    gone = await county.one("林晓舟", f"查看谈心 {ref}")
    assert gone == await county.one("林晓舟", "查看谈心 T999999")
    assert "没有进行中" in await county.one("林晓舟", "/谈心 放弃", place=GROUP)


async def test_without_notes_recording_stops_at_once_and_the_usage_is_shown(county: County) -> None:
    ref = await opens(county)
    said = await county.hear("林晓舟", "/谈心 结束", place=GROUP)
    assert "记录停了" in said[0]
    assert "例如：" in said[1]
    before = county.count("talk_messages")
    await county.hear("小赵", "停了以后的话", place=GROUP)
    assert county.count("talk_messages") == before
    assert f"#T{ref}" in await county.one("林晓舟", "/谈心 结束 补一句", place=GROUP)


async def test_s1_3_only_that_a_talk_took_place(county: County) -> None:
    """小赵 chose ②: one talk without a word of it; 停止记录 works at any time."""
    await county.join("小周", agree="")
    draft = "夜班末班车的事，约好下周回话"
    known = len(county.told("小周"))
    receipt = await county.one("林晓舟", f"记谈心 小周 {draft}")
    found = re.search(r"#T(\d+)", receipt)
    assert found is not None
    asked = county.told("小周")[known:]
    assert len(asked) == 1
    assert all(part in asked[0] for part in (draft, "① 不留", "② 只留“谈过一次”", "③ 留要点", "程序", "1 年"))
    assert county.count("talks", "ref = ?", int(found[1])) == 0, "only a waiting question"
    settled = len(county.told("林晓舟"))
    assert "谈过一次" in await county.one("小周", "2 吧")
    await county.settled()
    assert any("没有内容" in text for text in county.told("林晓舟")[settled:])
    kind, notes = county.ask("SELECT kept, notes FROM talks WHERE ref = ?", int(found[1]))[0]
    assert (kind, notes) == ("once", None)
    assert files_with(county.bot.folder / "data", draft) == []
    assert "不再保存" in await county.one("小周", "停止记录")
    assert draft not in await county.one("林晓舟", f"查看谈心 T{found[1]}")
    again = await county.one("林晓舟", f"记谈心 小周 {draft}")
    assert "① 再问一次" in again, "the same within ten minutes is asked about"
    assert "没有再问" in await county.one("林晓舟", "②")


async def test_s1_3_a_no_leaves_nothing_and_the_cadre_hears_no_reason(county: County) -> None:
    before = county.count("talks")
    await county.hear("林晓舟", "记谈心 阿凯 工作上的烦恼")
    known = len(county.told("林晓舟"))
    assert "不留" in await county.one("阿凯", "不留")
    await county.settled()
    assert not any("阿凯" in text or "不留" in text for text in county.told("林晓舟")[known:])
    assert county.count("talks") == before


async def test_s3_the_bot_answers_when_called_shows_all_it_holds_and_deletes_it(county: County) -> None:
    before = county.holds()
    said = await county.one("陈一诺", " 你会把我们说的都记下来吗", place=GROUP, at_bot=True)
    assert "没有本人同意" in said
    assert "私聊" in said
    assert county.holds() == before, "S3.1"
    await county.join("陈一诺", agree="署名")
    held = await county.one("陈一诺", "看我的数据")
    for part in ("称呼：陈一诺", "组织：", "年龄段：18 以上", "署名", "没有谈心记录，没有聊天内容", "没有人查看过"):
        assert part in held, part
    asked = await county.one("陈一诺", "删除我的数据")
    assert "确认删除" in asked
    assert "没看懂" not in asked
    said = await county.one("陈一诺", "确认删除")
    assert "30 天" in said
    assert re.search(r"回执 D-20261124-\d{2,}", said)
    assert files_with(county.bot.folder / "data", "陈一诺") == []
    assert files_with(county.bot.folder / "data", str(county.number("陈一诺"))) == []
    assert "没有存你的任何" in await county.one("陈一诺", "看我的数据")


async def test_jokes_bring_no_card_and_a_group_is_never_answered_aloud(county: County) -> None:
    for joke in ("笑死我了", "累死了", "想死你了"):
        assert "12356" not in "\n".join(await county.hear("阿凯", joke)), joke
    assert await county.hear("路人", "不想活了", place=GROUP) == []
    known = len(county.told("路人"))
    assert await county.hear("路人", " 不想活了", place=GROUP, at_bot=True) == []
    card = county.told("路人")[known:]
    assert len(card) == 1
    assert all(number in card[0] for number in ("12356", "12355", "110", "120"))
    assert "没有保存" in card[0]
    assert all("12356" not in one.text for one in county.gateway.shown[group(GROUP)])
