"""A real server with a OneBot 11 door, ours or the stock one, in the loop of the test; NoneBot's globals stay alone."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
import uvicorn
from nonebot.adapters import Event
from nonebot.adapters.onebot.v11 import Adapter as StockAdapter
from nonebot.adapters.onebot.v11.config import Config as StockConfig
from nonebot.config import Config, Env
from nonebot.drivers.fastapi import Driver

from bot.channels.onebot import SERVER_OPTIONS, Adapter, Guard
from bot.clock import ManualClock
from bot.core.rules.message import Address, Incoming, Notice, OutSegment, Unread
from tests.gateway import FakeGateway
from tests.patience import PATIENCE

TOKEN = "t" * 40
SELF_ID = "10001"
OTHER_ID = "10002"


class Kind(StrEnum):
    """Which door."""

    OURS = "ours"
    STOCK = "stock"


class Hazard(AssertionError):
    """The door let the described thing happen."""


def hazard_if(happened: object, what: str) -> None:
    """Fail with ``Hazard`` when it happened."""
    if happened:
        raise Hazard(what)


class Admits:
    """Admission of a fixed set of ids; remembers who asked."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)
        self.asked: list[str] = []

    async def admits(self, self_id: str) -> bool:
        self.asked.append(self_id)
        return self_id in self.ids


@dataclass(slots=True)
class RecordingEdge:
    """A gate that remembers what arrived; ``answer`` decides what becomes of it (by default: plain chat)."""

    answer: Callable[[Incoming | Notice | Unread], Awaitable[bool] | None] = lambda _: None
    arrived: list[Incoming | Notice | Unread] = field(default_factory=list)
    online: list[str] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def arrive(self, what: Incoming | Notice | Unread) -> Awaitable[bool] | None:
        self.arrived.append(what)
        self._more.set()
        return self.answer(what)

    def connected(self, channel: str, bot_id: str) -> None:
        self.online.append(f"+{channel}:{bot_id}")
        self._more.set()

    def disconnected(self, channel: str, bot_id: str) -> None:
        self.online.append(f"-{channel}:{bot_id}")
        self._more.set()

    async def until(self, reached: Callable[[], object], timeout: float = PATIENCE) -> None:
        """Wait until something that arrived makes this true."""
        async with asyncio.timeout(timeout):
            while not reached():
                self._more.clear()
                await self._more.wait()

    def wake(self) -> None:
        """Let ``until`` look again."""
        self._more.set()


@dataclass(slots=True)
class Door:
    """A running server."""

    kind: Kind
    adapter: Any
    port: int
    edge: RecordingEdge
    admission: Admits
    clock: ManualClock
    enqueued: list[tuple[Address, tuple[OutSegment, ...]]]
    seen: list[Event]
    """Events that reached NoneBot's matchers."""
    hold: asyncio.Event
    """While not set, handlers wait."""
    cancelled: int = 0

    def gateway(self, self_id: str = SELF_ID, **more: Any) -> FakeGateway:
        """A gateway for this door, not yet connected."""
        return FakeGateway(self.port, **{"token": TOKEN, "self_id": int(self_id), "seed": 1} | more)

    @contextlib.asynccontextmanager
    async def connected(self, self_id: str = SELF_ID, **more: Any) -> AsyncIterator[FakeGateway]:
        """A gateway that is connected and registered."""
        gateway = self.gateway(self_id, **more)
        try:
            before = len(self.edge.online)
            await gateway.connect()
            if self.kind is Kind.OURS:
                await self.edge.until(lambda: f"+qq:{self_id}" in self.edge.online[before:])
            else:
                await poll(lambda: self_id in self.adapter.bots)
            yield gateway
        finally:
            await gateway.close()

    @property
    def patience(self) -> float:
        """Seconds until something counts as not happening: long for ours (a slow machine), short for stock."""
        return PATIENCE if self.kind is Kind.OURS else 0.3

    @property
    def bot(self) -> Any:
        """NoneBot's bot object of the usual gateway."""
        return self.adapter.bots[SELF_ID]

    async def messages(self, count: int, timeout: float = PATIENCE) -> bool:
        """Whether that many messages get through (to the gate, or with the stock door to the matchers)."""
        seen = self.edge.arrived if self.kind is Kind.OURS else self.seen
        try:
            await poll(lambda: len(seen) >= count, timeout)
        except TimeoutError:
            return False
        return True


