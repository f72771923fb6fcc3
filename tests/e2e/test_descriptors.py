"""Descriptors nearly used up by strangers' connections: the linked gateway is heard, stored and let in all the same."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.scene import AGREE, CADRE, GROUP, Scene, close_scene, open_scene
from tests.e2e.test_kill import until_stored
from tests.patience import PATIENCE
from tests.processes import OperatorsBot

LIMIT = 128
EATERS = 300
HALVES = (
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
    b"POST /onebot/v11/http HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET",
    b"GET /onebot/v11/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
)
NAMES = ("silent", "head", "body", "next", "line")


class NarrowBot(OperatorsBot):
    """A bot whose system grants it few descriptors."""

    program = (
        "-c",
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({LIMIT}, {LIMIT}))\n"
        "sys.argv = ['bot', 'run']\n"
        "runpy.run_module('bot', run_name='__main__')",
    )


@contextlib.asynccontextmanager
async def eaters(port: int, halves: Sequence[bytes]) -> AsyncIterator[None]:
    """Hundreds of connections that say half of something, and come back as soon as they are closed."""

    async def eat(number: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                begun.add(number)
                try:
                    writer.write(halves[number % len(halves)])
                    while await reader.read(1024):
                        pass
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.2)

    begun: set[int] = set()
    tasks = [asyncio.create_task(eat(number)) for number in range(EATERS)]
    try:
        async with asyncio.timeout(PATIENCE):
            while len(begun) < EATERS:  # noqa: ASYNC110 - what is counted tells nobody
                await asyncio.sleep(0.02)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def files_of(scene: Scene) -> int:
    """How many descriptors the bot's process holds."""
    assert scene.bot.process is not None
    return len(os.listdir(f"/proc/{scene.bot.process.pid}/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize(
    "halves",
    [
        pytest.param(HALVES, id="all"),
        *(pytest.param((half,), id=name, marks=pytest.mark.nightly) for name, half in zip(NAMES, HALVES, strict=True)),
    ],
)
async def test_strangers_do_not_use_up_the_descriptors(tmp_path: Path, halves: Sequence[bytes]) -> None:
    scene = await open_scene(tmp_path, agree=AGREE[:1], kind=NarrowBot)
    try:
        async with eaters(scene.bot.port, halves):
            await scene.says(CADRE, "/谈心 开始", in_group=True, expect="●")
            await scene.gateway.group_message(GROUP, AGREE[0], "第一句")
            await until_stored(scene, 1)
            await scene.gateway.drop()
            await scene.gateway.connect()
            await scene.gateway.group_message(GROUP, AGREE[0], "第二句")
            await until_stored(scene, 2)
            await scene.says(AGREE[0], "导出我的数据")
            assert files_of(scene) < LIMIT
            assert scene.bot.command("doctor") is not None
        log = scene.bot.read_log()
        assert "Traceback" not in log
        assert "Too many open files" not in log
        await scene.gateway.close()
        assert await asyncio.to_thread(scene.bot.stop) == 0
    finally:
        await close_scene(scene)
