"""Waiting for what happens in a world, bounded and without sleeping."""

import asyncio
import socket
from collections.abc import Callable

from bot.sandbox.values import Chat, Line
from bot.sandbox.world import World
from tests.patience import PATIENCE


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def line_where(world: World, chat: Chat, holds: Callable[[Line], bool], *, timeout: float = PATIENCE) -> Line:
    """The first line of a chat of which something holds, now or as soon as it comes."""
    changed = asyncio.Event()
    unsubscribe = world.subscribe(lambda _change: changed.set())
    try:
        async with asyncio.timeout(timeout):
            while True:
                for line in world.lines(chat, count=1000):
                    if holds(line):
                        return line
                await changed.wait()
                changed.clear()
    finally:
        unsubscribe()