def let_through(door: Door) -> None:
    """Everything goes on to the matchers."""

    async def yes() -> bool:
        return True

    door.edge.answer = lambda _: yes()


async def many(gateway: FakeGateway, count: int) -> None:
    """That many messages at once."""
    for number in range(count):
        await gateway.group_message(7, 2001, f"m{number}")


async def poll(reached: Callable[[], object], timeout: float = PATIENCE) -> None:
    """For what the stock door tells nobody: look again at every turn of the loop; bounded."""
    async with asyncio.timeout(timeout):
        while not reached():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def open_door(
    kind: Kind,
    monkeypatch: pytest.MonkeyPatch,
    *,
    token: str = TOKEN,
    secret: str = "",
    api_timeout: float = 5.0,
    deadline: float = 5.0,
    slots: tuple[int, int] = (64, 256),
    server: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Door]:
    """Start a server with the door; stock settings are the same where stock has them."""
    driver = Driver(Env(environment="test"), Config(api_timeout=api_timeout))
    edge, admission = RecordingEdge(), Admits(SELF_ID, OTHER_ID)
    clock = ManualClock(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))
    enqueued: list[tuple[Address, tuple[OutSegment, ...]]] = []
    if kind is Kind.OURS:
        adapter: Any = Adapter(
            driver,
            edge=edge,
            admission=admission,
            access_token=token,
            secret=secret,
            clock=clock,
            enqueue=lambda address, segments: enqueued.append((address, segments)),
            api_timeout=api_timeout,
            deadline=deadline,
            slots=slots,
            **options,
        )
        driver.server_app.add_middleware(Guard)
    else:
        adapter = StockAdapter(driver)
        adapter.onebot_config = StockConfig.model_validate(
            {"onebot_access_token": token or None, "onebot_secret": secret or None}
        )
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    door = Door(kind, adapter, listening.getsockname()[1], edge, admission, clock, enqueued, [], asyncio.Event())
    door.hold.set()
    _watch_matchers(door, monkeypatch)
    config = uvicorn.Config(driver.server_app, log_config=None, **(dict(SERVER_OPTIONS) | (server or {})))
    running = uvicorn.Server(config)
    config.load()
    running.lifespan = config.lifespan_class(config)
    # Not serve(): its signal handlers and its tick of 0.1 s are of no use here.
    await running.startup(sockets=[listening])
    try:
        yield door
    finally:
        door.hold.set()
        async with asyncio.timeout(PATIENCE):
            await stop_server(running)


async def stop_server(running: uvicorn.Server) -> None:
    """As uvicorn's own shutdown, without its pauses of 0.1 s."""
    for one in running.servers:
        one.close()
    for connection in list(running.server_state.connections):
        connection.shutdown()
    if running.server_state.tasks:
        await asyncio.wait(set(running.server_state.tasks))
    await running.lifespan.shutdown()


def _watch_matchers(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of NoneBot's matchers: remember the event, and wait while the door's ``hold`` is not set."""

    async def handle(_: Any, event: Event) -> None:
        if event.get_type() == "meta_event":
            return
        door.seen.append(event)
        try:
            await door.hold.wait()
        except asyncio.CancelledError:
            door.cancelled += 1
            raise

    monkeypatch.setattr("bot.channels.onebot.bot.handle_event", handle)
    monkeypatch.setattr("nonebot.adapters.onebot.v11.bot.handle_event", handle)
