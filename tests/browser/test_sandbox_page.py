"""The sandbox's page in a real browser: what people see and do, with a bot that answers on the world directly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.core.rules.message import ChatKind, Text
from bot.sandbox.remembered import Remembered
from bot.sandbox.values import Change, Chat, Said
from bot.sandbox.web import build
from bot.sandbox.world import World
from tests.browser.chromium import launch, needs_chromium, violations
from tests.patience import PATIENCE
from tests.sandbox.worlds import BOT, CLEAR_CREEK, KAI, LIN, ZHAO, make_clock, make_world

PHONE, DESK = (360, 700), (1280, 800)
GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
HOSTILE = '<img src=x onerror="document.title=1">'

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all of them
]


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The page on loopback, behind it a bot that says "收到" in private and remembers how often."""
    heard: dict[int, int] = {}

    def answer(change: Change) -> None:
        if isinstance(change.what, Said) and change.what.line.sender != BOT:
            line = change.what.line
            heard[line.sender] = heard.get(line.sender, 0) + 1
            if line.chat.kind is ChatKind.PRIVATE:
                world.say_as_bot(line.chat, [Text("收到。要留下吗？\n① 不留\n② 留下")])

    async def remembered(number: str) -> list[Remembered]:
        count = heard.get(int(number), 0)
        return [Remembered("chat", f"说过 {count} 句", stored=True)] if count else []

    world.subscribe(answer)
    app = FastAPI(openapi_url=None)
    app.mount("/sandbox", build(world, remembered=remembered, clock=make_clock()))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/sandbox/"
    finally:
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await task
        listening.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


@asynccontextmanager
async def page_on(
    browser: Browser, world: World, size: tuple[int, int] = DESK, scheme: str = "light"
) -> AsyncIterator[Page]:
    async with served(world) as address:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=size[0] < 768,
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(address)
        await expect(page.locator("#chat-list .chat-item").first).to_be_attached()
        yield page
        await context.close()
        assert problems == []


async def be(page: Page, person: int) -> None:
    await page.click("#persona")
    await page.click(f"[data-person='{person}']")


async def open_chat(page: Page, key: str) -> None:
    if await page.locator("#open-chats").is_visible():
        await page.click("#open-chats")
    await page.click(f"[data-chat='{key}']")


async def test_hostile_words_and_names_are_shown_and_do_nothing(browser: Browser):
    world = make_world()
    world.say(LIN, GROUP, HOSTILE)
    async with page_on(browser, world) as page:
        await open_chat(page, GROUP.key)
        await expect(page.locator(".bubble")).to_have_text(HOSTILE)
        assert await page.locator("#lines img").count() == 0
        await expect(page).not_to_have_title("1")


async def test_enter_sends_shift_enter_does_not_and_neither_does_an_input_method(browser: Browser):
    world = make_world()
    async with page_on(browser, world) as page:
        await page.fill("#draft", "第一行")
        await page.press("#draft", "Shift+Enter")
        await page.locator("#draft").press_sequentially("第二行")
        composing = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
        await page.locator("#draft").dispatch_event("keydown", composing)
        await expect(page.locator("#draft")).to_have_value("第一行\n第二行")
        assert world.last_change == 0
        await page.press("#draft", "Enter")
        await expect(page.locator(".message.mine .bubble")).to_have_text("第一行\n第二行")
        await expect(page.locator("#draft")).to_have_value("")


async def test_a_refused_message_stays_in_the_input_with_the_reason(browser: Browser):
    world = make_world()
    async with page_on(browser, world) as page:
        await open_chat(page, GROUP.key)
        await page.fill("#draft", "还没发")
        world.roster.groups[CLEAR_CREEK].members.pop(LIN)  # the page cannot know yet
        await page.press("#draft", "Enter")
        await expect(page.locator("#problem")).to_contain_text("没有发出")
        await expect(page.locator("#draft")).to_have_value("还没发")


