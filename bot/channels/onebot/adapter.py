"""The hardened OneBot V11 door: who may connect, which connection counts, what becomes of each frame (section 3).

Register it with ``driver.register_adapter(Adapter, edge=..., admission=..., access_token=..., clock=..., ...)``; it
reads no configuration of its own. It is also the channel ``qq`` of the port.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from loguru import logger
from nonebot.adapters.onebot.v11 import Adapter as StockAdapter
from nonebot.adapters.onebot.v11 import ApiNotAvailable, Event
from nonebot.adapters.onebot.v11 import Bot as StockBot
from nonebot.drivers import URL, Driver, HTTPServerSetup, Request, Response, WebSocket, WebSocketServerSetup
from nonebot.internal.adapter import Adapter as BaseAdapter
from typing_extensions import override

from bot.channels.onebot import delivery
from bot.channels.onebot.auth import refuse_unsafe_start, short
from bot.channels.onebot.bot import Bot, Enqueue
from bot.channels.onebot.calls import checked_params
from bot.channels.onebot.connection import Connection, Frame
from bot.channels.onebot.convert import CHANNEL, to_plain
from bot.channels.onebot.counters import SLOTS_IN_ALL, SLOTS_PER_CONNECTION, ConnectionSlots, Counters, Slots
from bot.channels.onebot.doorkeeper import Doorkeeper
from bot.channels.onebot.events import build_event, build_message_event
from bot.channels.onebot.handling import EVENT_DEADLINE, Handlings, log_failure
from bot.channels.onebot.shape import Unfamiliar, Unreadable
from bot.channels.port import Admission, Delivery, Edge
from bot.clock import Clock
from bot.core.rules.message import Address, Incoming, Notice, OutSegment, Unread

ROOTS: Final = ("/onebot/v11", "/onebot/v11/", "/onebot/v11/ws", "/onebot/v11/ws/")
"""Paths a gateway may connect to."""
POSTS: Final = ("/onebot/v11", "/onebot/v11/", "/onebot/v11/http", "/onebot/v11/http/")
"""Paths a gateway may post to; they exist only with a secret."""
API_TIMEOUT: Final = 30.0
"""Seconds until a call without an answer counts as unknown (tune)."""
DRAIN_PATIENCE: Final = 8.0
"""Seconds that events in a slot get when the bot stops (section 10)."""


@dataclass(frozen=True, slots=True)
class _Post:
    """A posted frame's place in the order of things: as a connection, but without one."""

    self_id: str
    slots: ConnectionSlots


