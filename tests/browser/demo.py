"""A whole bot in demo mode as a process of its own, and one browser to look at it."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import launch
from tests.live import LiveBot, Process

PRINTED_WITHIN = 100
"""Seconds for a demo to play its history: ten on two idle cores, ten times as much when others want them too."""


@asynccontextmanager
async def demo_address(folder: Path, clock: str) -> AsyncIterator[str]:
    """The address that a demo prints at this hour; at the end it must stop in order."""
    unset = ("ONEBOT_", "ZHIXIN_ACCEPT", "ZHIXIN_PACE")  # a demo brings its own
    bot = LiveBot(folder)
    bot.env = {k: v for k, v in bot.env.items() if not k.startswith(unset)} | {"ZHIXIN_CLOCK": clock}
    bot.log.touch()
    demo = bot.run("demo")
    try:
        yield await _printed_address(demo, bot)
        demo.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(demo.wait, 20) == 0
        assert "Traceback" not in bot.read_log()
    finally:
        if demo.poll() is None:
            demo.send_signal(signal.SIGKILL)


async def _printed_address(demo: Process, bot: LiveBot) -> str:
    async with asyncio.timeout(PRINTED_WITHIN):
        while True:
            if found := re.search(r"http://\S+(?=\s)", bot.read_log()):
                return found[0]
            assert demo.poll() is None, bot.read_log()[-3000:]
            await asyncio.sleep(0.1)


@asynccontextmanager
async def one_browser() -> AsyncIterator[Browser]:
    """A running browser."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()
