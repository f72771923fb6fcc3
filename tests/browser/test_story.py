"""A youth from joining to erasure and a minor in distress (S3, S3b), on the real page of a whole bot in demo mode."""

import asyncio
import os
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import needs_chromium, watched
from tests.browser.demo import demo_address, one_browser
from tests.browser.people_page import NUMBERS, PeoplePage
from tests.browser.picture import SHARP, side_by_side
from tests.patience import PATIENCE

PHONE, DESK = (360, 740), (1280, 800)
EVENING = "2026-12-24T19:30:00+08:00"
"""The evening before the last week of a quarter."""
GROUP, OTHER_GROUP = "清溪青年", "纺织厂青工"
WORDS, UNSAID, LATER = "刚搬来，晚上有点想家", "这句说错了", "这句不要记"
CADRES, INVITATION = "天冷了，大家最近怎么样？", "周四打完球一起吃碗面，团子也来？不方便不用说明。"
OTHERS = "我也是外地来的，懂你"
KEEP_SCREENSHOT = os.environ.get("ZHIXIN_KEEP_SCREENSHOT", "")
"""Where to put the picture for the README (a PNG); nothing is kept without it."""
PICTURE_MOST = 200 * 1024

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),  # one bot and one browser for all of them
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with demo_address(tmp_path_factory.mktemp("demo"), EVENING) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with one_browser() as running:
        yield running


async def test_a_newcomer_sees_a_conversation_what_is_unread_and_what_to_try_first(browser: Browser, address: str):
    async with watched(browser, PHONE) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await expect(page.locator("#persona-name")).to_have_text("团子 · 青年")
        await expect(page.locator("#chat-name")).to_have_text(GROUP)
        await expect(page.locator("#lines")).to_contain_text("欢迎团子")
        await expect(page.locator("#guide")).to_contain_text("/加入 团子")
        await town.must_be_readable()
        await page.click("#persona")
        people = ("小韩", "小赵", "老周", "阿凯")
        unread = {name: page.locator(f"[data-person='{NUMBERS[name]}'] .count") for name in people}
        await expect(unread["小韩"]).to_contain_text("1")  # 周敏 asked whether their talk may be noted
        await expect(unread["小赵"]).to_contain_text("2")  # his wish was claimed, and a record to co-sign
        await expect(unread["老周"]).to_be_hidden()
        await expect(unread["阿凯"]).to_be_hidden()
        await town.must_be_readable()
        await page.keyboard.press("Escape")
        await page.click("#guide-off")
        await expect(page.locator("#guide")).to_be_hidden()


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk", marks=pytest.mark.nightly)]
)
async def test_a_youth_joins_talks_stops_reads_exports_and_is_forgotten(
    browser: Browser, address: str, size: tuple[int, int], tmp_path: Path
):
    async with watched(browser, size, sharp=SHARP if KEEP_SCREENSHOT else 1) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await join(town)
        await talk(town)
        await stop_and_co_sign(town)
        await read_and_export(town, tmp_path)
        await be_forgotten(town)


async def join(town: PeoplePage) -> None:
    """In the group, then in private; joining alone stores not one word."""
    await town.be("团子")
    await town.open_group(GROUP)
    await town.remembers("没有保存任何关于团子的内容")
    await town.must_be_readable()
    await town.tap("/加入 团子")
    await town.hears("我私聊你问一件小事")
    await town.open_private("团子")
    await town.hears("团子", "③ 18 以上")
    await town.must_be_readable()
    await town.tap("③")
    await town.hears("欢迎你，团子")
    await town.remembers("「团子」", "18 以上", "没有保存你的任何原话")
    await town.asks("同意 原话", "你同意了“原话”", "回执")
    await town.remembers("你同意过「原话」")


