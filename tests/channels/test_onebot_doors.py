"""Who may come in (reliability section 3, rows 1 to 5). Each check holds for our door and fails for the stock one."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from loguru import logger
from nonebot.config import Config, Env
from nonebot.drivers.fastapi import Driver
from websockets.exceptions import InvalidStatus

from bot.channels.onebot import Adapter, UnsafeStart
from bot.clock import Clock
from tests.channels.door import (
    OTHER_ID,
    SELF_ID,
    TOKEN,
    Admits,
    Door,
    Hazard,
    Kind,
    RecordingEdge,
    hazard_if,
    open_door,
)
from tests.patience import PATIENCE

SECRET = "s" * 32
Check = Callable[[Door], Awaitable[None]]
POST_PATHS = ("/onebot/v11/", "/onebot/v11/http", "/onebot/v11/http/")
PATHS = ("/onebot/v11/", "/onebot/v11/ws", "/onebot/v11/ws/")
OWNER_EVENT: dict[str, Any] = {"time": 1, "self_id": int(SELF_ID), "post_type": "message", "message_type": "group"}
OWNER_EVENT |= {"sub_type": "normal", "message_id": 1, "user_id": 5, "group_id": 7, "raw_message": "hi", "font": 0}
OWNER_EVENT |= {"message": [{"type": "text", "data": {"text": "hi"}}], "sender": {"user_id": 5, "role": "owner"}}


async def post(port: int, path: str, headers: dict[str, str], body: bytes | None, *, timeout: float = PATIENCE) -> int:
    """The status of one request; ``None`` as body sends the headers only. 0: no answer in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        fields = {"Host": "x", "Content-Type": "application/json", "Connection": "close"} | headers
        if body is not None:
            fields |= {"Content-Length": str(len(body))}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        writer.write(head.encode() + (body or b""))
        async with asyncio.timeout(timeout):
            return int((await reader.readline()).split()[1])
    except TimeoutError:
        return 0
    finally:
        writer.close()


def signed(body: bytes, digest: str = "sha1") -> dict[str, str]:
    """The headers of a posting gateway."""
    return {"X-Self-ID": SELF_ID, "X-Signature": f"{digest}={hmac.new(SECRET.encode(), body, digest).hexdigest()}"}


async def is_refused(door: Door, self_id: str = SELF_ID, **more: Any) -> bool:
    """Whether such a gateway is turned away."""
    gateway = door.gateway(self_id, **more)
    try:
        await gateway.connect()
    except InvalidStatus:
        return True
    else:
        return False
    finally:
        await gateway.close()


async def a_gateway_cannot_claim_a_bot_that_is_not_ours(door: Door) -> None:
    hazard_if(not await is_refused(door, "66666"), "a foreign bot id was let in with our token")


async def the_token_is_compared_in_constant_time(door: Door) -> None:
    compared: list[object] = []
    real = hmac.compare_digest

    def compare(one: Any, other: Any) -> bool:
        compared.append(other)
        return real(one, other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hmac, "compare_digest", compare)
        await is_refused(door, token="w" * 40)
    hazard_if(not compared, "the token was compared with != or not at all")


async def a_stranger_does_not_learn_which_bots_are_connected(door: Door) -> None:
    lines: list[str] = []
    async with door.connected():
        sink = logger.add(lambda line: lines.append(str(line)), level="DEBUG")
        try:
            assert await is_refused(door, token="w" * 40)
        finally:
            logger.remove(sink)
    hazard_if(any("already a bot" in line for line in lines), "the bot id was looked at before the token")


async def a_posted_event_without_proof_is_not_taken(door: Door) -> None:
    body = json.dumps(OWNER_EVENT).encode()
    for path in POST_PATHS:
        status = await post(door.port, path, {"X-Self-ID": SELF_ID}, body)
        hazard_if(status != 404, f"POST {path} was answered {status}")
    hazard_if(door.seen or door.edge.arrived, "a forged event came through")


async def a_post_does_not_take_the_place_of_the_gateway(door: Door) -> None:
    await post(door.port, POST_PATHS[0], {"X-Self-ID": SELF_ID}, json.dumps(OWNER_EVENT).encode())
    hazard_if(await is_refused(door), "the real gateway was refused after a post")


async def a_body_is_refused_before_it_is_read(door: Door) -> None:
    for path in (*POST_PATHS, "/onebot/v11/ws", "/anything"):
        status = await post(door.port, path, {"Content-Length": "419430400"}, None, timeout=door.patience)
        hazard_if(status not in (404, 413), f"{path} waited for 400 MiB (status {status})")


async def a_body_without_a_length_ends_at_the_cap(door: Door) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    headers = {"Transfer-Encoding": "chunked", "X-Self-ID": SELF_ID}
    head = "POST /onebot/v11/http HTTP/1.1\r\nHost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        writer.write(head.encode() + b"\r\n" + chunk * 6)
        async with asyncio.timeout(door.patience):
            status = int((await reader.readline()).split()[1])
    except TimeoutError:
        status = 0
    finally:
        writer.close()
    hazard_if(status not in (404, 413), f"a stream past the cap was still read (status {status})")


async def a_half_open_connection_does_not_keep_its_gateway_out(door: Door) -> None:
    async with door.connected() as gateway:
        gateway.half_open()
        try:
            await gateway.connect()
        except InvalidStatus:
            raise Hazard("the reconnect was refused") from None


CHECKS: tuple[Check, ...] = (
    a_gateway_cannot_claim_a_bot_that_is_not_ours,
    the_token_is_compared_in_constant_time,
    a_stranger_does_not_learn_which_bots_are_connected,
    a_posted_event_without_proof_is_not_taken,
    a_post_does_not_take_the_place_of_the_gateway,
    a_body_is_refused_before_it_is_read,
    a_body_without_a_length_ends_at_the_cap,
    a_half_open_connection_does_not_keep_its_gateway_out,
)
check_parameter = pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])


