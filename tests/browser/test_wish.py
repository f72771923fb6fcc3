"""A wish from making to 收到, an anonymous voice from sending to its answer: on the real page of a demo (S2, S3)."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import needs_chromium, watched
from tests.browser.demo import demo_address, one_browser
from tests.browser.people_page import PeoplePage

PHONE, DESK = (360, 740), (1280, 800)
AFTERNOON = "2026-11-25T15:00:00+08:00"
WISH = "想要一本旧的摄影入门书"
ANSWER = "收到了，正在跟有关单位核实"
"""What the county's organ answered in the demo's history."""

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with demo_address(tmp_path_factory.mktemp("demo"), AFTERNOON) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with one_browser() as running:
        yield running


@pytest.mark.parametrize(
    ("size", "owner"),
    [pytest.param(PHONE, "苗苗", id="phone"), pytest.param(DESK, "老周", id="desk", marks=pytest.mark.nightly)],
)
async def test_a_wish_is_made_claimed_done_and_only_its_owner_closes_it(
    browser: Browser, address: str, size: tuple[int, int], owner: str
):
    async with watched(browser, size) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await town.be(owner)
        await town.open_private(owner)
        refused = await town.asks("许愿 借我五百块钱周转", "没有登记")
        await expect(refused).not_to_contain_text("#W")
        made = await town.asks(f"许愿 {WISH}", "登记好了", "林晓舟")
        ref = number_in(await made.inner_text(), "W")
        await town.hears("归个类", ref)
        await town.tap("②")
        await town.hears("学习进步")
        await town.remembers("微心愿")
        await town.must_be_readable()

        await town.be("林晓舟")
        await town.open_private("林晓舟")
        await town.asks("心愿列表", ref, WISH)
        await town.must_be_readable()
        await town.asks(f"认领 {ref}", "认领好了", ref)
        before = town.newest
        await town.asks(f"完成 {ref} 找到一本，带给了他", "本人说“收到”才算")
        town.newest = before  # the owner may have been asked before the cadre was answered

        await town.be(owner)
        await town.open_private(owner)
        await town.hears("收到了吗", ref)
        before = town.newest
        await town.tap("①")
        await town.hears("圆梦", ref)
        await town.asks("谁看过我的数据", "团干部", "看了你的心愿")

        await town.be("林晓舟")
        await town.open_private("林晓舟")
        town.newest = before
        await town.hears(ref, "圆梦")


async def test_an_anonymous_voice_is_sent_and_its_answer_picked_up_with_the_code(browser: Browser, address: str):
    async with watched(browser, PHONE) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await town.be("阿凯")
        await town.open_private("阿凯")
        await town.asks("匿名", "不存你的账号", "平台")
        await town.asks("夜里回宿舍的路上没有灯，走着害怕", "还没有发出", "① 发送")
        await town.must_be_readable()
        await town.tap("①")
        await town.hears("已收下", "没有记你的账号和时间")
        slip = await town.hears("取件码：")
        code = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", await slip.inner_text())
        assert code is not None
        await town.asks(f"取件 {code[0]}", "还没有放出")
        await town.remembers("「阿凯」", none_of=("匿名",))

        await town.be("何静")
        await town.open_private("何静")
        listed = await town.asks("心声列表", "#V")
        await expect(listed).not_to_contain_text("没有灯")  # it waits for its batch
        await picks_up_what_was_answered(town)


async def picks_up_what_was_answered(town: PeoplePage) -> None:
    """One of three voices of an earlier week was answered: whoever holds its code reads it, and rates it."""
    answered = 0
    for name in ("陈一诺", "苗苗", "阿杰"):
        await town.be(name)
        await town.open_private(name)
        code = await town.last_shown(r"取件码：([0-9A-Z-]{19})")
        shown = await town.asks(f"取件 {code}", "")
        if ANSWER in await shown.inner_text():
            answered += 1
            await town.asks(f"取件 {code} 有用", "有用")
    assert answered == 1


async def test_an_activity_is_announced_and_a_word_is_enough_to_come_and_to_stay_away(browser: Browser, address: str):
    async with watched(browser, PHONE) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await town.be("林晓舟")
        await town.open_group("清溪青年")
        posted = await town.asks("/发起 志愿服务 明天下午两点 清溪社区 捡垃圾 限10人", "清溪社区", "不方便可以不来")
        ref = number_in(await posted.inner_text(), "A")
        await town.must_be_readable()

        await town.be("老周")
        await town.open_group("清溪青年")
        await town.asks("来", "收到，报上了", ref)
        await town.open_private("老周")
        await town.asks("活动", ref)
        await town.must_be_readable()

        await town.be("林晓舟")
        await town.open_private("林晓舟")
        await town.asks(f"名单 {ref}", "老周")

        await town.be("老周")
        await town.open_private("老周")
        await town.asks(f"取消报名 {ref}", ref)


def number_in(text: str, letter: str) -> str:
    """The reference that a receipt shows."""
    found = re.search(rf"#({letter}[0-9]{{3,6}})", text)
    assert found is not None, text
    return found[1]