async def talk(town: PeoplePage) -> None:
    """Only who agreed is stored; a recalled message is gone."""
    await town.be("林晓舟")
    await town.open_group(GROUP)
    await town.asks("/谈心 开始 近况", "● 记录中")
    await town.be("团子")  # the bot has heard by then that its notice is out: before, nothing is stored (P4)
    await town.open_group(GROUP)
    await town.remembers("没有保存你的任何原话")
    await town.be("林晓舟")
    await town.open_group(GROUP)
    await town.say(CADRES)
    await town.be("团子")
    await town.open_group(GROUP)
    own = await town.say(WORDS)
    await town.remembers("谈心原话 1 条")
    await expect(town.page.locator("#recording")).to_be_visible()
    await expect(own.locator(".sign")).to_have_class("sign kept")
    wrong = await town.say(UNSAID)
    await town.remembers("谈心原话 2 条")
    await town.recall(wrong)
    await expect(town.page.locator(".system").filter(has_text="我撤回了一条消息").last).to_be_visible()
    await town.remembers("谈心原话 1 条")
    await town.must_be_readable()
    await town.be("阿凯")
    await town.open_group(GROUP)
    others = await town.say(OTHERS)
    await town.remembers("没有保存你的任何原话", none_of=("谈心原话 1 条",))
    await expect(others.locator(".sign")).to_have_class("sign open")
    await town.be("林晓舟")
    await town.say(INVITATION)


async def keep_picture(town: PeoplePage, path: Path) -> None:
    """The talk and what the bot remembers of it, side by side, as two phones show them."""
    page, browser = town.page, town.page.context.browser
    assert browser is not None
    await page.set_viewport_size({"width": 360, "height": 930})
    await page.click("#guide-off")
    await page.locator("#draft").blur()
    await page.locator(".message").filter(has_text="● 记录中").last.scroll_into_view_if_needed()
    shots = [await page.screenshot()]
    await page.click("#open-memory")
    await expect(page.locator("#memory-body")).to_contain_text("谈心原话 1 条")
    shots.append(await page.screenshot())
    await page.click("[data-close='memory']")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    picture = await side_by_side(browser, shots, 780, 960)
    assert len(picture) <= PICTURE_MOST, len(picture)
    await asyncio.to_thread(path.write_bytes, picture)


async def stop_and_co_sign(town: PeoplePage) -> None:
    """In the middle of the talk nothing more is stored; at its end the youth says what may stay."""
    await town.be("团子")
    await town.open_group(GROUP)
    if KEEP_SCREENSHOT and town.phone:
        await keep_picture(town, Path(KEEP_SCREENSHOT))
    await town.asks("/停止记录", "从这一刻起")
    await town.say(LATER)
    await town.open_private("团子")
    await expect(town.page.locator(".message").filter(has_text="存了你 1 条原话").last).to_be_visible()
    await town.tap("② 留着")
    await town.hears("先留着")
    await town.be("林晓舟")
    await town.open_group(GROUP)
    ended = await town.asks("/谈心 结束 刚搬来的想找人一起吃饭", "不再记录", "存了")
    ref = re.search(r"#(T\d+)", await ended.inner_text())
    assert ref is not None
    await town.open_private("林晓舟")
    await town.asks(f"查看谈心 {ref[1]}", CADRES, WORDS)
    await town.be("团子")
    await town.open_private("团子")
    await expect(town.page.locator(".answers")).to_contain_text("① 没问题")
    await town.must_be_readable()
    await town.tap("①")
    await town.hears("就这样")
    await town.remembers("谈心原话 1 条", none_of=("你同意过「原话」",))


async def read_and_export(town: PeoplePage, folder: Path) -> None:
    """Everything held can be seen and taken along: one's own words and nobody else's."""
    await town.asks("看我的数据", "我存着你的这些", "原话 1 条")
    await town.asks("谁看过我的数据", "团干部", "看了谈心记录")
    async with town.page.expect_download() as coming:
        await town.say("导出我的数据")
        await (await town.hears(".zip")).locator("a.file").click()
    path = folder / "mine.zip"
    await (await coming.value).save_as(path)
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    (readable,) = [text for name, text in held.items() if name.endswith(".html")]
    assert 'lang="zh-CN"' in readable
    for text in (readable, held["data.json"]):
        assert "团子" in text
        assert WORDS in text
        assert not [words for words in (UNSAID, LATER, OTHERS, CADRES, INVITATION) if words in text]


