"""A OneBot 11 gateway for tests: connects by reverse WebSocket, shows what it is told to send, keeps its own log.

It is our own code and no proof about real QQ. The log (``calls``, ``shown``) is the oracle of the end-to-end tests.
"""

import asyncio
import contextlib
import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.clock import Clock
from tests.gateway_log import Answer, Call, Json, Shown, group, private
from tests.gateway_people import People
from tests.gateway_platform import NAPCAT_TIMEOUT, Platform, failed, ok
from tests.patience import PATIENCE

__all__ = ["Answer", "Call", "FakeGateway", "Shown", "group", "private"]

SENDING = ("send_group_msg", "send_private_msg", "send_msg", "upload_private_file")
Found = TypeVar("Found")


@dataclass(slots=True)
class FakeGateway(People):
    """One bot's gateway. Messages written while it is not connected stand in the history only."""

    port: int
    token: str = ""
    self_id: int | str = 10001
    path: str = "/onebot/v11/ws"
    host: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    seed: int | None = None
    delay: float = 0.0
    answering: bool = True
    """False: reads calls, answers nothing at all."""
    calls: list[Call] = field(default_factory=list)
    shown: dict[str, list[Shown]] = field(default_factory=lambda: defaultdict(list))
    frames_written: int = 0
    sequence: int = 0
    with_sequence: bool = True
    """Whether it tells ``real_seq``, the counter of a group."""
    platform: Platform = field(default_factory=Platform)
    _script: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque), init=False)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition, init=False)
    _socket: ClientConnection | None = field(default=None, init=False)
    _abandoned: list[ClientConnection] = field(default_factory=list, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.platform.bot_id = str(self.self_id)

    # --- the connection ---

    async def connect(self, *, timeout: float = PATIENCE, lifecycle: bool = True) -> None:
        """Connect; waits until the port listens. Raises ``websockets.exceptions.InvalidStatus`` when refused."""
        headers = {"X-Self-ID": str(self.self_id), "X-Client-Role": "Universal"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= self.headers
        uri = f"ws://{self.host}:{self.port}{self.path}"
        async with asyncio.timeout(timeout):
            while True:
                try:
                    self._socket = await connect(
                        uri, additional_headers=headers, max_size=None, ping_interval=None, compression=None, proxy=None
                    )
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)  # the only way to learn that a port listens is to try it
        self._start(self._read(self._socket))
        if lifecycle:
            await self.event(post_type="meta_event", meta_event_type="lifecycle", sub_type="connect")

    @property
    def connected(self) -> bool:
        """Whether the present socket is open as far as this side knows."""
        return self._socket is not None and self._socket.close_code is None

    async def drop(self) -> None:
        """Abort the socket: no close frame, no goodbye."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()
            await socket.wait_closed()

    def half_open(self) -> None:
        """Stop reading and answering but leave the socket open, as a vanished peer does; ``connect`` may follow."""
        if self._socket is not None:
            self._socket.transport.pause_reading()
            self._abandoned.append(self._socket)
            self._socket = None

    async def wait_closed(self, timeout: float = PATIENCE) -> int | None:
        """Wait until the other side has closed the present socket; its close code."""
        assert self._socket is not None, "not connected"
        async with asyncio.timeout(timeout):
            await self._socket.wait_closed()
        return self._socket.close_code

    async def close(self) -> None:
        """Close everything, also the half-open sockets."""
        for socket in self._abandoned:
            socket.transport.abort()
        if self._socket is not None:
            await self._socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- the wire ---

    async def event(self, **fields: Any) -> Json:
        """Any event with ``time`` and ``self_id`` filled in."""
        return await self.tell({"time": self.now(), "self_id": self.self_id} | fields)

    async def tell(self, event: Json) -> Json:
        """Write an event if connected; give it back."""
        if self.connected:
            await self.raw(json.dumps(event))
        return event

    async def raw(self, frame: str | bytes) -> None:
        """Write exactly this frame."""
        assert self._socket is not None, "not connected"
        self.frames_written += 1
        await self._socket.send(frame)

    def now(self) -> int:
        """The platform's second."""
        return int(self.clock.now().timestamp())

    def new_id(self) -> int:
        """A message id: 31 random bits, as NapCat's."""
        return self._random.getrandbits(31)

    # --- what the bot asks for ---

    def script(self, action: str, *answers: Answer) -> None:
        """Answer the next calls of ``action`` (``"*"``: of any sending) in this way; afterwards ok again."""
        self._script[action].extend(answers)

    def answer_well(self) -> None:
        """From now on every call is answered as it should be; what was scripted is forgotten."""
        self._script.clear()

    async def expect_message(
        self, conversation: str, predicate: Callable[[Shown], bool] = lambda _: True, timeout: float = PATIENCE
    ) -> Shown:
        """Wait until the conversation shows such a message (one already shown counts)."""

        def found() -> Shown | None:
            return next((one for one in self.shown[conversation] if predicate(one)), None)

        return await self._wait(found, timeout, f"no such message in {conversation}")

    async def expect_call(
        self, action: str, predicate: Callable[[Call], bool] = lambda _: True, timeout: float = PATIENCE
    ) -> Call:
        """Wait until the bot has called this action."""

        def found() -> Call | None:
            return next((one for one in self.calls if one.action == action and predicate(one)), None)

        return await self._wait(found, timeout, f"no such call of {action}")

    async def _wait(self, found: Callable[[], Found | None], timeout: float, complaint: str) -> Found:
        try:
            async with asyncio.timeout(timeout), self._changed:
                while (result := found()) is None:
                    await self._changed.wait()
                return result
        except TimeoutError:
            raise AssertionError(f"{complaint} within {timeout} s") from None

    # --- inside ---

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in socket:
                self._start(self._answer(socket, json.loads(frame)))

    async def _answer(self, socket: ClientConnection, frame: Json) -> None:
        call = Call(str(frame.get("action")), frame.get("params") or {}, frame.get("echo"))
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
        if not self.answering:
            return
        if self.delay:
            await asyncio.sleep(self.delay)
        answer = self._next_answer(call.action)
        reply = await self._reply(call, answer) | {"echo": call.echo}
        with contextlib.suppress(ConnectionClosed):
            if answer is Answer.DROP:
                socket.transport.abort()
            elif answer not in (Answer.NO_REPLY, Answer.SWALLOWED):
                for _ in range(2 if answer is Answer.DUPLICATE else 1):
                    self.frames_written += 1
                    await socket.send(json.dumps(reply))

    def _next_answer(self, action: str) -> Answer:
        for name in (action, *(("*",) if action in SENDING else ())):
            if self._script[name]:
                return self._script[name].popleft()
        return Answer.OK

    async def _reply(self, call: Call, answer: Answer) -> Json:
        if answer is Answer.REFUSED:
            return failed(100, "refused")
        if answer is Answer.ASYNC:
            return {"status": "async", "retcode": 1, "data": None}
        if call.action not in SENDING:
            return self.platform.answer(call)
        if answer in (Answer.BLOCKED_1200, Answer.SWALLOWED):
            return failed(1200, NAPCAT_TIMEOUT)
        shown = self.platform.show(call, self.new_id(), self.now())
        if isinstance(shown, str):
            return failed(1404, shown)
        async with self._changed:
            self.shown[shown.conversation].append(shown)
            self._changed.notify_all()
        return failed(1200, NAPCAT_TIMEOUT) if answer is Answer.DELIVERED_1200 else ok({"message_id": shown.message_id})
