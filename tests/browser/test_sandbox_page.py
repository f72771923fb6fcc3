"""The sandbox's page in a real browser: what people see and do, with a bot that answers on the world directly."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.core.rules.message import ChatKind, Text
from bot.sandbox.remembered import Behind, Kept, Remembered, Word
from bot.sandbox.spec import ChipPlace, GuideStep
from bot.sandbox.values import Change, Chat, Said
from bot.sandbox.web import build
from bot.sandbox.world import World
from tests.browser.chromium import launch, needs_chromium, violations
from tests.patience import PATIENCE
from tests.sandbox.worlds import BOT, CLEAR_CREEK, KAI, LIN, SPEC, ZHAO, make_clock, make_world

PHONE, DESK = (360, 700), (1280, 800)
GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
NOTHING = Kept()
IN_PRIVATE = [Word("许愿", "许一个心愿", "许愿 <内容>", more=True), Word("帮助", "能做什么", "帮助", more=False)]
IN_GROUPS = [Word("停止记录", "不再存", "/停止记录", more=False), Word("加入", "加入", "/加入 [称呼]", more=False)]
HOSTILE = '<img src=x onerror="document.title=1">'

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all of them
]


@asynccontextmanager
async def served(world: World, stored: Kept = NOTHING) -> AsyncIterator[str]:
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

    async def kept(_lines: Mapping[int, Collection[int]]) -> Kept:
        return stored

    async def words(_native_id: str, group: int | None) -> list[Word]:
        return IN_GROUPS if group else IN_PRIVATE

    world.subscribe(answer)
    app = FastAPI(openapi_url=None)
    app.mount("/sandbox", build(world, behind=Behind(remembered, kept, words), clock=make_clock()))
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
    browser: Browser, world: World, size: tuple[int, int] = DESK, scheme: str = "light", stored: Kept = NOTHING
) -> AsyncIterator[Page]:
    async with served(world, stored) as address:
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


async def test_options_stay_with_the_question_until_it_is_answered_wherever_it_is_repeated(browser: Browser):
    world = make_world()
    private = Chat(ChatKind.PRIVATE, LIN)
    world.say_as_bot(private, [Text("要留下吗？\n① 不留\n② 留下")])
    async with page_on(browser, world) as page:
        await open_chat(page, private.key)
        await page.fill("#draft", "谁会看到？")
        world.say_as_bot(private, [Text("只有你。")])
        asked = page.locator(".message", has_text="要留下吗").locator(".answers button")
        await expect(asked).to_have_count(2)
        world.say_as_bot(private, [Text("还有一个问题等你：要留下吗？\n① 不留\n② 留下")])
        await expect(page.locator(".answers")).to_have_count(1)
        await expect(page.locator(".message").last.locator(".answers button")).to_have_count(2)
        world.say(LIN, private, "2")  # the bot of this test answers with the same question anew
        await expect(page.locator(".answers")).to_have_count(1)
        await expect(page.locator(".message").last.locator(".answers")).to_be_visible()


async def test_a_slash_offers_the_words_of_the_place_and_keys_choose(browser: Browser):
    async with page_on(browser, make_world()) as page:
        await open_chat(page, GROUP.key)
        await page.locator("#draft").press_sequentially("/")
        await expect(page.locator(".word-itself")).to_have_text([word.word for word in IN_GROUPS])
        await page.press("#draft", "ArrowDown")
        await page.press("#draft", "Enter")
        await expect(page.locator("#draft")).to_have_value(f"/{IN_GROUPS[1].word}")
        await expect(page.locator("#palette")).to_be_hidden()
        await open_chat(page, f"private-{LIN}")
        await page.locator("#draft").press_sequentially("/许")
        await expect(page.locator(".word-itself")).to_have_text([IN_PRIVATE[0].word])
        await page.press("#draft", "Tab")
        await expect(page.locator("#draft")).to_have_value(f"{IN_PRIVATE[0].word} ")  # it wants words behind it


async def test_entries_of_a_list_are_opened_by_their_number_and_other_numbers_are_no_question(browser: Browser):
    world = make_world()
    private = Chat(ChatKind.PRIVATE, LIN)
    world.say_as_bot(private, [Text("待办：\n1. #W5079 心愿\n2. #V4822 心声\n发序号看那一件。")])
    async with page_on(browser, world) as page:
        await expect(page.locator(".answers button")).to_have_text(["1 #W5079", "2 #V4822"])
        await page.locator(".answers button").last.click()
        await expect(page.locator(".message.mine .bubble")).to_have_text("2")
        world.say_as_bot(private, [Text("两条规矩：\n1. 自愿\n2. 随时能停")])
        await expect(page.locator(".message").last.locator(".answers")).to_have_count(0)


async def test_quick_commands_are_only_those_that_fit(browser: Browser):
    async with page_on(browser, make_world()) as page:
        await be(page, ZHAO)
        await open_chat(page, f"private-{ZHAO}")
        fitting = [IN_PRIVATE[1].word, IN_PRIVATE[0].word]
        await expect(page.locator("#chips button")).to_have_text(fitting)  # 我的同意 is no word of this place


async def test_the_arrow_up_brings_back_what_one_said_and_leaves_a_draft_alone(browser: Browser):
    world = make_world()
    world.say(LIN, GROUP, "第一句")
    world.say(KAI, GROUP, "别人的")
    world.say(LIN, GROUP, "第二句")
    async with page_on(browser, world) as page:
        await open_chat(page, GROUP.key)
        for key, shown in (("ArrowUp", "第二句"), ("ArrowUp", "第一句"), ("ArrowDown", "第二句"), ("ArrowDown", "")):
            await page.press("#draft", key)
            await expect(page.locator("#draft")).to_have_value(shown)
        await page.fill("#draft", "正写着")
        await page.press("#draft", "ArrowUp")
        await expect(page.locator("#draft")).to_have_value("正写着")


async def test_bubbles_of_one_person_stand_under_one_name_and_others_apart(browser: Browser):
    world = make_world()
    for who, words in ((ZHAO, "一"), (ZHAO, "二"), (KAI, "三"), (ZHAO, "四")):
        world.say(who, GROUP, words)
    async with page_on(browser, world) as page:
        await open_chat(page, GROUP.key)
        await expect(page.locator(".message-by")).to_have_count(3)
        await expect(page.locator(".goes-on .bubble")).to_have_text(["二"])
        await expect(page.locator(".stamp")).to_have_count(1)
        await expect(page.locator(".message time")).to_have_count(0)


async def test_while_it_records_every_bubble_says_whether_it_is_stored(browser: Browser):
    world = make_world()
    stored, said = world.say(ZHAO, GROUP, "存我"), world.say(KAI, GROUP, "别存")
    world.say(LIN, GROUP, "/停止记录")
    kept = Kept({CLEAR_CREEK: said.at}, frozenset({stored.id}))
    async with page_on(browser, world, stored=kept) as page:
        await expect(page.locator("#recording")).to_be_hidden()  # in private nothing is recorded
        await open_chat(page, GROUP.key)
        await expect(page.locator("#recording")).to_be_visible()
        signs = {line: page.locator(f".message[data-line='{line}'] .sign") for line in (stored.id, said.id)}
        await expect(signs[stored.id]).to_have_class("sign kept")
        await expect(signs[said.id]).to_have_class("sign open")
        await expect(page.locator(".sign")).to_have_count(2)  # a command is none of either


async def test_with_the_keyboard_up_the_words_keep_their_room(browser: Browser):
    world = make_world()
    height = "document.getElementById('log').clientHeight"
    async with page_on(browser, world, (360, 740)) as page:
        await open_chat(page, GROUP.key)
        await page.set_viewport_size({"width": 360, "height": 420})
        await page.focus("#draft")
        assert await page.evaluate(height) >= 0.6 * 420
        await expect(page.locator("#persona")).to_be_visible()  # who one is stays in sight


async def test_badges_end_when_all_was_seen(browser: Browser):
    world = make_world()
    for person in (ZHAO, KAI):
        world.say_as_bot(Chat(ChatKind.PRIVATE, person), [Text("有人找你")])
        world.say_as_bot(Chat(ChatKind.PRIVATE, person), [Text("还在吗")])
    async with page_on(browser, world) as page:
        await expect(page.locator("#persona-unread")).to_contain_text("2")  # people, not messages
        await page.click("#persona")
        await page.click("#all-read")
        await expect(page.locator("#persona-unread")).to_be_hidden()


async def test_the_tour_goes_on_only_by_what_was_really_done_and_skips_nothing(browser: Browser):
    guide = (
        GuideStep("一", ZHAO, ChipPlace.GROUP, ("/加入",)),
        GuideStep("二", ZHAO, ChipPlace.PRIVATE, ("3",)),
        GuideStep("三", ZHAO, ChipPlace.GROUP),
    )
    world = make_world(replace(SPEC, guide=guide))
    private = Chat(ChatKind.PRIVATE, ZHAO)
    async with page_on(browser, world) as page:
        words = page.locator("#guide-words")
        world.say(ZHAO, GROUP, "随便说一句")  # the third step, too early
        world.say(ZHAO, private, "3")  # the second one, too early
        await expect(page.locator(".message", has_text="随便说一句")).to_be_visible()
        await expect(words).to_contain_text("1/3")
        world.say(ZHAO, GROUP, "/加入 小赵")
        await expect(words).to_contain_text("2/3")
        world.say(ZHAO, private, "3")
        await expect(words).to_contain_text("3/3")
        world.say(ZHAO, GROUP, "你好")
        await expect(words).not_to_contain_text("/3")
        await page.click("#guide-off")
        await expect(page.locator("#guide")).to_be_hidden()


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
