"""One gateway's connection: its calls and their answers, its frames in order, its slots (reliability section 3)."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from loguru import logger
from nonebot.adapters.onebot.v11 import ApiNotAvailable
from nonebot.drivers import WebSocket
from nonebot.exception import WebSocketClosed
from starlette.websockets import WebSocketDisconnect

from bot.channels.onebot.auth import short
from bot.channels.onebot.counters import BadFrames, ConnectionSlots, Counters
from bot.channels.onebot.results import OutcomeUnknown, judge
from bot.channels.onebot.shape import Malformed
from bot.clock import Clock

TURN: Final = 16
"""Frames read before everybody else gets a turn: the server hands over hundreds at once, and a receive that finds one
waiting does not give way."""
CLOSE_PATIENCE: Final = 1.0
"""Seconds for a farewell on a socket that may be half open."""

Frame = dict[str, Any]
OnEvent = Callable[["Connection", Frame], Awaitable[None]]
"""Sees one event; it returns as soon as the next frame may be read."""


class Connection:
    """A socket that has been let in, for one bot."""

    def __init__(
        self, socket: WebSocket, self_id: str, *, slots: ConnectionSlots, counters: Counters, clock: Clock
    ) -> None:
        self.self_id = self_id
        self.slots = slots
        self._socket = socket
        self._counters = counters
        self._clock = clock
        self._bad = BadFrames()
        self._pending: dict[str, asyncio.Future[Frame]] = {}
        self._gone = False
        self._reader: asyncio.Task[Any] | None = None  # set only while it waits for a frame

    @property
    def open(self) -> bool:
        """Whether a call may be written; False is certain, True may be out of date."""
        return not self._gone and not self._socket.closed

    async def call(self, action: str, params: Frame, *, timeout: float) -> Any:
        """Call an API. Raises ``ApiNotAvailable`` (certainly not sent), ``CallRefused`` or ``OutcomeUnknown``."""
        echo = secrets.token_hex(16)
        text = json.dumps({"action": action, "params": params, "echo": echo})
        if not self.open:
            raise ApiNotAvailable
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[echo] = answer  # before the write: the answer may be faster than our return from it
        try:
            async with asyncio.timeout(timeout):
                await self._socket.send_text(text)
                return judge(await answer)
        except TimeoutError:
            raise OutcomeUnknown("timeout") from None
        except (WebSocketClosed, WebSocketDisconnect, OSError, RuntimeError):
            raise OutcomeUnknown("connection_lost") from None  # bytes may have left before the socket broke
        finally:
            self._pending.pop(echo, None)

    async def serve(self, on_event: OnEvent) -> None:
        """Read frames in order until the socket ends or the gateway has sent too many bad ones."""
        read, reader = 0, asyncio.current_task()
        try:
            while not self._gone:
                data = await self._receive(reader)
                self._counters.frames += 1
                read += 1
                if read % TURN == 0:
                    await asyncio.sleep(0)
                try:
                    await self._take(data, on_event)
                except (ValueError, TypeError, RecursionError) as error:
                    if self._note_bad(error, data):
                        await self.close(1008, "too many malformed frames")
        except (WebSocketClosed, WebSocketDisconnect, OSError):
            pass
        finally:
            self.lose()

    async def _receive(self, reader: asyncio.Task[Any] | None) -> str | bytes:
        """The next frame; ends at once when the connection is given up, even if the socket never says a word."""
        self._reader = reader
        try:
            return await self._socket.receive()
        except asyncio.CancelledError:
            if not self._gone or self._reader is None:
                raise
            self._reader.uncancel()
            raise WebSocketClosed(1006) from None
        finally:
            self._reader = None

    async def _take(self, data: str | bytes, on_event: OnEvent) -> None:
        frame = json.loads(data)  # ValueError also for integers of too many digits and for broken UTF-8
        if not isinstance(frame, dict):
            raise Malformed("frame")
        if frame.get("post_type") is not None or "message_type" in frame:
            await on_event(self, frame)
        elif "echo" in frame or "status" in frame:
            self._counters.api_results += 1
            self._resolve(frame)
        else:
            raise Malformed("post_type")

    def _resolve(self, frame: Frame) -> None:
        echo = frame.get("echo")
        waiting = self._pending.pop(echo, None) if isinstance(echo, str) else None
        if waiting is None or waiting.done():
            self._counters.unmatched_results += 1
        else:
            waiting.set_result(frame)

    def _note_bad(self, error: Exception, data: str | bytes | None) -> bool:
        self._counters.bad += 1
        field = str(error) if isinstance(error, Malformed) else ""
        logger.warning(
            "frame dropped: bot {} {} {} length {}", short(self.self_id), type(error).__name__, field, len(data or "")
        )
        return self._bad.exceeded(self._clock.monotonic())

    def lose(self) -> None:
        """The connection is over: every call still waiting becomes *unknown* at once."""
        self._gone = True
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.done():
                waiting.set_exception(OutcomeUnknown("connection_lost"))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Give the calls up and close the socket, without waiting long for a peer that does not answer."""
        self.lose()
        try:
            async with asyncio.timeout(CLOSE_PATIENCE):
                await self._socket.close(code, reason)
        except Exception as error:  # a socket that is gone already is closed enough
            logger.debug("closing the socket of bot {}: {}", short(self.self_id), type(error).__name__)
        if self._reader is not None:
            self._reader.cancel()
