"""Slots and back-pressure (reliability section 3, both traps), and malformed frames in numbers (test F1 in small)."""

import asyncio
import json
import random
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from loguru import logger

from bot.core.rules.message import Incoming, Notice, Unread
from tests.channels.door import OTHER_ID, SELF_ID, Kind, let_through, many, open_door, poll

CANARY = "canary-77b0"
MINUTE = timedelta(minutes=1)


async def test_plain_chat_makes_neither_a_task_nor_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        built: list[object] = []
        monkeypatch.setattr("bot.channels.onebot.adapter.build_message_event", lambda *a: built.append(a))
        before = len(asyncio.all_tasks())
        await many(gateway, 50)
        assert await door.messages(50)
        assert len(asyncio.all_tasks()) <= before
        assert built == []
        assert door.adapter.counters.slotted == 0
        assert [one.text for one in door.edge.arrived if isinstance(one, Incoming)] == [f"m{n}" for n in range(50)]


async def test_no_more_frames_are_read_than_slots_allow_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, slots=(4, 256)) as door, door.connected() as gateway:
        let_through(door)
        door.hold.clear()
        burst = asyncio.create_task(many(gateway, 40))
        assert await door.messages(5)
        await burst
        async with door.connected(OTHER_ID) as other:  # another gateway has slots of its own
            await other.group_message(8, 2002, "other")
            await door.edge.until(lambda: any(one.bot_id == OTHER_ID for one in door.edge.arrived))
        assert len(door.edge.arrived) == 4 + 1 + 1  # in slots, read and waiting for one, of the other gateway
        door.hold.set()
        assert await door.messages(41)


async def test_the_slots_in_all_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        open_door(Kind.OURS, monkeypatch, slots=(4, 4)) as door,
        door.connected() as one,
        door.connected(OTHER_ID) as other,
    ):
        let_through(door)
        door.hold.clear()
        await many(one, 4)
        assert await door.messages(4)
        await many(other, 3)
        assert await door.messages(5)
        assert len(door.edge.arrived) == 5
        door.hold.set()
        assert await door.messages(7)


async def test_a_slot_is_free_again_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, slots=(1, 1), deadline=0.05) as door, door.connected() as gateway:
        let_through(door)
        door.hold.clear()
        await many(gateway, 3)
        assert await door.messages(3)
        assert door.adapter.counters.overdue >= 1


async def test_a_failing_gate_or_handler_ends_neither_the_connection_nor_the_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail() -> bool:
        raise ValueError(CANARY)

    def answer(what: Incoming | Notice | Unread) -> Awaitable[bool]:
        if isinstance(what, Incoming) and what.text == "m0":
            raise RuntimeError(CANARY)
        return fail()

    async with open_door(Kind.OURS, monkeypatch, slots=(1, 1)) as door, door.connected() as gateway:
        door.edge.answer = answer
        await many(gateway, 5)
        assert await door.messages(5)
        await asyncio.sleep(0)
        await door.edge.until(lambda: door.adapter.counters.frames >= 6)
        assert door.adapter.counters.bad == 0


async def test_a_busy_but_healthy_gateway_is_kept_while_its_pongs_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 2, scaled down: the pongs stand behind frames that wait for a slot."""
    for patience, survives_it in ((0.2, False), (60, True)):
        options = {"ws_ping_interval": 0.1, "ws_ping_timeout": patience}
        async with open_door(Kind.OURS, monkeypatch, slots=(1, 1), server=options) as door, door.connected() as gateway:
            let_through(door)
            door.hold.clear()
            await many(gateway, 3)
            try:
                await gateway.wait_closed(timeout=0.6)
                closed = True
            except TimeoutError:
                closed = False
            door.hold.set()
            assert closed is not survives_it


async def test_hundreds_of_malformed_frames_are_counted_and_never_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    """F1 in small: structure-aware, ten a minute, one connection for all."""
    dice = random.Random(20261125)
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected(seed=3) as gateway:
        let_through(door)
        for _ in range(400):
            await gateway.raw(malformed(dice))
            await door.bot.call_api("get_status")
            door.clock.advance(MINUTE / 10)
        counters = door.adapter.counters
        told = counters.events + counters.api_results + counters.meta + counters.bad
        assert counters.frames == told == gateway.frames_written
        assert counters.events > 300
        assert 0 < counters.bad < 20, "only what speaks for another bot"
        assert counters.unfamiliar > 10
        assert door.edge.online == [f"+qq:{SELF_ID}"]
        assert all(isinstance(one, Notice | Unread) or isinstance(one.segments, tuple) for one in door.edge.arrived)


STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**64, 10**80, 1.5, float("nan"), float("inf"), "", "x", "\x00", "\ud800", "9" * 100,
    [], {}, [[]], [None], {"type": "text"}, {"type": 5, "data": 5}, [{"type": "at", "data": {"qq": "all"}}],
    [{"type": "text", "data": {"text": "\ud800\x00"}}], [{"type": "reply", "data": {}}], "[CQ:at,qq=all][CQ:",
    {"a": {"a": {}}},
)  # fmt: skip


def malformed(dice: random.Random) -> str:
    """A message event with one to three fields of a strange shape or gone."""
    event: dict[str, Any] = {"time": 1, "self_id": int(SELF_ID), "post_type": "message", "message_type": "group"}
    event |= {"sub_type": "normal", "message_id": 5, "user_id": 2001, "group_id": 7, "raw_message": "hi", "font": 0}
    event |= {"message": [{"type": "text", "data": {"text": "hi"}}], "sender": {"user_id": 2001}, "real_seq": "5"}
    for name in dice.sample(sorted(event), dice.randint(1, 3)):
        if dice.random() < 0.2:
            del event[name]
        else:
            event[name] = dice.choice(STRANGE)
    return json.dumps(event)


async def test_an_event_that_no_model_of_nonebot_fits_is_counted_and_not_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An id in letters is an id to us; a line for each would let a gateway fill the disk."""
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="INFO")
    try:
        async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
            let_through(door)
            for _ in range(3):
                await gateway.group_message(7, "letters", "hi")
            assert await door.messages(3)
            await poll(lambda: door.adapter.counters.unfit == 3)
            assert (door.adapter.counters.failed, door.seen) == (0, [])
    finally:
        logger.remove(sink)
    assert [line for line in lines if "connected" not in line] == []
