"""Two bots written by others judge our OneBot 11 side: each is a program of its own that our client connects to."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from bot.core.rules.message import ChatKind, Mention, Text
from bot.sandbox.client import GatewayClient
from bot.sandbox.values import Chat
from bot.sandbox.world import World
from tests.patience import PATIENCE
from tests.sandbox.waiting import free_port, line_where
from tests.sandbox.worlds import BOT, CLEAR_CREEK, KAI, LIN, ZHAO, make_clock, make_world

JUDGES = Path(__file__).parent / "judges"
TOKEN = "invented-token-of-more-than-32-characters"
SATORI_TOKEN = "invented-satori-token"
GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
PRIVATE = Chat(ChatKind.PRIVATE, ZHAO)


def start_judge(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(JUDGES / f"{name}.py"), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def end_judge(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)


@pytest.fixture(scope="module")
def aiocqhttp_port() -> Iterator[int]:
    port = free_port()
    judge = start_judge("aiocqhttp_judge", str(port), TOKEN)
    yield port
    end_judge(judge)


@pytest.fixture(scope="module")
def satori_port() -> Iterator[int]:
    port = free_port()
    judge = start_judge("satori_judge", str(port), TOKEN, SATORI_TOKEN)
    yield port
    end_judge(judge)


@asynccontextmanager
async def calling(world: World, url: str, token: str = TOKEN) -> AsyncIterator[GatewayClient]:
    client = GatewayClient(world, url=url, token=token, clock=make_clock(), first_retry=0.05)
    client.start()
    try:
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def on_aiocqhttp(port: int) -> AsyncIterator[World]:
    world = make_world()
    async with calling(world, f"ws://127.0.0.1:{port}/ws") as client:
        await client.connected(timeout=PATIENCE)
        yield world


@pytest.mark.parametrize(("token", "status"), [("a-wrong-token-of-more-than-32-characters", 403), ("", 401)])
async def test_aiocqhttp_refuses_a_wrong_token_and_we_stay_offline(aiocqhttp_port: int, token: str, status: int):
    world = make_world()
    async with calling(world, f"ws://127.0.0.1:{aiocqhttp_port}/ws", token) as client:
        await client.until(lambda c: c.refused_status is not None, timeout=PATIENCE)
        assert (client.refused_status, client.connections, world.online) == (status, 0, False)


async def test_aiocqhttp_answers_in_the_group_and_mentions_who_asked(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        world.say(ZHAO, GROUP, "你好")
        answer = await line_where(world, GROUP, lambda line: line.sender == BOT)
        assert answer.segments[0] == Mention(str(ZHAO))
        assert answer.words.strip() == "group pong 你好"


async def test_aiocqhttp_answers_in_private(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        world.say(ZHAO, PRIVATE, "[CQ:at,qq=all] &amp; 你好")
        answer = await line_where(world, PRIVATE, lambda line: line.sender == BOT)
        assert answer.words == "private pong [CQ:at,qq=all] &amp; 你好"


async def test_aiocqhttp_reads_our_groups_and_members(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        world.say(LIN, GROUP, "groups")
        world.say(ZHAO, GROUP, "me")
        await line_where(world, GROUP, lambda line: line.words == f"groups [{CLEAR_CREEK}]")
        await line_where(world, GROUP, lambda line: line.words == "赵师傅 is member")


async def test_aiocqhttp_takes_its_own_message_back(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        world.say(ZHAO, GROUP, "take it back")
        line = await line_where(world, GROUP, lambda line: line.recalled_by == BOT)
        assert line.words == ""


async def test_aiocqhttp_hears_that_a_message_was_recalled(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        line = world.say(ZHAO, GROUP, "说错了")
        world.recall(ZHAO, line.id)
        await line_where(world, GROUP, lambda said: said.words == f"saw recall {line.id}")


async def test_a_string_of_a_careless_bot_calls_everybody_and_is_seen_to(aiocqhttp_port: int):
    async with on_aiocqhttp(aiocqhttp_port) as world:
        world.say(ZHAO, GROUP, "codes")
        plain = await line_where(world, GROUP, lambda line: line.words.endswith("plain"))
        acting = await line_where(world, GROUP, lambda line: line.words == " all")
        assert plain.segments == (Text("[CQ:at,qq=all] plain"),)
        assert acting.segments == (Mention("all"), Text(" all"))


async def _heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next Satori event of a kind."""
    while True:
        frame = json.loads(await socket.recv())
        if frame["op"] == 0 and frame["body"]["type"] == kind:
            return frame["body"]


