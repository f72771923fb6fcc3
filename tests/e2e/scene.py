"""A county on a live bot: a cadre, a linked group, youths who joined, some of whom agreed to be recorded."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.clock import Clock
from bot.config import Settings
from bot.parts import master_keys
from bot.store.store import Store
from tests.gateway import FakeGateway, group, private
from tests.live import BOT, TOKEN, LiveBot, with_roster

CADRE, GROUP = 90000011, 80000001
YOUTHS = {90000021: "小赵", 90000022: "阿凯", 90000023: "老周", 90000024: "小雨"}
MINOR = 90000024
AGREE = (90000021, 90000023, 90000024)


@dataclass(slots=True)
class Scene:
    """The bot's process and its gateway."""

    bot: LiveBot
    gateway: FakeGateway
    heard: dict[str, int] = field(default_factory=dict)

    async def says(self, user: int, text: str, *, in_group: bool = False, expect: str = "") -> str:
        """Say something and wait for a new answer that contains ``expect``; returns its words."""
        where = group(GROUP) if in_group else private(user)
        known = len(self.gateway.shown[where])
        if in_group:
            await self.gateway.group_message(GROUP, user, text)
        else:
            await self.gateway.private_message(user, text)
        shown = await self.gateway.expect_message(
            where, lambda one: one in self.gateway.shown[where][known:] and expect in one.text
        )
        return shown.text

    async def restart(self) -> None:
        """Start the process again and let the gateway connect."""
        await self.bot.start()
        await self.gateway.connect()

    async def open_store(self) -> Store:
        """The stopped bot's database, with its own keys."""
        assert self.bot.process is None
        settings = Settings(_env_file=None, zhixin_data_dir=self.bot.folder / "data")  # type: ignore[call-arg]
        return await Store.open(settings.database_url, masters=master_keys(settings), clock=Clock())


async def open_scene(
    folder: Path, *, agree: Iterable[int] = AGREE, kind: Callable[..., LiveBot] = LiveBot, **env: str
) -> Scene:
    """Everything up to the point where a talk may be opened, done by what people type."""
    bot = kind(folder, **env)
    codes = with_roster(bot, {"林晓舟": "专职"})
    await bot.start()
    gateway = FakeGateway(bot.port, token=TOKEN, self_id=BOT, seed=7)
    await gateway.connect()
    scene = Scene(bot, gateway)
    await scene.says(CADRE, f"绑定 {codes['林晓舟']}", expect="林晓舟")
    await scene.says(CADRE, "/关联本群", in_group=True)
    for number, name in YOUTHS.items():
        await gateway.group_message(GROUP, number, f"/加入 {name}")
        await gateway.expect_message(private(number), lambda one: "①" in one.text)
        await scene.says(number, "2" if number == MINOR else "3", expect="原话")
    for number in agree:
        await scene.says(number, "同意 原话")
        if number == MINOR:
            await scene.says(number, "1")
    return scene


async def close_scene(scene: Scene) -> None:
    """Stop whatever still runs."""
    await scene.gateway.close()
    if scene.bot.process is not None:
        await asyncio.to_thread(scene.bot.kill)
