"""A gateway that has much to tell does not keep the others waiting."""

import asyncio
from itertools import pairwise
from typing import Any, cast

from nonebot.drivers import WebSocket
from nonebot.exception import WebSocketClosed

from bot.channels.onebot.connection import TURN, Connection
from bot.channels.onebot.counters import Counters, Slots
from bot.clock import Clock

HEARTBEAT = '{"post_type":"meta_event","meta_event_type":"heartbeat","time":1,"self_id":1}'


class FullSocket:
    """Always has the next frame waiting, until it ends."""

    closed = False

    def __init__(self, frames: int) -> None:
        self._left = frames

    async def receive(self) -> str:
        if not self._left:
            raise WebSocketClosed(1000)
        self._left -= 1
        return HEARTBEAT


async def test_others_get_a_turn_while_a_gateway_floods() -> None:
    counters = Counters()
    socket: Any = FullSocket(TURN * 20)
    link = Connection(cast(WebSocket, socket), "1", slots=Slots().of_connection(), counters=counters, clock=Clock())

    async def on_event(*_: Any) -> None:
        return None

    reading = asyncio.create_task(link.serve(on_event))
    seen = [0]
    while not reading.done():
        await asyncio.sleep(0)
        seen.append(counters.frames)
    assert seen[-1] == TURN * 20
    assert max(later - earlier for earlier, later in pairwise(seen)) <= TURN
