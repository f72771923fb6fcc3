"""A wire that can be cut: stands between a gateway and the bot and breaks after so many bytes, wherever that is."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Self

from tests.patience import PATIENCE

CHUNK = 65_536


@dataclass(slots=True)
class Wire:
    """Passes bytes on both ways until it is cut. ``up`` is from the gateway to the bot, ``down`` the other way."""

    target: int
    port: int = 0
    cuts: int = 0
    _left: dict[str, int] = field(default_factory=dict)
    _abruptly: bool = True
    _pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = field(default_factory=list)
    _cut: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._break()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    def cut_after(self, *, up: int | None = None, down: int | None = None, abruptly: bool = True) -> None:
        """Break once so many more bytes have gone that way; ``abruptly``: by a reset and not by an end."""
        self._left = {way: left for way, left in (("up", up), ("down", down)) if left is not None}
        self._abruptly = abruptly
        self._cut.clear()

    def disarm(self) -> None:
        """Let everything through again."""
        self._left = {}

    def cut_now(self, *, abruptly: bool = True) -> None:
        """Break whatever is connected."""
        self._abruptly = abruptly
        self._break()

    async def until_cut(self, timeout: float = PATIENCE) -> None:
        """Wait until it broke."""
        async with asyncio.timeout(timeout):
            await self._cut.wait()

    @property
    def is_cut(self) -> bool:
        """Whether it broke since it was last told when to."""
        return self._cut.is_set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._pairs.append((writer, back))
        for way, source, sink in (("up", reader, back), ("down", there, writer)):
            task = asyncio.create_task(self._pass_on(way, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                left = self._left.get(way)
                if left is not None:
                    data = data[:left]
                    self._left[way] = left - len(data)
                sink.write(data)
                await sink.drain()
                if self._left.get(way) == 0:
                    self._break()
                    return
        sink.close()

    def _break(self) -> None:
        self._left = {}
        pairs, self._pairs = self._pairs, []
        self.cuts += bool(pairs)
        for pair in pairs:
            for end in pair:
                if self._abruptly:
                    end.transport.abort()
                else:
                    end.close()
        self._cut.set()
