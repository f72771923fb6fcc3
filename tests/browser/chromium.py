"""The system's Chromium for the page tests, and what every visited state must fulfil."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")
HARMLESS = frozenset({"127.0.0.1", "localhost"})
NOT_ON_THE_NETWORK = frozenset({"blob", "data", "about"})


async def launch(playwright: Playwright) -> Browser:
    """The browser, with nothing of its own on the network."""
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@asynccontextmanager
async def watched(browser: Browser, size: tuple[int, int], *, sharp: float = 1.0) -> AsyncIterator[Page]:
    """A page of this size; at its end no script failed, nothing was complained of, and only this machine was asked."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=sharp,
        reduced_motion="reduce",
        has_touch=size[0] < 768,
        accept_downloads=True,
    )
    page = await context.new_page()
    problems: list[str] = []

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in NOT_ON_THE_NETWORK and parts.hostname not in HARMLESS:
            problems.append(f"asked {url}")

    def complained(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            problems.append(message.text)

    context.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", complained)
    yield page
    await context.close()
    assert not problems, problems


async def violations(page: Page, *impacts: str) -> list[str]:
    """What axe finds, of these impacts or of all."""
    result = await Axe().run(page)
    return [
        f"{found['id']} ({found['impact']}): {found['nodes'][0]['html']}"
        for found in result.response["violations"]
        if not impacts or found["impact"] in impacts
    ]
