"""The web server: stops in order, and at the latest after a while (reliability section 10)."""

import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from loguru import logger


class Server(uvicorn.Server):
    """No new events, then what is under way, then the sockets; a hard end ``within`` so many seconds."""

    def __init__(
        self,
        config: uvicorn.Config,
        close: Callable[[], None],
        wind_down: Callable[[], Awaitable[None]],
        *,
        within: float,
    ) -> None:
        super().__init__(config)
        self._close, self._wind_down, self._within = close, wind_down, within
        self._going = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that has been obeyed is not raised once more at the end."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: begin to drain; a second one ends at once."""
        if self._going:
            os._exit(1)
        self._going = True
        self._close()
        hard = threading.Timer(self._within, os._exit, (1,))
        hard.daemon = True
        hard.start()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What is under way ends before the sockets close: a message whose answer nobody reads is an unknown one."""
        try:
            await self._wind_down()
        except Exception as error:
            logger.opt(exception=error).error("the stop was not orderly")
        await super().shutdown(sockets)