class Adapter(StockAdapter):
    """Reverse WebSocket for gateways to own QQ accounts; the channel ``qq``."""

    name = CHANNEL
    pictures = True

    def __init__(
        self,
        driver: Driver,
        *,
        edge: Edge,
        admission: Admission,
        clock: Clock,
        access_token: str = "",
        secret: str = "",
        sandbox_loopback: bool = False,
        enqueue: Enqueue | None = None,
        counters: Counters | None = None,
        api_timeout: float = API_TIMEOUT,
        deadline: float = EVENT_DEADLINE,
        slots: tuple[int, int] = (SLOTS_PER_CONNECTION, SLOTS_IN_ALL),
    ) -> None:
        """Raises ``UnsafeStart`` without a long token, unless ``sandbox_loopback``: only this machine knocks."""
        refuse_unsafe_start(access_token, sandbox_loopback=sandbox_loopback)
        BaseAdapter.__init__(self, driver)  # stock's own would read tokens from NoneBot's configuration
        self.counters = Counters() if counters is None else counters
        self.draining = False
        self._edge, self._clock, self._has_posts = edge, clock, bool(secret)
        self._keeper = Doorkeeper(admission, self.counters, clock, access_token=access_token, secret=secret)
        self._enqueue, self._api_timeout = enqueue, api_timeout
        self._slots_per_connection, self._slots = slots[0], Slots(slots[1])
        self._post_slots = self._slots.of_connection(slots[0])
        self._handlings = Handlings(self.counters, deadline=deadline)
        self._links: dict[str, Connection] = {}
        self._last_message: dict[str, datetime] = {}
        self.tasks = set()
        self._setup()

    @override
    def _setup(self) -> None:
        for path in ROOTS:
            self.setup_websocket_server(WebSocketServerSetup(URL(path), f"OneBot V11 {path}", self._handle_ws))
        if self._has_posts:
            for path in POSTS:
                self.setup_http_server(HTTPServerSetup(URL(path), "POST", f"OneBot V11 post {path}", self._handle_http))
        self.driver.on_shutdown(self._stop)

    # --- who may come in ---

    @override
    async def _handle_ws(self, websocket: WebSocket) -> None:
        self_id = await self._keeper.of_socket(websocket.request)
        if self_id is None:
            await websocket.close(1008)
            return
        await websocket.accept()
        self.counters.connections += 1
        slots = self._slots.of_connection(self._slots_per_connection)
        link = Connection(websocket, self_id, slots=slots, counters=self.counters, clock=self._clock)
        try:
            self._register(link)
            await link.serve(self._on_event)
        finally:
            self._unregister(link)
            await link.close()

    @override
    async def _handle_http(self, request: Request) -> Response:
        """A posted event; it makes no bot connected, so that nobody's place is taken (section 3)."""
        body = request.content if isinstance(request.content, bytes) else str(request.content or "").encode()
        self_id = await self._keeper.of_post(request, body)
        if self_id is None:
            return Response(403)
        self.counters.frames += 1
        try:
            frame = json.loads(body)
            if not isinstance(frame, dict):
                raise TypeError
            await self._on_event(_Post(self_id, self._post_slots), frame)
        except (ValueError, TypeError, RecursionError):
            self.counters.bad += 1
            return Response(400)
        return Response(204)

    def _register(self, link: Connection) -> None:
        """The newest authenticated connection wins; what the old one still waited for is unknown."""
        old = self._links.get(link.self_id)
        if old is not None:
            self._unregister(old)
            self._spawn(old.close(1001, "replaced by a newer connection"))
        self._links[link.self_id] = link
        bot = Bot(self, link.self_id)
        bot.enqueue = self._enqueue
        self.bot_connect(bot)
        logger.info("bot {} connected", short(link.self_id))
        self._tell_edge(self._edge.connected, link.self_id)

    def _unregister(self, link: Connection) -> None:
        """Compare and delete: a late farewell of an old connection must not remove the new one."""
        link.lose()
        if self._links.get(link.self_id) is not link:
            return
        del self._links[link.self_id]
        bot = self.bots.get(link.self_id)
        if bot is not None:
            self.bot_disconnect(bot)
        logger.info("bot {} disconnected", short(link.self_id))
        self._tell_edge(self._edge.disconnected, link.self_id)

    def _tell_edge(self, tell: Callable[[str, str], None], self_id: str) -> None:
        try:
            tell(self.name, self_id)
        except Exception as error:  # a connection must not depend on who listens
            self.counters.failed += 1
            log_failure("telling the gate of a connection", error)

    # --- what becomes of a frame ---

    async def _on_event(self, source: Connection | _Post, frame: Frame) -> None:
        """Count it, show it to the gate in the order of the frames, and when it is ours wait for a slot."""
        what = self._read(frame, source.self_id)
        if frame.get("post_type") == "meta_event":
            self.counters.meta += 1
            return
        self.counters.events += 1
        if what is None or self.draining:
            return
        if isinstance(what, Incoming):
            self._last_message[source.self_id] = self._clock.now()
        work = self._arrive(what)
        if work is not None:
            await self._handlings.admit(source.slots, work, lambda: self._to_matchers(source.self_id, frame, what))

    def _read(self, frame: Frame, self_id: str) -> Incoming | Notice | Unread | None:
        """What the event means; one of a foreign kind, or that names nobody, is counted and passed over."""
        try:
            return to_plain(frame, self_id)
        except Unfamiliar:
            self.counters.unfamiliar += 1
        except Unreadable:
            self.counters.unreadable += 1
        return None

    def _arrive(self, what: Incoming | Notice | Unread) -> Awaitable[bool] | None:
        try:
            return self._edge.arrive(what)
        except Exception as error:  # one event must not end the connection
            self.counters.failed += 1
            log_failure("the gate", error)
            return None

    async def _to_matchers(self, self_id: str, frame: Frame, what: Incoming | Notice | Unread) -> None:
        event = build_message_event(frame, what) if isinstance(what, Incoming) else build_event(frame)
        if event is None:
            self.counters.unfit += 1  # no line in the log: a gateway that writes nothing else would fill the disk
            return
        bot = self.bots.get(self_id)
        if not isinstance(bot, Bot):
            bot = Bot(self, self_id)
            bot.enqueue = self._enqueue
        await bot.handle_event(event)

    @classmethod
    @override
    def json_to_event(cls, json_data: Any) -> Event | None:
        """As stock, but API results have no way in here and nothing of a frame is ever logged."""
        return build_event(json_data) if isinstance(json_data, dict) and "post_type" in json_data else None

    # --- the channel ---

    def online(self, bot_id: str) -> bool:
        """Whether a gateway for this bot is connected."""
        link = self._links.get(bot_id)
        return link is not None and link.open

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        """Send once; the outcome says what may be done next (channels.md section 6)."""
        return await delivery.deliver(self._links.get(address.bot_id), address, segments, timeout=self._api_timeout)

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        """Messages of a group, oldest first as the gateway tells them, the bot's own included."""
        link, timeout = self._links.get(bot_id), self._api_timeout
        return await delivery.history(link, chat_id, count=count, until=until, timeout=timeout)

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming] | None:
        """The latest messages that somebody wrote to the bot in private."""
        link, timeout = self._links.get(bot_id), self._api_timeout
        return await delivery.private_history(link, user_id, count=count, timeout=timeout)

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None:
        """Who has a private chat with the bot, newest first."""
        return await delivery.wrote_last(self._links.get(bot_id), count=count, timeout=self._api_timeout)

    async def groups(self, bot_id: str) -> Sequence[str] | None:
        """In which groups the bot is."""
        return await delivery.groups(self._links.get(bot_id), timeout=self._api_timeout)

    def last_message_at(self, bot_id: str) -> datetime | None:
        """When people were last heard; a heartbeat is not liveness (section 3)."""
        return self._last_message.get(bot_id)

    @override
    async def _call_api(self, bot: StockBot, api: str, **data: Any) -> Any:
        """For other plugins: strict about content and results, and never without a connection."""
        timeout = float(data.pop("_timeout", self._api_timeout))
        params = checked_params(api, data)
        link = self._links.get(bot.self_id)
        if link is None:
            raise ApiNotAvailable
        return await link.call(api, params, timeout=timeout)

    # --- stopping ---

    async def drain(self, patience: float = DRAIN_PATIENCE) -> None:
        """Take no new events, let those in a slot finish; API results are still read (section 10)."""
        self.draining = True
        await self._handlings.finish(patience)

    @override
    async def _stop(self) -> None:
        await self.drain()
        for link in list(self._links.values()):
            self._unregister(link)
            await link.close(1001, "the bot stops")
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
