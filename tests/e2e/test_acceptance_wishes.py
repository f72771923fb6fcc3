"""Acceptance, wishes: the scene of the CAD book (S2.5, S2.6), who was first, and words that lie nowhere in the open."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.county import GROUP, County, close_county, open_county
from tests.e2e.test_canaries import files_with

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all of them
NOW = "2026-11-24T10:00:00+08:00"
MARKER = "琥珀色的望远镜"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[County]:
    folder: Path = tmp_path_factory.mktemp("wishes")
    county = await open_county(folder, ZHIXIN_CLOCK=NOW)
    try:
        await county.bind("林晓舟", "周敏", "苏禾")
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        for name in ("小赵", "小雨"):
            await county.join(name, "3")
        yield county
    finally:
        await close_county(county)


def ref_in(text: str) -> str:
    found = re.search(r"#(W\d{3,6})", text)
    assert found is not None, text
    return found[1]


async def test_a_cadre_suggests_and_the_wish_exists_after_its_owner_says_so(county: County) -> None:
    assert "问小赵" in await county.one("林晓舟", "帮许愿 小赵 一本 CAD 教程，二手也行")
    assert county.count("wishes") == 0
    assert "林晓舟说，你想要：一本 CAD 教程，二手也行" in county.told("小赵")[-1]
    ref = ref_in(await county.one("小赵", "1"))
    assert county.count("wishes") == 1
    assert "由你办" in await county.one("林晓舟", f"认领 {ref}")
    assert "问本人" in await county.one("林晓舟", f"完成 {ref} 家里那本明天带给他")
    assert county.count("wishes", "state = 'fulfilled'") == 0
    assert "圆梦" in await county.one("小赵", "收到")
    assert county.count("wishes", "state = 'fulfilled' AND pool_org_id IS NULL") == 1
    read = await county.one("小赵", "谁看过我的数据")
    assert "心愿" not in read, "nobody has read it: the cadre wrote it"


async def test_a_wish_typed_in_the_group_shows_nothing_there(county: County) -> None:
    shown = await county.one("小雨", f"/许愿 想借一架{MARKER}看一晚星星", place=GROUP)
    ref = ref_in(shown)
    assert not re.search("望远镜|星星|小雨", shown)
    for other in ("周敏", "苏禾"):
        assert await county.one(other, f"查看心愿 {ref}") == await county.one(other, "查看心愿 W999999")
        assert await county.one(other, f"认领 {ref}") == await county.one(other, "认领 W999999")
    assert MARKER in await county.one("林晓舟", f"查看心愿 {ref}")
    assert f"看了你的一个心愿 {ref}" in await county.one("小雨", "谁看过我的数据")
    assert files_with(county.bot.folder, MARKER) == []
    assert "撤回了" in await county.one("小雨", f"撤回心愿 {ref}")
    assert county.count("wishes", "state = 'withdrawn' AND text IS NULL") == 1


@pytest.mark.rule("P36")
async def test_money_is_refused_with_the_reason(county: County) -> None:
    before = county.holds()
    for text, told in (("借我 500 块", "不借钱"), ("想要 iPhone", "200 元"), ("收款码发你", "不收发钱")):
        assert told in await county.one("小雨", f"许愿 {text}")
    assert county.holds() == before
