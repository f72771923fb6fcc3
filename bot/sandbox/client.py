"""The sandbox's reverse WebSocket: it calls the bot's real OneBot 11 door on loopback, as a gateway does."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from bot.clock import Clock
from bot.sandbox.calls import Calls
from bot.sandbox.protocol import Event, EventMaker
from bot.sandbox.values import Change
from bot.sandbox.world import World

HEARTBEAT: Final = 15.0
"""Seconds between two signs of life."""
FIRST_RETRY: Final = 0.3
LAST_RETRY: Final = 10.0
"""Seconds until the next try: doubled after each failure up to the second."""
MAX_FRAME: Final = 32 * 2**20
"""Bytes of one frame from the bot: a file of ``files.MAX_FILE`` in base64."""
MAX_WAITING: Final = 2000
"""Events that wait for a slow bot; beyond that the connection is given up, as a full socket buffer would."""

_log = logging.getLogger(__name__)


class GatewayClient:
    """演练网关: keeps one connection to the bot, tells it what happens and carries out what it asks.

    While the bot is away nothing is kept for it: as with a real gateway, only the history still knows
    (``get_group_msg_history``).
    """

    def __init__(
        self,
        world: World,
        *,
        url: str,
        token: str,
        clock: Clock,
        heartbeat: float = HEARTBEAT,
        first_retry: float = FIRST_RETRY,
    ) -> None:
        self._world = world
        self._url = url
        self._token = token
        self._heartbeat = heartbeat
        self._first_retry = first_retry
        self._events = EventMaker(world, clock)
        self._calls = Calls(world)
        self._outgoing: asyncio.Queue[Event] | None = None
        self._overflow = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self.connections = 0
        self.refused_status: int | None = None

    def start(self) -> None:
        """Begin to connect, and to connect again; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="sandbox-gateway")

    async def stop(self) -> None:
        """Close the connection and end; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, holds: Callable[["GatewayClient"], bool], *, timeout: float) -> None:
        """Wait until something holds of this client; raises TimeoutError."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def connected(self, *, timeout: float) -> None:
        """Wait until the bot is reached; raises TimeoutError."""
        await self.until(lambda client: client._world.online, timeout=timeout)

    async def _run(self) -> None:
        delay = self._first_retry
        unsubscribe = self._world.subscribe(self._on_change)
        try:
            while True:
                before = self.connections
                with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                    await self._connect_once()
                delay = self._first_retry if self.connections > before else min(delay * 2, LAST_RETRY)
                await asyncio.sleep(delay)
        finally:
            unsubscribe()

    async def _connect_once(self) -> None:
        headers = {"X-Self-ID": str(self._world.roster.bot_number), "X-Client-Role": "Universal"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            async with connect(
                self._url, additional_headers=headers, max_size=MAX_FRAME, proxy=None, open_timeout=5, close_timeout=2
            ) as socket:
                await self._serve(socket)
        except InvalidStatus as error:
            self.refused_status = error.response.status_code
            _log.warning("sandbox: the bot's door refused the connection with %s", self.refused_status)
            await self._tell()
            raise

    async def _serve(self, socket: ClientConnection) -> None:
        """Lifecycle first, then events out and actions in, until either side ends."""
        await socket.send(_dump(self._events.lifecycle()))
        self._outgoing = asyncio.Queue(MAX_WAITING)
        self._overflow.clear()
        self.connections += 1
        self._world.set_online(True)
        await self._tell()
        tasks = [
            asyncio.create_task(work)
            for work in (self._send(socket), self._receive(socket), self._beat(), self._overflow.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._outgoing = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._world.set_online(False)
            await socket.close()  # 1000, also when we were told to stop
            await self._tell()

    async def _send(self, socket: ClientConnection) -> None:
        queue = self._outgoing
        while queue is not None:
            await socket.send(_dump(await queue.get()))

    async def _receive(self, socket: ClientConnection) -> None:
        async for raw in socket:
            try:
                frame = json.loads(raw)
            except (ValueError, RecursionError):
                frame = None
            await socket.send(_dump(self._calls.answer(frame)))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            self._put(self._events.heartbeat(self._heartbeat))

    def _on_change(self, change: Change) -> None:
        event = self._events.of(change) if self._outgoing is not None else None
        if event is not None:
            self._put(event)

    def _put(self, event: Event) -> None:
        if self._outgoing is None:
            return
        try:
            self._outgoing.put_nowait(event)
        except asyncio.QueueFull:
            self._overflow.set()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _dump(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
