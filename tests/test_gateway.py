"""The fake gateway itself: its log is an oracle, so it must not lie."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.gateway import Answer, FakeGateway, group, private

SAY: dict[str, Any] = {"action": "send_group_msg", "echo": "e1"}
SAY["params"] = {"group_id": 7, "message": [{"type": "text", "data": {"text": "hello"}}]}


@asynccontextmanager
async def bot_and_gateway() -> AsyncIterator[tuple[ServerConnection, FakeGateway]]:
    accepted: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def hold(socket: ServerConnection) -> None:
        accepted.set_result(socket)
        await socket.wait_closed()

    async with serve(hold, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        gateway = FakeGateway(port, token="t" * 32, seed=1)
        await gateway.connect()
        bot = await accepted
        assert json.loads(await bot.recv())["sub_type"] == "connect"
        try:
            yield bot, gateway
        finally:
            await gateway.close()


async def test_it_introduces_itself_as_a_gateway_does() -> None:
    async with bot_and_gateway() as (bot, _):
        assert bot.request is not None
        assert bot.request.headers["Authorization"] == "Bearer " + "t" * 32
        assert bot.request.headers["X-Self-ID"] == "10001"
        assert bot.request.headers["X-Client-Role"] == "Universal"


async def test_an_event_written_is_the_event_returned() -> None:
    async with bot_and_gateway() as (bot, gateway):
        event = await gateway.group_message(7, 2001, "hi", at_bot=True)
        assert json.loads(await bot.recv()) == event
        assert event["message"][0] == {"type": "at", "data": {"qq": "10001"}}


@pytest.mark.parametrize(
    ("answer", "is_shown", "replies"),
    [
        (Answer.OK, True, [("ok", 0)]),
        (Answer.REFUSED, False, [("failed", 100)]),
        (Answer.DELIVERED_1200, True, [("failed", 1200)]),
        (Answer.BLOCKED_1200, False, [("failed", 1200)]),
        (Answer.DUPLICATE, True, [("ok", 0), ("ok", 0)]),
        (Answer.ASYNC, False, [("async", 1)]),
    ],
)
async def test_a_scripted_answer_is_given_and_logged(
    answer: Answer, is_shown: bool, replies: list[tuple[str, int]]
) -> None:
    async with bot_and_gateway() as (bot, gateway):
        gateway.script("send_group_msg", answer)
        await bot.send(json.dumps(SAY))
        got = [json.loads(await bot.recv()) for _ in replies]
        assert [(one["status"], one["retcode"]) for one in got] == replies
        assert {one["echo"] for one in got} == {"e1"}
        assert [one.text for one in gateway.shown[group(7)]] == (["hello"] if is_shown else [])
        assert [call.action for call in gateway.calls] == ["send_group_msg"]


async def test_after_a_silent_answer_the_next_call_is_answered_again() -> None:
    async with bot_and_gateway() as (bot, gateway):
        gateway.script("*", Answer.NO_REPLY, Answer.SWALLOWED)
        for echo in ("a", "b", "c"):
            await bot.send(json.dumps(SAY | {"echo": echo}))
            await gateway.expect_call("send_group_msg", lambda call, echo=echo: call.echo == echo)
        assert json.loads(await bot.recv())["echo"] == "c"
        assert len(gateway.shown[group(7)]) == 2


async def test_dropping_aborts_without_a_close_frame() -> None:
    async with bot_and_gateway() as (bot, gateway):
        gateway.script("send_group_msg", Answer.DROP)
        await bot.send(json.dumps(SAY))
        with pytest.raises(ConnectionClosed):
            await bot.recv()
        assert bot.close_code == 1006
        assert len(gateway.shown[group(7)]) == 1


async def test_waiting_for_a_message_that_never_comes_names_it() -> None:
    gateway = FakeGateway(1)
    with pytest.raises(AssertionError, match="private:5"):
        await gateway.expect_message(private(5), timeout=0.01)


async def test_the_history_tells_what_was_said_while_nobody_listened() -> None:
    gateway = FakeGateway(1)
    for text in ("one", "two", "three"):
        await gateway.group_message(7, 2001, text)
    gateway.platform.history_limit = 2
    answer = gateway.platform._history(group(7), {"count": 20})
    assert [one["raw_message"] for one in answer["data"]["messages"]] == ["two", "three"]


async def test_a_kicked_bot_cannot_write_there() -> None:
    async with bot_and_gateway() as (bot, gateway):
        await gateway.bot_kicked(7)
        assert json.loads(await bot.recv())["sub_type"] == "kick_me"
        await bot.send(json.dumps(SAY))
        assert json.loads(await bot.recv())["status"] == "failed"
        assert gateway.shown[group(7)] == []