async def be_forgotten(town: PeoplePage) -> None:
    """Asked once, then everything is gone, and a receipt without a name is what remains."""
    await town.asks("删除我的数据", "确认删除全部")
    await town.must_be_readable()
    await town.asks("确认删除", "已删除", "回执 D-")
    await town.remembers("没有保存任何关于团子的内容", none_of=("记住了", "谈心原话"))
    await town.asks("看我的数据", "没有存你的任何数据")


async def test_the_words_behind_a_slash_are_those_of_the_person_and_the_place(browser: Browser, address: str):
    async with watched(browser, DESK) as page:
        town = PeoplePage(page, address)
        await town.enter()

        async def offered() -> set[str]:
            await page.fill("#draft", "")
            await page.locator("#draft").press_sequentially("/")
            await expect(page.locator("#palette")).to_be_visible()
            return set(await page.locator(".word-itself").all_inner_texts())

        await town.be("小赵")
        await town.open_private("小赵")
        youth = await offered()
        await town.be("林晓舟")
        await town.open_private("林晓舟")
        cadre = await offered()
        await town.open_group(GROUP)
        group = await offered()
        await town.must_be_readable()
    assert youth >= {"许愿", "退出"}
    assert not youth & {"认领", "待办"}
    assert cadre >= {"认领", "待办"}
    assert not cadre & {"退出", "撤回"}
    assert any(word.startswith("谈心") for word in group)
    assert not group & {"待办", "许愿 "}


async def test_the_last_week_of_a_quarter_passes_and_what_falls_due_on_its_days_is_listed(
    browser: Browser, address: str
):
    """The clock of the bot that these tests share does not go back: what comes after this comes a week later."""
    async with watched(browser, DESK) as page:
        town = PeoplePage(page, address)
        await town.enter()
        before = await page.locator("#rehearsal-time").inner_text()
        await page.click("#open-clock")
        await town.must_be_readable()
        await page.click("[data-leap='quarter']")
        await expect(page.locator("#clock-halt")).to_be_visible()
        stands = page.locator("#clock-leaps")
        await expect(stands).to_be_visible(timeout=PATIENCE * 1000)
        await expect(page.locator("#rehearsal-time")).not_to_have_text(before)
        rows, dates = page.locator(".came-row"), "all => all.map((row) => row.firstChild.dateTime.slice(0, 16))"
        times = await rows.evaluate_all(dates)
        assert times == sorted(times)
        lunch = [f"2026-12-{day}T11:30" for day in (25, 28, 29, 30, 31)]
        mill = rows.filter(has=page.locator(".came-where", has_text=OTHER_GROUP))
        assert await mill.evaluate_all(dates) == lunch, "a reminder of each workday, on its day"
        assert "2026-12-28T09:00" in times, "what was set for the Monday of a quarter's last week"
        digests = page.locator(".came-row:has(time[datetime^='2026-12-25T08:30'])")
        assert await digests.count() >= 3, "each cadre's morning in the last week"
        await town.must_be_readable()
        await digests.first.click()
        await expect(page.locator("#clock-dialog")).to_be_hidden()
        await expect(page.locator(".answers")).to_be_visible()  # it is read where it was sent, and its digits wait


async def test_a_minor_in_distress_gets_the_card_at_once_and_is_reached(browser: Browser, address: str):
    async with watched(browser, PHONE) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await town.be("小雨")
        await town.open_private("小雨")
        card = await town.asks("感觉活着没意思 也没人在乎", "12356", "12355", "110", "我是程序")
        await expect(card).not_to_contain_text("没意思")
        await town.must_be_readable()
        await town.tap("①")
        await town.hears("值班", "没有告诉你的家人")
        await town.remembers("没有保存你的任何原话", none_of=("没意思",))
        await town.be("何静")
        await town.open_private("何静")
        called = page.locator(".message").filter(has_text="有人需要你现在联系")
        await expect(called).to_contain_text("小雨")
        await expect(called).not_to_contain_text("没意思")
        await town.must_be_readable()
        for other in ("林晓舟", "何予安"):
            await town.be(other)
            await town.open_private(other)
            await expect(page.locator("#lines")).not_to_contain_text("需要你现在联系")
            await town.open_group(GROUP)
            await expect(page.locator("#lines")).not_to_contain_text("没意思")
