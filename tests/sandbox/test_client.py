import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from bot.core.rules.message import ChatKind, Text
from bot.sandbox.client import GatewayClient
from bot.sandbox.values import Chat
from bot.sandbox.world import World
from tests.patience import PATIENCE
from tests.sandbox.waiting import free_port, line_where
from tests.sandbox.worlds import BOT, CLEAR_CREEK, ZHAO, make_clock, make_world

TOKEN = "invented-token-of-more-than-32-characters"
GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
PRIVATE = Chat(ChatKind.PRIVATE, ZHAO)


class Door:
    """The bot's door in a test: keeps what arrives, in order, and the connections."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.connections: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.server: Server | None = None

    async def open(self, port: int) -> None:
        self.server = await serve(self._handle, "127.0.0.1", port, max_size=None)

    async def close(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    async def _handle(self, socket: ServerConnection) -> None:
        self.connections.put_nowait(socket)
        async for raw in socket:
            self.frames.put_nowait(json.loads(raw))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return await self.frames.get()

    async def socket(self) -> ServerConnection:
        async with asyncio.timeout(PATIENCE):
            return await self.connections.get()


@asynccontextmanager
async def at_the_door(world: World, **options: Any) -> AsyncIterator[tuple[Door, GatewayClient, int]]:
    door, port = Door(), free_port()
    await door.open(port)
    url = f"ws://127.0.0.1:{port}/onebot/v11/ws"
    client = GatewayClient(world, url=url, token=TOKEN, clock=make_clock(), first_retry=0.02, **options)
    client.start()
    try:
        await client.connected(timeout=PATIENCE)
        yield door, client, port
    finally:
        await client.stop()
        await door.close()


async def test_without_a_door_the_client_keeps_trying_and_the_world_goes_on():
    world, port = make_world(), free_port()
    client = GatewayClient(
        world, url=f"ws://127.0.0.1:{port}/onebot/v11/ws", token=TOKEN, clock=make_clock(), first_retry=0.02
    )
    client.start()
    with pytest.raises(TimeoutError):
        await client.connected(timeout=0.1)
    world.say(ZHAO, GROUP, "有人吗")
    door = Door()
    await door.open(port)
    await client.connected(timeout=PATIENCE)
    assert (await door.next())["meta_event_type"] == "lifecycle"
    await client.stop()
    await door.close()


async def test_the_client_shows_its_token_and_number_and_greets_first():
    world = make_world()
    async with at_the_door(world) as (door, _client, _port):
        request = (await door.socket()).request
        assert request is not None
        assert request.path == "/onebot/v11/ws"
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.headers["X-Self-ID"] == str(BOT)
        world.say(ZHAO, GROUP, "你好")
        first, second = await door.next(), await door.next()
        assert (first["meta_event_type"], first["sub_type"], first["self_id"]) == ("lifecycle", "connect", BOT)
        assert second["raw_message"] == "你好"


async def test_bad_frames_are_answered_and_do_not_end_the_connection():
    async with at_the_door(make_world()) as (door, client, _port):
        socket = await door.socket()
        await door.next()
        for frame in ("", "{", "[" * 5000, "null", '{"action": "no_such_thing", "echo": [1]}'):
            await socket.send(frame)
        answers = [await door.next() for _ in range(5)]
        assert [answer["retcode"] for answer in answers] == [1400, 1400, 1400, 1400, 1404]
        assert answers[-1]["echo"] == [1]
        assert client.connections == 1


async def test_a_lost_connection_is_made_again_and_the_world_says_so():
    world = make_world()
    async with at_the_door(world) as (door, client, _port):
        await (await door.socket()).close()
        await client.until(lambda c: c.connections == 2, timeout=PATIENCE)
        await door.socket()
        online = [change.what for change in world.changes_after(0) or ()]
        assert [getattr(what, "online", None) for what in online] == [True, False, True]


async def test_what_is_said_while_the_bot_is_away_is_in_the_history_only():
    world = make_world()
    async with at_the_door(world) as (door, client, port):
        await door.next()
        await door.close()
        await client.until(lambda c: not world.online, timeout=PATIENCE)
        world.say(ZHAO, GROUP, "你不在的时候")
        await door.open(port)
        await client.connected(timeout=PATIENCE)
        world.say(ZHAO, GROUP, "你回来了")
        assert (await door.next())["meta_event_type"] == "lifecycle"
        assert (await door.next())["raw_message"] == "你回来了"
        assert [line.words for line in world.history(GROUP, count=5)] == ["你不在的时候", "你回来了"]


async def test_a_heartbeat_is_sent():
    async with at_the_door(make_world(), heartbeat=0.01) as (door, _client, _port):
        await door.next()
        beat = await door.next()
        assert (beat["meta_event_type"], beat["interval"], beat["status"]["online"]) == ("heartbeat", 10, True)


async def test_a_file_of_megabytes_arrives_whole():
    world, content = make_world(), bytes(range(256)) * 12_000
    async with at_the_door(world) as (door, _client, _port):
        file = "base64://" + base64.b64encode(content).decode()
        params = {"user_id": ZHAO, "name": "数据.zip", "file": file}
        await (await door.socket()).send(json.dumps({"action": "upload_private_file", "params": params, "echo": "1"}))
        line = await line_where(world, PRIVATE, lambda line: line.sender == BOT)
        assert world.file(getattr(line.segments[0], "file_id"), ZHAO)[1] == content  # noqa: B009


async def test_actions_are_carried_out_in_the_order_they_came():
    world = make_world()
    async with at_the_door(world) as (door, _client, _port):
        socket = await door.socket()
        for number in range(50):
            params = {"group_id": CLEAR_CREEK, "message": [{"type": "text", "data": {"text": str(number)}}]}
            await socket.send(json.dumps({"action": "send_group_msg", "params": params, "echo": number}))
        await line_where(world, GROUP, lambda line: line.words == "49")
        assert [line.segments for line in world.lines(GROUP, count=99)] == [(Text(str(n)),) for n in range(50)]


async def test_stopping_closes_the_connection_and_leaves_no_task_behind():
    world = make_world()
    async with at_the_door(world) as (door, client, _port):
        socket = await door.socket()
        before = asyncio.all_tasks()
        await client.stop()
        await client.stop()
        async with asyncio.timeout(PATIENCE):
            await socket.wait_closed()
        assert socket.close_code == 1000
        assert not world.online
        assert not [task for task in before if "sandbox" in task.get_name() and not task.done()]
