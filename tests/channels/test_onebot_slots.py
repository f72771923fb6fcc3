"""The parts behind the door's bounds, each alone: slots, deadlines, the budget for bad frames, the channel's shape."""

import asyncio
from typing import Any

import pytest
from nonebot.config import Config, Env
from nonebot.drivers.fastapi import Driver
from websockets.asyncio.client import connect

from bot.channels.onebot import Adapter, UnsafeStart
from bot.channels.onebot.counters import BadFrames, ConnectionSlots, Counters, Slots
from bot.channels.onebot.handling import MAX_LATE, Handlings
from bot.channels.port import Channel
from bot.clock import Clock
from tests.channels.door import OTHER_ID, SELF_ID, TOKEN, Admits, Kind, RecordingEdge, open_door, poll
from tests.channels.test_onebot_doors import is_refused
from tests.patience import PATIENCE


async def is_free(slots: ConnectionSlots) -> bool:
    """Whether a slot can be had at once; gives it back."""
    taking = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if taking.done():
        slots.give_back()
        return True
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    return False


async def nothing() -> None:
    """What follows in these tests."""


async def test_a_flooding_connection_waits_for_itself() -> None:
    slots = Slots(4)
    flooding, calm = slots.of_connection(2), slots.of_connection(2)
    await flooding.take()
    await flooding.take()
    assert not await is_free(flooding)
    assert await is_free(calm)


async def test_who_gives_up_waiting_keeps_no_slot() -> None:
    slots = Slots(1)
    holder, waiting = slots.of_connection(1), slots.of_connection(1)
    await holder.take()
    assert not await is_free(waiting)  # it was cancelled while it waited
    holder.give_back()
    assert await is_free(waiting)


async def test_handlings_that_ignore_their_deadline_pile_up_no_further_than_the_bound() -> None:
    counters, hold = Counters(), asyncio.Event()
    handlings, slots = Handlings(counters, deadline=0.01), Slots(MAX_LATE + 5).of_connection(MAX_LATE + 5)

    async def stubborn() -> bool:
        while not hold.is_set():
            try:
                await hold.wait()
            except asyncio.CancelledError:
                continue
        return False

    for _ in range(MAX_LATE + 5):
        await handlings.admit(slots, stubborn(), nothing)
    await poll(lambda: counters.overdue == MAX_LATE + 5)
    for _ in range(MAX_LATE):
        await slots.take()
    assert not await is_free(slots)
    hold.set()
    await handlings.finish(5)
    assert len(handlings) == 0
    assert await is_free(slots)


async def test_work_that_gets_no_slot_is_never_started() -> None:
    started: list[bool] = []
    slots = Slots(0).of_connection(1)

    async def work() -> bool:
        started.append(True)
        return True

    waiting = asyncio.create_task(Handlings(Counters()).admit(slots, work(), nothing))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert started == []


@pytest.mark.parametrize(("moments", "exceeded"), [(range(20), False), (range(21), True), (range(0, 63, 3), False)])
def test_the_budget_for_bad_frames_is_twenty_a_minute(moments: range, exceeded: bool) -> None:
    budget = BadFrames()
    assert [budget.exceeded(moment) for moment in moments][-1] is exceeded


def test_the_adapter_is_a_channel_of_the_port() -> None:
    channel: Channel = Adapter(
        Driver(Env(environment="test"), Config()),
        edge=RecordingEdge(),
        admission=Admits(),
        clock=Clock(),
        access_token=TOKEN,
    )
    assert (channel.name, channel.online(SELF_ID)) == ("qq", False)


def test_a_token_in_nonebots_settings_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", TOKEN)
    settings = Config.model_validate({"onebot_access_token": TOKEN})
    with pytest.raises(UnsafeStart):
        Adapter(Driver(Env(environment="test"), settings), edge=RecordingEdge(), admission=Admits(), clock=Clock())


async def test_a_failing_admission_keeps_the_door_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: str) -> bool:
        raise OSError

    async with open_door(Kind.OURS, monkeypatch) as door:
        monkeypatch.setattr(door.admission, "admits", broken)
        assert await is_refused(door)


async def test_who_listens_badly_ends_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError

    async with open_door(Kind.OURS, monkeypatch) as door, door.connected(OTHER_ID):
        monkeypatch.setattr(RecordingEdge, "connected", broken)
        gateway = door.gateway()
        await gateway.connect()
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)
        assert door.adapter.online(SELF_ID)
        await gateway.close()


async def test_a_small_frame_that_unpacks_to_a_huge_one_is_cut_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Self-ID": SELF_ID}
    async with open_door(Kind.OURS, monkeypatch) as door:
        uri = f"ws://127.0.0.1:{door.port}/onebot/v11/ws"
        async with connect(uri, additional_headers=headers, compression="deflate", proxy=None) as socket:
            await socket.send("x" * (8 * 2**20))
            async with asyncio.timeout(PATIENCE):
                await socket.wait_closed()
            assert socket.close_code == 1009
