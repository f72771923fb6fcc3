"""What becomes of frames (reliability section 3, rows 6 to 10, both traps). Checks hold for ours and fail for stock."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from loguru import logger
from nonebot.adapters.onebot.v11 import ApiNotAvailable
from websockets.exceptions import ConnectionClosed

from bot.channels.onebot.results import OutcomeUnknown
from bot.core.rules.message import Incoming, Notice, NoticeKind, Text
from tests.channels.door import OTHER_ID, SELF_ID, Door, Hazard, Kind, hazard_if, let_through, many, open_door, poll
from tests.gateway import Answer

Check = Callable[[Door], Awaitable[None]]
CANARY = "canary-5f1c"
MINUTE = timedelta(minutes=1)
BAD_FRAMES = {
    "no JSON": "not json",
    "empty": "",
    "nested": "[" * 2000 + "]" * 2000,
    "long integer": '{"post_type":"message","message_id":' + "9" * 10_000 + "}",
    "long echo": '{"status":"ok","retcode":0,"echo":"' + "9" * 6_000 + '"}',
    "broken text": b"\xff\xfe",
}
QUOTE = [{"type": "reply", "data": {"id": "12"}}, {"type": "text", "data": {"text": "hi"}}]


async def survives(door: Door, frame: str | bytes) -> None:
    async with door.connected() as gateway:
        await gateway.raw(frame)
        with contextlib.suppress(ConnectionClosed):
            await gateway.group_message(7, 2001, "after")
        hazard_if(not await door.messages(1, timeout=door.patience), "one bad frame ended the connection")


async def a_call_in_flight_ends_with_its_connection(door: Door) -> None:
    async with door.connected() as gateway:
        gateway.script("get_status", Answer.DROP)
        call = asyncio.create_task(door.bot.call_api("get_status"))
        done, _ = await asyncio.wait({call}, timeout=door.patience)
        await asyncio.gather(call, return_exceptions=True)
        hazard_if(not done, "the call waited out its timeout after the connection was gone")


async def a_gateway_cannot_answer_for_another(door: Door) -> None:
    async with door.connected(answering=False) as gateway, door.connected(OTHER_ID) as other:
        call = asyncio.create_task(door.bot.call_api("get_login_info"))
        echo = (await gateway.expect_call("get_login_info")).echo
        await other.raw(json.dumps({"status": "ok", "retcode": 0, "data": {"user_id": 666}, "echo": echo}))
        (result,) = await asyncio.gather(call, return_exceptions=True)
        hazard_if(not isinstance(result, Exception), "the answer of another bot's gateway was believed")


async def echoes_cannot_be_guessed(door: Door) -> None:
    async with door.connected() as gateway:
        for _ in range(3):
            await door.bot.call_api("get_status")
        echoes = [str(call.echo) for call in gateway.calls]
        hazard_if(any(len(echo) < 32 for echo in echoes), f"echoes are a counter: {echoes}")


async def accepted_for_later_is_no_success(door: Door) -> None:
    async with door.connected() as gateway:
        gateway.script("send_group_msg", Answer.ASYNC)
        segments = [{"type": "text", "data": {"text": "hi"}}]
        try:
            await door.bot.call_api("send_group_msg", group_id=7, message=segments)
        except OutcomeUnknown:
            return
        raise Hazard("an async answer counted as success")


async def a_burst_becomes_no_more_tasks_than_slots(door: Door) -> None:
    let_through(door)
    door.hold.clear()
    async with door.connected() as gateway:
        before = len(asyncio.all_tasks())
        burst = asyncio.create_task(many(gateway, 600))
        await asyncio.wait({burst}, timeout=1.0)
        tasks = len(asyncio.all_tasks()) - before
        door.hold.set()
        await burst
        hazard_if(tasks > 100, f"{tasks} tasks")


async def a_quote_is_not_looked_up(door: Door) -> None:
    let_through(door)
    async with door.connected() as gateway:
        await gateway.group_message(7, 2001, QUOTE)
        hazard_if(not await door.messages(1, timeout=door.patience), "the message waited")
        hazard_if(any(call.action == "get_msg" for call in gateway.calls), "get_msg was called")


async def an_event_past_its_deadline_is_ended(door: Door) -> None:
    """The door of this check has a deadline of 0.1 s."""
    let_through(door)
    door.hold.clear()
    async with door.connected() as gateway:
        await gateway.group_message(7, 2001, "hi")
        await door.messages(1)
        try:
            await poll(lambda: door.cancelled, timeout=door.patience)
        except TimeoutError:
            raise Hazard("the handler still runs") from None


async def an_answer_does_not_wait_for_the_gateway(door: Door) -> None:
    let_through(door)
    async with door.connected(answering=False) as gateway:
        await gateway.group_message(7, 2001, "hi")
        await poll(lambda: door.seen)
        sending = asyncio.create_task(door.bot.send(door.seen[0], "answer"))
        done, _ = await asyncio.wait({sending}, timeout=door.patience)
        await asyncio.gather(sending, return_exceptions=True)
        hazard_if(not done, "send waits for the gateway while it holds a slot")


async def no_content_is_logged(door: Door) -> None:
    let_through(door)
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="TRACE")
    try:
        async with door.connected() as gateway:
            await gateway.raw(json.dumps({"post_type": "message", "message_type": "group", "message": CANARY}))
            await gateway.raw(json.dumps({"post_type": 5, "x": CANARY}))
            await gateway.raw('{"x": "' + CANARY)
            await gateway.event(post_type="notice", notice_type="group_recall", group_id=CANARY + " ")
            await gateway.group_message(7, 2001, CANARY, sender={"nickname": CANARY, "age": CANARY})
            await door.messages(1, timeout=door.patience)
    finally:
        logger.remove(sink)
    hazard_if(any(CANARY in line for line in lines), "content stands in the log")


CHECKS: tuple[tuple[Check, dict[str, Any]], ...] = (
    (a_call_in_flight_ends_with_its_connection, {"api_timeout": 0.6}),
    (a_gateway_cannot_answer_for_another, {"api_timeout": 0.4}),
    (echoes_cannot_be_guessed, {}),
    (accepted_for_later_is_no_success, {}),
    (a_burst_becomes_no_more_tasks_than_slots, {}),
    (a_quote_is_not_looked_up, {"api_timeout": 0.6}),
    (an_event_past_its_deadline_is_ended, {"deadline": 0.1}),
    (an_answer_does_not_wait_for_the_gateway, {"api_timeout": 0.6}),
    (no_content_is_logged, {}),
)
check_parameters = pytest.mark.parametrize(("check", "options"), CHECKS, ids=[check.__name__ for check, _ in CHECKS])
frame_parameters = pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)


@check_parameters
async def test_our_door_holds(check: Check, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    if check is a_call_in_flight_ends_with_its_connection:
        options = {"api_timeout": 30}  # it must not be what ends the call
    async with open_door(Kind.OURS, monkeypatch, **options) as door:
        await check(door)


@check_parameters
async def test_stock_shows_the_hazard(check: Check, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch, **options) as door:
        with pytest.raises(Hazard):
            await check(door)


@frame_parameters
async def test_our_connection_survives_a_bad_frame(frame: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door:
        await survives(door, frame)
        assert door.adapter.counters.bad + door.adapter.counters.unmatched_results == 1


@frame_parameters
async def test_stock_loses_its_connection_by_a_bad_frame(frame: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch) as door:
        with pytest.raises(Hazard):
            await survives(door, frame)


async def test_a_repeated_answer_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        gateway.script("get_status", Answer.DUPLICATE)
        assert await door.bot.call_api("get_status") == {"online": True, "good": True}
        assert await door.bot.call_api("get_login_info")
        assert door.adapter.counters.unmatched_results == 1


async def test_without_a_connection_a_call_is_certainly_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door:
        async with door.connected():
            bot = door.bot
        await door.edge.until(lambda: door.edge.online[-1] == f"-qq:{SELF_ID}")
        with pytest.raises(ApiNotAvailable):
            await bot.call_api("get_status")


async def test_twenty_bad_frames_a_minute_are_put_up_with_and_one_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        for _ in range(20):
            await gateway.raw("bad")
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)
        await gateway.raw("bad")
        assert await gateway.wait_closed() == 1008


async def test_bad_frames_a_minute_apart_never_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        for number in range(1, 41):
            await gateway.raw("bad")
            await gateway.group_message(7, 2001, "hi")
            assert await door.messages(number)
            door.clock.advance(MINUTE / 10)
        assert door.adapter.counters.bad == 40


GUILD = {
    "message_type": "guild", "sub_type": "channel", "guild_id": "1", "channel_id": "2", "user_id": "144115218",
    "message_id": "BAk=", "message": "大家好", "sender": {"tiny_id": "144115218"},
}  # fmt: skip
FOREIGN: tuple[dict[str, Any], ...] = (
    {"post_type": "message"} | GUILD,
    {"post_type": "notice", "notice_type": "guild_channel_recall", "user_id": None},
    {"post_type": "notice", "notice_type": None},
    {"post_type": "notice", "notice_type": "group_ban", "user_id": None},
    {"post_type": "notice", "notice_type": "group_recall", "message_id": None},
    {"post_type": "meta_event", "meta_event_type": "odd"},
    {"post_type": "something_new"},
    {"post_type": "message", "message_type": "private", "user_id": None, "message": None},
)


@pytest.mark.parametrize("fields", FOREIGN, ids=str)
async def test_nothing_a_platform_may_send_in_number_ends_the_line(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        for _ in range(50):
            await gateway.event(**fields)
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)
        assert len(door.edge.arrived) == 1
        assert door.adapter.counters.bad == 0
        assert gateway.connected


async def test_a_frame_over_the_cap_ends_only_its_own_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        open_door(Kind.OURS, monkeypatch) as door,
        door.connected() as gateway,
        door.connected(OTHER_ID) as other,
    ):
        await gateway.raw(json.dumps({"x": "y" * 2**20}))
        assert await gateway.wait_closed() == 1009
        await other.group_message(7, 2001, "hi")
        assert await door.messages(1)


async def test_an_event_of_another_bot_is_a_bad_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        await gateway.group_message(7, 2001, "forged", self_id=int(OTHER_ID))
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)
        assert len(door.edge.arrived) == 1
        assert door.adapter.counters.bad == 1


async def test_the_door_ignores_the_bots_own_messages_and_hears_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        await gateway.group_message(7, SELF_ID, "own")
        await gateway.recall(7, 2001, -5)
        await gateway.member_left(7, 2001)
        await gateway.bot_kicked(7)
        assert await door.messages(3)
        kinds = [one.kind for one in door.edge.arrived if isinstance(one, Notice)]
        assert kinds == [NoticeKind.RECALLED, NoticeKind.MEMBER_LEFT, NoticeKind.BOT_REMOVED]


async def test_a_heartbeat_is_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)
        heard = door.clock.now()
        door.clock.advance(MINUTE)
        await gateway.heartbeat()
        await door.bot.call_api("get_status")  # its answer comes after the heartbeat
        assert door.adapter.last_message_at(SELF_ID) == heard


async def test_a_draining_door_takes_no_events_but_still_hears_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        await door.adapter.drain(0.1)
        await gateway.group_message(7, 2001, "hi")
        assert await door.bot.call_api("get_status")
        assert door.edge.arrived == []


async def test_hostile_words_arrive_as_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        await gateway.group_message(7, 2001, "[CQ:at,qq=all] {{7*7}} \u202e=1+1\x00")
        assert await door.messages(1)
        arrived = door.edge.arrived[0]
        assert isinstance(arrived, Incoming)
        assert arrived.segments == (Text("[CQ:at,qq=all] {{7*7}} \u202e=1+1"),)
