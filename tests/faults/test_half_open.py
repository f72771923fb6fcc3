"""N2 half-open: the old socket says nothing any more; the gateway is back at once, and the old one's end is no loss."""

import asyncio

import pytest
from websockets.asyncio.client import ClientConnection

from bot.channels.port import Delivery, Outcome
from bot.clock import Clock
from bot.core.rules.message import Address, ChatKind, Text
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.whole import GROUP, open_whole
from tests.gateway import FakeGateway, group
from tests.harness import BOT

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

HERE = Address("qq", BOT, ChatKind.GROUP, GROUP)


def abandoned(gateway: FakeGateway) -> ClientConnection:
    """The socket it let go of last."""
    return gateway._abandoned[-1]


async def test_a_gateway_is_back_at_once_and_stays(store: Store, scale: Scale[int], table: FaultTable) -> None:
    rounds, clock, slowest, longest = scale(10, 200), Clock(), 0.0, 0.0
    async with open_whole(store) as bot:
        gateway = bot.gateway()
        gateway.answering = False
        await gateway.connect()
        await bot.connected()  # it answers nothing, so the look for what was missed waits, and nothing waits for it
        for number in range(rounds):
            sending = asyncio.create_task(bot.adapter.deliver(HERE, [Text(f"{number}号")]))
            await gateway.expect_call("send_group_msg", lambda call, n=number: f"{n}号" in str(call.params))
            gateway.half_open()
            begun = clock.monotonic()
            await gateway.connect()
            slowest = max(slowest, clock.monotonic() - begun)
            assert await sending == Delivery(Outcome.UNKNOWN, error="connection_lost")
            longest = max(longest, clock.monotonic() - begun)
            await bot.connected()
            if number % 2:
                abandoned(gateway).transport.abort()  # its late end, seen by the server only now
            else:
                abandoned(gateway).transport.resume_reading()  # it reads the farewell and says goodbye itself
                await abandoned(gateway).wait_closed()
        gateway.answering = True
        assert bot.adapter.online(BOT)
        assert (await bot.adapter.deliver(HERE, [Text("还在")])).outcome is Outcome.SENT
        assert gateway.shown[group(GROUP)][-1].text == "还在"
        figure = f"accepted within {slowest * 1000:.0f} ms, pending unknown within {longest * 1000:.0f} ms"
        table.row(test="N2 half-open", size=f"{rounds} times", figure=figure)
        assert longest < 20, "stock refuses for 40 s, and a call gives up by itself after 30 s"
        await gateway.close()