@pytest.mark.rule("P17")
@check_parameter
async def test_our_door_holds(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door:
        await check(door)


@check_parameter
async def test_stock_shows_the_hazard(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch) as door:
        with pytest.raises(Hazard):
            await check(door)


async def test_stock_without_a_token_lets_anybody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch, token="") as door:
        assert not await is_refused(door, token="")


@pytest.mark.rule("P17")
@pytest.mark.parametrize("token", ["", "short", "t" * 31])
@pytest.mark.parametrize("sandbox", [True, False])
def test_the_start_is_refused_without_a_long_token(token: str, sandbox: bool) -> None:
    def start() -> Adapter:
        return Adapter(
            Driver(Env(environment="test"), Config()),
            edge=RecordingEdge(),
            admission=Admits(),
            clock=Clock(),
            access_token=token,
            sandbox_loopback=sandbox,
        )

    if sandbox and not token:
        assert start().name == "qq"  # only this machine's own sandbox
    else:
        with pytest.raises(UnsafeStart):
            start()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, ""),
        ({"Authorization": ""}, ""),
        ({"Authorization": "Bearer "}, ""),
        ({"Authorization": "Bearer wrong"}, ""),
        ({"Authorization": TOKEN}, ""),
        ({"Authorization": f"Basic {TOKEN}"}, ""),
        ({}, f"?access_token={TOKEN}"),
    ],
)
async def test_only_the_right_header_opens_a_websocket(
    path: str, headers: dict[str, str], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door:
        assert await is_refused(door, token="", path=path + query, headers=headers)
        assert door.admission.asked == []  # the token comes before everything
        async with door.connected(path=path):
            assert door.adapter.online(SELF_ID)


@pytest.mark.parametrize("headers", [{"X-Self-ID": ""}, {"X-Self-ID": "me"}, {"X-Client-Role": "API"}])
async def test_a_gateway_without_an_id_or_with_half_a_role_is_refused(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door:
        assert await is_refused(door, headers=headers)
        assert door.adapter.counters.refused == 1


async def test_the_newest_connection_wins_and_a_late_farewell_of_the_old_one_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as old, door.connected() as new:
        assert await old.wait_closed() == 1001
        await old.close()
        assert door.edge.online == ["+qq:10001", "-qq:10001", "+qq:10001"]
        assert door.adapter.online(SELF_ID)
        await door.bot.call_api("get_status")
        assert [call.action for call in new.calls] == ["get_status"]


async def test_two_bots_have_two_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected(), door.connected(OTHER_ID) as other:
        assert sorted(door.adapter.bots) == [SELF_ID, OTHER_ID]
        await other.drop()
        await door.edge.until(lambda: f"-qq:{OTHER_ID}" in door.edge.online)
        assert list(door.adapter.bots) == [SELF_ID]


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
async def test_with_a_secret_a_signed_post_arrives_and_takes_nobodys_place(
    digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch, secret=SECRET) as door:
        body = json.dumps(OWNER_EVENT).encode()
        assert await post(door.port, POST_PATHS[1], signed(body, digest), body) == 204
        assert len(door.edge.arrived) == 1
        assert not door.adapter.online(SELF_ID)
        async with door.connected():
            assert door.adapter.online(SELF_ID)


@pytest.mark.parametrize("check", [a_body_is_refused_before_it_is_read, a_body_without_a_length_ends_at_the_cap])
async def test_with_a_secret_the_cap_stands_before_the_signature(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, secret=SECRET) as door:
        await check(door)


async def test_stock_with_a_secret_still_loses_its_place_to_a_signed_post(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch, secret=SECRET) as door:
        body = json.dumps(OWNER_EVENT).encode()
        assert await post(door.port, POST_PATHS[1], signed(body), body) == 204
        assert await is_refused(door)


async def test_with_a_secret_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, secret=SECRET) as door:
        body = json.dumps(OWNER_EVENT).encode()
        foreign = json.dumps(OWNER_EVENT | {"self_id": int(OTHER_ID)}).encode()
        right = signed(body)
        for headers, sent, status in (
            ({"X-Self-ID": SELF_ID}, body, 403),
            (right | {"X-Signature": "sha1=" + "0" * 40}, body, 403),
            (right | {"X-Signature": "md5=" + hashlib.md5(body).hexdigest()}, body, 403),  # noqa: S324
            (right, body + b" ", 403),
            (right | {"X-Self-ID": "66666"}, body, 403),
            (signed(foreign), foreign, 400),
            (signed(b"[]"), b"[]", 400),
            (signed(b""), b"", 400),
        ):
            for path in POST_PATHS:
                assert await post(door.port, path, headers, sent) == status, (path, headers)
        assert door.edge.arrived == []


@pytest.mark.parametrize("path", ["/onebot/v11", "/onebot/v11/", "/onebot/v11/ws", "/onebot/v11/ws/"])
async def test_every_usual_path_leads_in(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected(path=path) as gateway:
        await gateway.group_message(7, 2001, "hi")
        assert await door.messages(1)


async def test_a_wrong_path_is_said_in_the_log_once_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="WARNING")
    try:
        async with open_door(Kind.OURS, monkeypatch) as door:
            for path in ("/onebot", "/ws", "/onebot/v12/ws"):
                with pytest.raises(InvalidStatus):
                    await door.gateway(path=path).connect()
    finally:
        logger.remove(sink)
    assert len([line for line in lines if "/onebot/v11/ws" in line]) == 1