@asynccontextmanager
async def on_satori(port: int) -> AsyncIterator[tuple[World, ClientConnection, httpx.AsyncClient]]:
    """A world behind the Satori judge, what the judge tells, and a way to make it speak."""
    world = make_world()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(calling(world, f"ws://127.0.0.1:{port}/onebot/v11/ws"))
        await client.connected(timeout=PATIENCE)
        socket = await stack.enter_async_context(connect(f"ws://127.0.0.1:{port}/satori/v1/events", proxy=None))
        await socket.send(json.dumps({"op": 3, "body": {"token": SATORI_TOKEN}}))
        ready = json.loads(await socket.recv())
        if not ready["body"]["logins"]:  # it still asks who we are
            await _heard(socket, "login-added")
        headers = {
            "Authorization": f"Bearer {SATORI_TOKEN}",
            "Satori-Platform": "qq-client",
            "Satori-User-ID": str(BOT),
        }
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/satori/v1/", headers=headers, trust_env=False)
        yield world, socket, await stack.enter_async_context(http)


async def test_the_satori_judge_refuses_a_wrong_token(satori_port: int):
    world = make_world()
    url = f"ws://127.0.0.1:{satori_port}/onebot/v11/ws"
    async with calling(world, url, "a-wrong-token-of-more-than-32-characters") as client:
        await client.until(lambda c: c.refused_status is not None, timeout=PATIENCE)
        assert (client.refused_status, client.connections, world.online) == (403, 0, False)


async def test_the_satori_judge_hears_group_and_private_and_speaks_in_both(satori_port: int):
    async with on_satori(satori_port) as (world, socket, http):
        world.say(LIN, GROUP, "@知心 <b>大家好</b>")
        in_group = await _heard(socket, "message-created")
        world.say(ZHAO, PRIVATE, "私下问一句")
        in_private = await _heard(socket, "message-created")
        assert in_group["message"]["content"] == f'<at id="{BOT}"/> &lt;b&gt;大家好&lt;/b&gt;'
        assert (in_group["guild"]["name"], in_group["user"]["id"]) == ("清溪青年", str(LIN))
        assert in_group["member"]["roles"][0]["id"] == "owner"
        assert in_private["channel"]["id"] == f"private:{ZHAO}"
        for channel in (str(CLEAR_CREEK), f"private:{ZHAO}"):
            said = await http.post("message.create", json={"channel_id": channel, "content": f"收到 {channel}"})
            assert said.status_code == 200, said.text
        await line_where(world, GROUP, lambda line: (line.sender, line.words) == (BOT, f"收到 {CLEAR_CREEK}"))
        await line_where(world, PRIVATE, lambda line: (line.sender, line.words) == (BOT, f"收到 private:{ZHAO}"))


async def test_the_satori_judge_hears_recalls_and_quotes(satori_port: int):
    async with on_satori(satori_port) as (world, socket, _http):
        line = world.say(KAI, GROUP, "第一句")
        await _heard(socket, "message-created")
        world.say(ZHAO, GROUP, "回你", quoted=line.id)
        quoting = await _heard(socket, "message-created")
        assert "第一句" in quoting["message"]["content"]
        world.recall(KAI, line.id)
        recalled = await _heard(socket, "message-deleted")
        assert recalled["message"]["id"] == str(line.id)
