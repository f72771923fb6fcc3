"""Acceptance, voices: a youth's words, the cadre's answer, the youth's own word on it, on a live bot (S1.4, S2.4)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.county import GROUP, OTHER_GROUP, County, close_county, open_county
from tests.e2e.test_canaries import files_with
from tests.gateway import private

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them
NOW = "2026-11-24T10:00:00+08:00"
WORDS = "夜班下班没有末班车，走回去要一个小时"
PEOPLE = ("林晓舟", "顾宁", "吴建平", "苏禾")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[County]:
    folder: Path = tmp_path_factory.mktemp("voices")
    county = await open_county(folder, ZHIXIN_CLOCK=NOW)
    try:
        await county.bind(*PEOPLE)
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        await county.hear("苏禾", "/关联本群", place=OTHER_GROUP)
        for name in ("小赵", "阿凯"):
            await county.join(name, "3")
        yield county
    finally:
        await close_county(county)


def number(shown: list[str], letter: str = "V") -> str:
    found = re.search(rf"#({letter}\d{{3,6}})", "\n".join(shown))
    assert found is not None, shown
    return found[1]


async def notice_comes(county: County, morning: str, ref: str) -> None:
    await county.move_to(morning)
    await county.gateway.expect_message(
        private(county.number("吴建平")), lambda one: ref in one.text and "收到一条投诉" in one.text
    )


async def test_a_difficulty_is_said_answered_and_closed_by_its_author(county: County) -> None:
    shown = await county.hear("小赵", f"心声 {WORDS}")
    ref = number(shown)
    assert "具体困难" in shown[-1]
    assert "具体困难" in await county.one("小赵", "3")
    notice = county.told("林晓舟")[-1]
    assert ref in notice
    assert not any(word in notice for word in ("末班车", "小赵"))
    for other in ("顾宁", "苏禾"):
        assert await county.one(other, f"查看心声 {ref}") == await county.one(other, "查看心声 V999999")
    assert WORDS in await county.one("林晓舟", f"查看心声 {ref}")
    assert "已经答复" in await county.one("林晓舟", f"回复 {ref}：明天去问公交公司，后天告诉你")
    answer, question = county.told("小赵")[-2:]
    assert "明天去问公交公司" in answer
    assert "有用吗" in question
    assert "办结" in await county.one("小赵", "①")
    assert "有用" in county.told("林晓舟")[-1]
    assert "看了你的心声" in await county.one("小赵", "谁看过我的数据")


async def test_it_goes_up_only_when_its_author_says_so_and_without_the_name(county: County) -> None:
    ref = number(await county.hear("小赵", "建议 周末能不能多开一趟夜班车"))
    assert "本人点头之前" in await county.one("林晓舟", f"上报 {ref} 线路要县里定")
    assert await county.one("顾宁", f"查看心声 {ref}") == await county.one("顾宁", "查看心声 V999999")
    assert "共青团青禾县委员会" in await county.one("小赵", "1")
    shown = await county.one("顾宁", f"查看心声 {ref}")
    assert "多开一趟夜班车" in shown
    assert "线路要县里定" in shown
    assert "小赵" not in shown


async def test_a_complaint_reaches_the_city_and_nobody_it_is_about(county: County) -> None:
    known = {name: len(county.told(name)) for name in ("林晓舟", "顾宁")}
    await county.hear("阿凯", "投诉 群里要求每周打卡，不打就点名")
    ref = number(await county.hear("阿凯", "和我联系的团干部"))
    for name, count in known.items():
        assert county.told(name)[count:] == []
        assert await county.one(name, f"查看心声 {ref}") == await county.one(name, "查看心声 V999999")
        assert ref not in "".join(await county.hear(name, "心声列表"))
    assert await county.one("吴建平", f"查看心声 {ref}") == await county.one("吴建平", "查看心声 V999999"), "the hour"
    await notice_comes(county, "2026-11-25T09:30:00+08:00", ref)
    shown = await county.one("吴建平", f"查看心声 {ref}")
    assert "每周打卡" in shown
    assert not any(word in shown for word in ("阿凯", "11 月"))
    await county.hear("吴建平", f"回复 {ref} 已经和县里说了，打卡取消")
    assert any("打卡取消" in said for said in county.told("阿凯"))


async def test_a_cadre_complains_about_their_own_organisation_without_being_named(county: County) -> None:
    """S2.4."""
    await county.hear("林晓舟", "投诉 要求我们每周打卡，这是层层加码")
    ref = number(await county.hear("林晓舟", "我所在的团组织"))
    await notice_comes(county, "2026-11-26T09:30:00+08:00", ref)
    shown = await county.one("吴建平", f"查看心声 {ref}")
    assert "层层加码" in shown
    assert not any(word in shown for word in ("林晓舟", "月"))


async def test_youths_are_asked_and_hear_what_came_of_it(county: County) -> None:
    ref = number(await county.hear("林晓舟", "/问计 下个月的主题团日做点什么", place=GROUP), "Q")
    assert "收到" in await county.one("小赵", f"答 {ref} 想去敬老院")
    shown = await county.one("林晓舟", f"查看问计 {ref}")
    assert "想去敬老院" in shown
    assert "小赵" not in shown
    assert "1 个人" in await county.one("林晓舟", f"问计结果 {ref} 定了去敬老院")
    assert "定了去敬老院" in county.told("小赵")[-1]


async def test_nothing_of_it_stands_readable_in_the_files(county: County) -> None:
    words = ("末班车", "多开一趟夜班车", "每周打卡", "层层加码", "想去敬老院", "打卡取消")
    assert [word for word in words if files_with(county.bot.folder / "data", word)] == []
