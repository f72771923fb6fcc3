"""The HTTP door's patience: halves of requests make room for whole ones, within the limit in force."""

import asyncio
import resource
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from bot.channels.onebot import patience
from bot.channels.onebot.patience import PatientHttp, most_connections, raise_limit
from tests.patience import PATIENCE


async def answers(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "FEWEST", 5)
    monkeypatch.setattr(patience, "MOST", 5)
    config = uvicorn.Config(answers, port=0, http=PatientHttp, lifespan="off", log_level="error")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALVES = {
    "silent": b"",
    "line": b"GET /healthz HT",
    "head": b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
    "body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{",
    "chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "next": WHOLE + b"GET / HTTP",
    "idle": WHOLE,
}
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def opened(port: int, words: bytes = b"") -> Line:
    line = await asyncio.open_connection("127.0.0.1", port)
    line[1].write(words)
    return line


async def closed(line: Line) -> None:
    """Wait until the other side has closed it."""
    with suppress(ConnectionError):
        await asyncio.wait_for(line[0].read(), PATIENCE)
    line[1].close()


async def answered(line: Line) -> bool:
    line[1].write(WHOLE)
    return (await asyncio.wait_for(line[0].readline(), PATIENCE)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_half_a_request_is_closed_and_a_whole_one_answered(
    port: int, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "WAIT_SECONDS", 0.2)
    await closed(await opened(port, half))
    line = await opened(port)
    assert await answered(line)
    line[1].close()


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_whoever_comes_when_all_is_full_gets_the_place_of_the_one_that_kept_waiting_longest(
    port: int, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "WAIT_SECONDS", 2 * PATIENCE)
    held = [await opened(port, half) for _ in range(patience.MOST)]
    late = await opened(port)
    assert await answered(late)
    await closed(held[0])
    for line in (*held[1:], late):
        line[1].close()


@pytest.mark.parametrize(
    ("limit", "most"), [(64, 8), (128, 32), (256, 160), (1024, 400), (8192, 400), (resource.RLIM_INFINITY, 400)]
)
def test_places_follow_the_limit_in_force(monkeypatch: pytest.MonkeyPatch, limit: int, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert most_connections() == most


@pytest.mark.parametrize(
    ("soft", "hard", "asked"),
    [
        (1024, 4096, 4096),
        (1024, 2**20, 8192),
        (1024, resource.RLIM_INFINITY, 8192),
        (8192, 8192, None),
        (2**16, 2**20, None),
    ],
)
def test_a_start_asks_for_what_it_may_have(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: int | None
) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: told.append(limits))
    raise_limit()
    assert told == ([] if asked is None else [(asked, hard)])
