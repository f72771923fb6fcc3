"""A whole bot in demo mode as a process of its own, and one browser to look at it."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import launch
from tests.live import LiveBot

PRINTED_WITHIN = 100
"""Seconds for a demo to play its history: ten on two idle cores, ten times as much when others want them too."""


@asynccontextmanager
async def demo_address(folder: Path, clock: str) -> AsyncIterator[str]:
    """The address that a demo prints at this hour; at the end it must stop in order."""
    unset = ("ONEBOT_", "ZHIXIN_ACCEPT", "ZHIXIN_PACE")  # a demo brings its own
    env = {k: v for k, v in LiveBot(folder).env.items() if not k.startswith(unset)}
    with (folder / "log").open("wb") as log:
        demo = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "demo",
            cwd=folder,
            env=env | {"ZHIXIN_CLOCK": clock},
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        found = await _printed_address(demo)
        assert found, (folder / "log").read_text(encoding="utf-8")[-3000:]
        yield found
        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), 20) == 0
        assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()


async def _printed_address(demo: asyncio.subprocess.Process) -> str:
    assert demo.stdout is not None
    async with asyncio.timeout(PRINTED_WITHIN):
        async for line in demo.stdout:
            if found := re.search(r"http://\S+", line.decode()):
                return found[0]
    return ""


@asynccontextmanager
async def one_browser() -> AsyncIterator[Browser]:
    """A running browser."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()
