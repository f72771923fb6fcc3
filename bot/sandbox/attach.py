"""Hangs the sandbox into a running bot: the page at ``/sandbox`` and a gateway on the bot's own door."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI

from bot.clock import Clock
from bot.sandbox.client import GatewayClient
from bot.sandbox.panel import panel
from bot.sandbox.passing import Passing
from bot.sandbox.remembered import Behind
from bot.sandbox.signs import kept, words
from bot.sandbox.spec import WorldSpec
from bot.sandbox.web import build
from bot.sandbox.world import World
from bot.store.store import Store

if TYPE_CHECKING:
    import uvicorn

FIRST_LOOK: float = 0.01
"""Seconds between two looks whether the server listens."""


class Sandbox:
    """The world, its page and its gateway."""

    def __init__(self, world: World, token: str, clock: Clock, passing: Passing | None) -> None:
        self.world, self.passing = world, passing
        self._token, self._clock = token, clock
        self.gateway: GatewayClient | None = None
        self.port = 0

    async def when_up(self, server: "uvicorn.Server") -> None:
        """Connect the gateway once the server listens; the port is the one it really took."""
        while not server.started:  # noqa: ASYNC110 - uvicorn only sets a flag
            await asyncio.sleep(FIRST_LOOK)
        host, self.port = server.servers[0].sockets[0].getsockname()[:2]
        self.gateway = GatewayClient(
            self.world, url=f"ws://{host}:{self.port}/onebot/v11/ws", token=self._token, clock=self._clock
        )
        self.gateway.start()
        await self.gateway.connected(timeout=10)

    async def stop(self) -> None:
        """Let the clock go and disconnect the gateway."""
        if self.passing is not None:
            await self.passing.stop()
        if self.gateway is not None:
            await self.gateway.stop()


def attach(
    app: FastAPI,
    store: Store,
    clock: Clock,
    spec: WorldSpec,
    token: str,
    *,
    hand: Callable[[World], Passing] | None = None,
) -> Sandbox:
    """Mount the page; the gateway connects later, by ``when_up``. ``hand`` moves the clock: of a demo only."""
    world = World(spec, clock)
    passing = hand(world) if hand is not None else None
    behind = Behind(panel(store), kept(store, spec.bot_number), words(store, spec.bot_number))
    app.mount("/sandbox", build(world, behind=behind, clock=clock, passing=passing))
    return Sandbox(world, token, clock, passing)
