"""An activity from 发起 to what counts, on the real page of a demo, on a phone (S1)."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import needs_chromium, watched
from tests.browser.demo import demo_address, one_browser
from tests.browser.people_page import PeoplePage

PHONE = (360, 740)
NOON = "2026-11-24T12:05:00+08:00"
GROUP = "清溪青年"

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with demo_address(tmp_path_factory.mktemp("demo"), NOON) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with one_browser() as running:
        yield running


@pytest.mark.rule("P38", "P39")
async def test_an_activity_counts_once_a_youth_says_so_and_not_before(browser: Browser, address: str):
    async with watched(browser, PHONE) as page:
        town = PeoplePage(page, address)
        await town.enter()
        assert await counted(town) == 3
        ref = await announced(town)
        await comes(town)
        await checks_in(town, ref)
        await over(town, ref)
        assert await counted(town) == 3
        await confirms(town)
        assert await counted(town) == 4
        await town.must_be_readable()


async def counted(town: PeoplePage) -> int:
    """How many of the cadre's window count."""
    await town.be("林晓舟")
    await town.open_private("林晓舟")
    said = await town.asks("进度", "已经计入", "只有你自己看得到")
    found = re.search(r"已经计入 (\d+) 次", await said.inner_text())
    assert found is not None
    return int(found[1])


async def announced(town: PeoplePage) -> str:
    """In the group; nobody has to come."""
    await town.open_group(GROUP)
    said = await town.asks("/发起 文体活动 今天19:00 清溪社区 羽毛球双打", "羽毛球双打", "不方便可以不来")
    found = re.search(r"A\d+", await said.inner_text())
    assert found is not None
    await town.must_be_readable()
    return found[0]


async def comes(town: PeoplePage) -> None:
    """One word signs up, in the group; ordinary talk does not, and leaves nothing (P38)."""
    await town.be("苗苗")
    await town.open_group(GROUP)
    await town.asks("来", "报上了", "取消报名")
    await town.be("阿凯")
    await town.open_group(GROUP)
    await town.say("今天送货，下次")
    await town.remembers("阿凯", none_of=("活动", "送货"))


async def checks_in(town: PeoplePage, ref: str) -> None:
    """By the code that is said on the spot."""
    await town.passes_until("2026-11-24T18:45")
    await town.be("林晓舟")
    await town.open_private("林晓舟")
    said = await town.asks(f"签到码 {ref}", "签到")
    code = re.search(r"(?<!\d)\d{4}(?!\d)", (await said.inner_text()).replace(ref, ""))
    assert code is not None
    await town.be("苗苗")
    await town.open_group(GROUP)
    await town.asks(f"/签到 {code[0]}", "签到好了")


async def over(town: PeoplePage, ref: str) -> None:
    """What happened, with a number; that alone changes nothing."""
    await town.passes_until("2026-11-24T21:00")
    await town.be("林晓舟")
    await town.open_private("林晓舟")
    await town.asks(f"结束活动 {ref} 打到20:40，双打循环，来了9个人", ref)


async def confirms(town: PeoplePage) -> None:
    """Asked in private; free, and the cadre does not see who."""
    await town.passes_until("2026-11-25T08:30")
    await town.be("苗苗")
    await town.open_private("苗苗")
    asked = town.page.locator(".message").filter(has_text="羽毛球双打").filter(has_text="①")
    await expect(asked.last).to_be_visible()
    await town.must_be_readable()
    await town.tap("①")
    await town.hears("谢谢")
