"""Films a wish on the real page of a demo, for the READMEs: ``python -m tests.browser.film docs/images``.

Writes ``wish.png`` (moving) and ``desk.png`` (the page at a desk, the clock moved to the next noon). Not a test.
"""

import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import watched
from tests.browser.demo import demo_address, one_browser
from tests.browser.people_page import PeoplePage
from tests.browser.picture import SHARP, moving, still
from tests.patience import PATIENCE

EVENING = "2026-11-25T19:30:00+08:00"
NEXT_DAY = "2026-11-26T12:00"
PHONE, DESK = (360, 640), (1280, 800)
MOST = 600 * 1024
"""Bytes of the moving picture."""
OWNER, CADRE, GROUP = "苗苗", "林晓舟", "清溪青年"
WISH = "想要一本旧的摄影入门书"


@dataclass(slots=True)
class Film:
    """What was shot so far."""

    page: Page
    shots: list[tuple[bytes, float]] = field(default_factory=list)

    async def shoot(self, seconds: float) -> None:
        """The page as it is now, for so long."""
        await self.page.evaluate("document.getElementById('log').scrollTop = 1e9")
        self.shots.append((await self.page.screenshot(), seconds))


async def wish(browser: Browser, address: str) -> bytes:
    """Made by a youth, claimed and done by a cadre, fulfilled by the youth's word."""
    async with watched(browser, PHONE, sharp=SHARP) as page:
        town, film = PeoplePage(page, address), Film(page)
        await town.enter()
        await town.be(OWNER)
        await town.open_private(OWNER)
        await page.click("#guide-off")
        await page.fill("#draft", f"许愿 {WISH}")
        await film.shoot(1.6)
        made = await town.asks(f"许愿 {WISH}", "登记好了")
        found = re.search(r"#(W[0-9]+)", await made.inner_text())
        assert found is not None
        ref = found[1]
        await town.hears("归个类", ref)
        await film.shoot(2.6)
        await town.tap("②")
        await town.hears("学习进步")
        await film.shoot(1.6)
        await town.be(CADRE)
        await town.open_private(CADRE)
        await film.shoot(2.2)
        await town.asks(f"认领 {ref}", "认领好了", ref)
        await film.shoot(2.2)
        before = town.newest
        await town.asks(f"完成 {ref} 找到一本，带给了{OWNER}", "收到")
        await film.shoot(2.6)
        town.newest = before
        await town.be(OWNER)
        await town.open_private(OWNER)
        await town.hears("收到了吗", ref)
        await film.shoot(2.6)
        await town.tap("①")
        await town.hears("圆梦", ref)
        await film.shoot(3.0)
    return await moving(browser, film.shots)


async def desk(browser: Browser, address: str) -> bytes:
    """The whole page, with what an hour brought."""
    async with watched(browser, DESK) as page:
        town = PeoplePage(page, address)
        await town.enter()
        await page.click("#guide-off")
        await town.be(CADRE)
        await town.open_group(GROUP)
        await page.click("#open-clock")
        await page.fill("#clock-to", NEXT_DAY)
        await page.click("#clock-own button")
        await expect(page.locator("#clock-halt")).to_be_visible()
        await expect(page.locator("#clock-leaps")).to_be_visible(timeout=PATIENCE * 1000)
        return await still(browser, await page.screenshot())


async def main(folder: Path) -> None:
    """Both pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        async with demo_address(Path(scratch), EVENING) as address, one_browser() as browser:
            film = await wish(browser, address)
            assert len(film) <= MOST, len(film)
            (folder / "wish.png").write_bytes(film)
            (folder / "desk.png").write_bytes(await desk(browser, address))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