async def test_one_recalls_with_the_button_but_not_what_others_said(browser: Browser):
    world = make_world()
    world.say(KAI, GROUP, "别人的话")
    mine = world.say(ZHAO, GROUP, "说错了")
    async with page_on(browser, world, PHONE) as page:
        await be(page, ZHAO)
        await open_chat(page, GROUP.key)
        await page.locator(".message:not(.mine) .bubble-menu").click()
        await expect(page.get_by_role("button", name="撤回", exact=True)).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.locator(".message.mine .bubble-menu").click()
        await page.get_by_role("button", name="撤回", exact=True).click()
        await expect(page.locator(".system")).to_have_text("我撤回了一条消息")
    assert world.lines(GROUP, count=1)[0].id == mine.id
    assert world.lines(GROUP, count=1)[0].recalled_by == ZHAO


async def test_a_long_press_opens_the_menu_and_a_short_one_does_not(browser: Browser):
    world = make_world()
    world.say(LIN, GROUP, "按住我")
    async with page_on(browser, world, PHONE) as page:
        await open_chat(page, GROUP.key)
        bubble = page.locator(".bubble")
        touch = {"pointerType": "touch", "bubbles": True, "clientX": 5, "clientY": 5}
        await bubble.dispatch_event("pointerdown", touch)
        await bubble.dispatch_event("pointerup", touch)
        await expect(page.locator("#menu")).not_to_be_visible()
        await bubble.dispatch_event("pointerdown", touch)
        await expect(page.locator("#menu")).to_be_visible()


async def test_the_persona_is_always_named_and_others_unread_words_are_counted(browser: Browser):
    world = make_world()
    async with page_on(browser, world, PHONE) as page:
        await expect(page.locator("#persona-name")).to_have_text("林晓舟 · 团干部")
        world.say_as_bot(Chat(ChatKind.PRIVATE, ZHAO), [Text("有人找你")])
        await expect(page.locator("#persona-unread")).to_contain_text("1")
        await be(page, ZHAO)
        await expect(page.locator("#persona-name")).to_have_text("小赵 · 青年")
        await expect(page.locator(".bubble")).to_have_text("有人找你")
        await expect(page.locator("#persona-unread")).to_be_hidden()


async def test_the_options_of_a_question_become_buttons_that_answer(browser: Browser):
    world = make_world()
    async with page_on(browser, world) as page:
        await page.fill("#draft", "你好")
        await page.press("#draft", "Enter")
        await page.get_by_role("button", name="② 留下", exact=True).click()
        await expect(page.locator(".message.mine .bubble").nth(1)).to_have_text("2")


async def test_the_memory_is_live(browser: Browser):
    world = make_world()
    async with page_on(browser, world) as page:
        await expect(page.locator("#memory-body")).to_contain_text("没有保存任何关于林晓舟的内容")
        world.say(LIN, GROUP, "一句")
        await expect(page.locator("#memory-body")).to_contain_text("说过 1 句")


async def test_a_page_that_lost_the_server_says_so(browser: Browser):
    world = make_world()
    async with page_on(browser, world) as page:
        await expect(page.locator("#banner")).to_be_hidden()
        await page.context.set_offline(True)
        await page.fill("#draft", "还在")
        await page.press("#draft", "Enter")
        await expect(page.locator("#problem")).to_contain_text("没有发出去")
        await expect(page.locator("#draft")).to_have_value("还在")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_page_is_accessible_fits_and_is_big_enough_to_touch(
    browser: Browser, size: tuple[int, int], scheme: str
):
    world = make_world()
    world.say(ZHAO, GROUP, "很长的一句话，" * 12)
    world.say_as_bot(GROUP, [Text("收到")])
    world.leave_group(KAI, CLEAR_CREEK)
    async with page_on(browser, world, size, scheme) as page:
        await open_chat(page, GROUP.key)
        await expect(page.locator(".message")).to_have_count(2)
        found = await violations(page)
        await page.click("#persona")
        found += await violations(page)
        await page.keyboard.press("Escape")
        await page.locator(".bubble-menu").first.click()
        found += await violations(page)
        await page.keyboard.press("Escape")
        assert found == []
        assert await page.evaluate("document.documentElement.scrollWidth") == size[0]
        small = "[...document.querySelectorAll('button, a[href], textarea')].filter((e) => e.offsetParent && "
        small += (
            "!e.closest('[inert], .skip-link') && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.outerHTML)"
        )
        assert [e for e in await page.evaluate(small) if "skip-link" not in e] == []
