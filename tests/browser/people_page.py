"""The sandbox's page as people use it: choose who one is, open a chat, type, tap, read."""

import re

from playwright.async_api import Locator, Page, expect

from bot.sandbox.demo import demo_data
from tests.browser.chromium import violations
from tests.patience import PATIENCE

DEMO = demo_data()
NUMBERS = {person["name"]: person["number"] for person in DEMO["person"]}
GROUPS = {group["name"]: group["number"] for group in DEMO["group"]}


class PeoplePage:
    """One open page; remembers the newest line it saw, so that an answer is always a new one."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.newest = 0
        self.phone = (page.viewport_size or {"width": 0})["width"] < 768
        page.set_default_timeout(PATIENCE * 1000)

    async def enter(self) -> None:
        """Open the page."""
        await self.page.goto(self.address)
        await expect(self.page.locator("#chat-list .chat-item").first).to_be_attached()

    async def be(self, name: str) -> None:
        """Choose a person in the dialog."""
        await self.page.click("#persona")
        await self.page.click(f"[data-person='{NUMBERS[name]}']")
        await expect(self.page.locator("#persona-name")).to_contain_text(name)

    async def open_private(self, name: str) -> None:
        """The chat of this person with the bot."""
        await self._open(f"private-{NUMBERS[name]}")

    async def open_group(self, name: str) -> None:
        """A group's chat."""
        await self._open(f"group-{GROUPS[name]}")

    async def _open(self, key: str) -> None:
        if self.phone:
            await self.page.click("#open-chats")
        await self.page.click(f"[data-chat='{key}']")
        await expect(self.page.locator(f"[data-chat='{key}']")).to_have_attribute("aria-current", "true")

    async def say(self, text: str) -> Locator:
        """Type and send; returns one's own bubble once it stands there."""
        await self.page.fill("#draft", text)
        if self.phone:
            await self.page.click("#send")
        else:
            await self.page.press("#draft", "Enter")
        own = self._newer("mine", text)
        await expect(own).to_be_visible()
        self.newest = int(await own.get_attribute("data-line") or 0)
        return own

    async def tap(self, name: str) -> None:
        """Tap a button under the last question, or a quick command."""
        await self.page.locator("#chips, .answers").get_by_role("button", name=name).last.click()

    async def hears(self, *pieces: str) -> Locator:
        """Wait for a new message that contains all this; what comes after must be newer still."""
        found = self._newer("", *pieces)
        await expect(found, f"an answer with {pieces}").to_be_visible()
        self.newest = int(await found.get_attribute("data-line") or 0)
        return found

    async def asks(self, text: str, *answer: str) -> Locator:
        """Say something and wait for what is answered."""
        await self.say(text)
        return await self.hears(*answer)

    async def last_shown(self, pattern: str) -> str:
        """What the pattern's group finds in the newest line of this chat that it is in."""
        lines = await self.page.locator("#lines .message").all_inner_texts()
        found = [one[1] for one in map(re.compile(pattern).search, lines) if one is not None]
        assert found, f"no line with {pattern}"
        return found[-1]

    def _newer(self, kind: str, *pieces: str) -> Locator:
        mine = "contains(@class, 'mine')" if kind == "mine" else "not(contains(@class, 'mine'))"
        path = f"//div[contains(@class, 'message ') or @class='message'][@data-line > {self.newest}][{mine}]"
        found = self.page.locator(f"xpath={path}")
        for piece in pieces:
            found = found.filter(has_text=piece)
        return found.first

    async def passes_until(self, to: str) -> None:
        """Move the demo's clock forward to ``2026-11-24T21:00``; everything that is due on the way happens."""
        await self.page.click("#open-clock")
        await self.page.fill("#clock-to", to)
        await self.page.locator("#clock-own").get_by_role("button").click()
        await expect(self.page.locator("#clock-halt")).to_be_hidden()
        await expect(self.page.locator("#clock-lead")).to_contain_text(to[11:])
        await self.page.keyboard.press("Escape")

    async def recall(self, bubble: Locator) -> None:
        """Take a message back by its menu."""
        await bubble.locator(".bubble-menu").click()
        await self.page.get_by_role("button", name="撤回", exact=True).click()

    async def remembers(self, *pieces: str, none_of: tuple[str, ...] = ()) -> None:
        """Read the side panel: live, so it is waited for."""
        if self.phone:
            await self.page.click("#open-memory")
        for piece in pieces:
            await expect(self.page.locator("#memory-body")).to_contain_text(piece)
        for piece in none_of:
            await expect(self.page.locator("#memory-body")).not_to_contain_text(piece)
        if self.phone:
            await self.page.click("[data-close='memory']")

    async def must_be_readable(self) -> None:
        """Nothing serious for axe, and nothing to scroll sideways."""
        found = await violations(self.page, "serious", "critical")
        assert not found, found
        wide = "[document.documentElement, ...document.querySelectorAll('#log, .side, dialog[open]')]"
        wide += ".filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.id || e.tagName)"
        found = await self.page.evaluate(wide)
        assert not found, found
