"""The contenders: each one a process, and a gateway connected to it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.database import Database
from tests.bench.meter import Cost, Meter
from tests.bench.sender import Flooder
from tests.e2e.scene import CADRE, Scene, close_scene, open_scene
from tests.gateway import group
from tests.live import BOT, TOKEN, LiveBot, free_port

HERE: Final = Path(__file__).parent
SPEAKERS: Final = (90000021, 90000023)
"""Those of the scene who agreed to be recorded."""
PLAIN_GROUP: Final = 80000002
"""A linked group in which no talk is open."""
OTHER_BOT: Final = "90000001"
"""A second account of the same bot, with a gateway of its own."""


@dataclass(slots=True)
class Contender:
    """A bot that hears the messages of one group."""

    name: str
    pid: int
    gateway: Flooder
    group: int = PLAIN_GROUP
    costs: list[Cost] = field(default_factory=list)

    async def flood(self, messages: int) -> Cost:
        """Send so many at once; what they cost until the bot is at rest again."""
        frames = await self.gateway.prepare(messages, self.group, SPEAKERS)
        meter = Meter(self.pid)
        await self.gateway.pour(frames)
        return await meter.finish(messages)


async def stock(stack: AsyncExitStack, folder: Path, name: str, matchers: int, *more: str) -> Contender:
    """Start a stock NoneBot; ``more`` may begin with another interpreter (``python=...``), then come plugins."""
    python = next((word[7:] for word in more if word.startswith("python=")), sys.executable)
    plugins = [word for word in more if not word.startswith("python=")]
    port = free_port()
    env = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    env |= {"HOST": "127.0.0.1", "PORT": str(port), "ONEBOT_ACCESS_TOKEN": TOKEN, "LOG_LEVEL": "WARNING"}
    env |= {"LOCALSTORE_USE_CWD": "true", "ALEMBIC_STARTUP_CHECK": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - starting it takes no time
            [python, str(HERE / "stock.py"), str(matchers), *plugins], cwd=folder, env=env, stdout=log, stderr=log
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return Contender(name, process.pid, await _connected(stack, port, BOT))


@dataclass(slots=True)
class Ours(Contender):
    """知心 with a scene: a cadre, two linked groups, youths who agreed; maybe an open talk."""

    scene: Scene = field(kw_only=True)
    other: Flooder = field(kw_only=True)
    database: Database = field(kw_only=True)

    @property
    def bot(self) -> LiveBot:
        """Its process and its folder."""
        return self.scene.bot

    async def count(self, statement: str) -> int:
        """A number in its database."""
        return await self.database.count(self.bot.folder, self.bot.folder.name, statement)


async def ours(stack: AsyncExitStack, folder: Path, database: Database) -> Ours:
    """Start 知心 as an operator does, and play everything up to an open talk in the scene's group."""
    await database.prepare(folder.name)
    kind = partial(LiveBot, **database.environment(folder.name))
    scene = await open_scene(folder, kind=kind, ONEBOT_SELF_IDS=f"{BOT} {OTHER_BOT}")
    stack.push_async_callback(close_scene, scene)
    await scene.gateway.group_message(PLAIN_GROUP, CADRE, "/关联本群")
    await scene.gateway.expect_message(group(PLAIN_GROUP))
    gateway = await _connected(stack, scene.bot.port, BOT)  # the newest connection of an account is the one that counts
    scene.gateway = gateway
    await scene.says(CADRE, "/谈心 开始 夜班", in_group=True, expect="●")
    assert scene.bot.process is not None
    other = await _connected(stack, scene.bot.port, OTHER_BOT)
    return Ours("ours", scene.bot.process.pid, gateway, scene=scene, other=other, database=database)


async def declared(stack: AsyncExitStack, folder: Path, commands: int) -> Contender:
    """Start 知心 with exactly so many commands; nobody is known there."""
    bot = LiveBot(folder)
    bot.program = ("-m", "tests.bench.ours", str(commands))
    await asyncio.to_thread(bot.command, "migrate")
    await bot.start()
    stack.callback(bot.kill)
    assert bot.process is not None
    return Contender(f"{commands} commands", bot.process.pid, await _connected(stack, bot.port, BOT))


async def _connected(stack: AsyncExitStack, port: int, self_id: str) -> Flooder:
    gateway = Flooder(port, token=TOKEN, self_id=self_id)
    await gateway.connect(timeout=30.0)
    stack.push_async_callback(gateway.close)
    return gateway


def fresh(folder: Path, name: str) -> Path:
    """A folder of its own for a process."""
    (folder / name).mkdir()
    return folder / name


async def rounds(contenders: Sequence[tuple[Contender, int]], times: int) -> None:
    """Everyone in turn, several times over: what disturbs the machine disturbs them alike."""
    for _ in range(times):
        for contender, messages in contenders:
            contender.costs.append(await contender.flood(messages))
