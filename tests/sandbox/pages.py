"""The sandbox's web side in a test: without a server, or on a real one."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from bot.core.rules.message import ChatKind
from bot.sandbox.passing import Passing
from bot.sandbox.remembered import Behind, Remembered
from bot.sandbox.values import Chat
from bot.sandbox.web import build
from bot.sandbox.world import World
from tests.patience import PATIENCE
from tests.sandbox.worlds import CLEAR_CREEK, ZHAO, make_clock

GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
PRIVATE = Chat(ChatKind.PRIVATE, ZHAO)
HOSTILE = '</script><img src=x onerror="alert(1)">[CQ:at,qq=all]{{7*7}}'
ORIGIN = "http://127.0.0.1:8080"


@dataclass
class Memory:
    """What the bot says it remembers, as a test wants it."""

    items: dict[str, list[Remembered]] = field(default_factory=dict)
    broken: bool = False

    async def ask(self, number: str) -> Sequence[Remembered]:
        if self.broken:
            raise RuntimeError("invented failure")
        return self.items.get(number, [])


def make_app(world: World, memory: Memory | None = None, passing: Passing | None = None) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.mount("/sandbox", build(world, behind=Behind((memory or Memory()).ask), clock=make_clock(), passing=passing))
    return app


@asynccontextmanager
async def page_of(
    world: World,
    *,
    client: str = "127.0.0.1",
    host: str = "127.0.0.1:8080",
    memory: Memory | None = None,
    passing: Passing | None = None,
    **headers: str,
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(world, memory, passing), client=(client, 40000))
    sent = {"Origin": ORIGIN, **headers}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}/sandbox", headers=sent) as http:
        yield http


def said(text: str, person: int = ZHAO, chat: str = GROUP.key) -> dict[str, Any]:
    return {"person": person, "chat": chat, "text": text}


@asynccontextmanager
async def served(world: World, memory: Memory | None = None) -> AsyncIterator[str]:
    """The page on a real server; its address as host:port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # who connects before the server runs waits here
    server = uvicorn.Server(
        uvicorn.Config(make_app(world, memory), log_config=None, lifespan="off", ws="websockets-sansio")
    )
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await task
        listening.close()


def live(address: str, *, origin: str | None = "", after: int = 0, run: str = "") -> connect:
    origins = {} if origin is None else {"Origin": origin or f"http://{address}"}
    url = f"ws://{address}/sandbox/api/live?after={after}&run={run}"
    return connect(url, additional_headers=origins, proxy=None)


async def told(page: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            frame = json.loads(await page.recv())
            if frame["type"] == kind:
                return frame
