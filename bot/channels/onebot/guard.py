"""The guard in front of everything: caps a body before anybody reads it, and keeps paths shut (reliability section 3).

Pure ASGI, put outermost: ``driver.server_app.add_middleware(Guard)``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from loguru import logger

MAX_BODY: Final = 256 * 1024
"""Bytes of a request body."""
SHUT: Final = ("/qq",)
"""Paths that an adapter may open without checking a signature first (channels.md section 9)."""
QUIET: Final = ("/onebot/",)
"""Paths whose query string nobody needs; it is emptied because the server logs it (section 13.5)."""
REFUSED: Final = 1008
"""How a door that is there turns somebody away; it has said why."""
PAUSE: Final = 60.0
"""Seconds between two lines about sockets that found no door."""
DOOR: Final = "/onebot/v11/ws"
SWITCH: Final = "ZHIXIN_ACCEPT_QQ_RISK=true"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Refuses with 404, 400 or 413 before the application behind it sees anything.

    ``larger`` gives path prefixes their own cap, for pages that take a file.
    """

    def __init__(
        self, app: App, *, max_body: int = MAX_BODY, shut: Sequence[str] = SHUT, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._shut = tuple(shut)
        self._larger = dict(larger or {})
        self._told: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = str(scope.get("path", ""))
        if path.startswith(QUIET):
            scope["query_string"] = b""
        if any(path == prefix or path.startswith(prefix + "/") for prefix in self._shut):
            await _refuse(scope, send, 404)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, self._noting(send))
        else:
            await self._http(scope, receive, send, self._cap(path))

    def _noting(self, send: Send) -> Send:
        """Say in the log, once in a while, that a socket knocked where no door is: a gateway shows only "403"."""
        answered = False

        async def noting(message: Message) -> None:
            nonlocal answered
            closed = message["type"] == "websocket.close" and message.get("code") != REFUSED
            if closed and not answered:
                now = asyncio.get_running_loop().time()
                if self._told is None or now - self._told >= PAUSE:
                    self._told = now
                    logger.warning("a socket found no door: gateways connect to {}, open with {}", DOOR, SWITCH)
            answered = True
            await send(message)

        return noting

    def _cap(self, path: str) -> int:
        return max([cap for prefix, cap in self._larger.items() if path.startswith(prefix)], default=self._max_body)

    async def _http(self, scope: Scope, receive: Receive, send: Send, cap: int) -> None:
        lengths = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
        if any(not value.isdigit() or len(value) > 15 for value in lengths):
            await _refuse(scope, send, 400)
        elif any(int(value) > cap for value in lengths):
            await _refuse(scope, send, 413)
        else:
            await self._capped(scope, receive, send, cap)

    async def _capped(self, scope: Scope, receive: Receive, send: Send, cap: int) -> None:
        """Count what really comes: a body without a length, or longer than it said, ends at the cap."""
        read, over, started = 0, False, False

        async def counted() -> Message:
            nonlocal read, over
            if over:
                return {"type": "http.disconnect"}
            message = await receive()
            read += len(message.get("body", b""))
            if read > cap:
                over = True
                return {"type": "http.disconnect"}  # every framework knows how to give up on this
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # its answer to the cut body; ours follows
            started = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except Exception:
            if not over:
                raise
        if over and not started:
            await _refuse(scope, send, 413)


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
