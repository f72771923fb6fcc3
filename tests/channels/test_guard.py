"""The guard in front of everything (reliability section 3; threat 16): what it refuses, nobody behind it sees."""

from typing import Any

import pytest

from bot.channels.onebot import Guard
from bot.channels.onebot.guard import MAX_BODY, Message, Receive, Scope, Send


class Reader:
    """An application that reads the whole body and answers 200; ``stubborn`` swallows what goes wrong meanwhile."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.read = 0
        self.scopes: list[Scope] = []
        self._stubborn = stubborn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                if not self._stubborn:
                    raise ConnectionError
                break
            self.read += len(message["body"])
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def knock(
    app: Guard, *, path: str = "/", headers: dict[str, str] | None = None, body: list[bytes] | None = None
) -> tuple[int, int]:
    """The status and the number of body parts that were asked for."""
    parts, asked, sent = list(body or [b""]), 0, []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    fields = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope: dict[str, Any] = {"type": "http", "path": path, "headers": fields, "query_string": b"token=t"}
    await app(scope, receive, send)
    assert [one["type"] for one in sent] == ["http.response.start", "http.response.body"]
    return int(sent[0]["status"]), asked


@pytest.mark.parametrize(
    ("length", "status"), [(str(MAX_BODY + 1), 413), ("9" * 30, 400), ("-1", 400), ("x", 400), ("", 400)]
)
async def test_a_length_over_the_cap_is_refused_unread(length: str, status: int) -> None:
    behind = Reader()
    assert await knock(Guard(behind), headers={"Content-Length": length}) == (status, 0)
    assert behind.scopes == []


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_stream_is_cut_at_the_cap(stubborn: bool) -> None:
    behind = Reader(stubborn=stubborn)
    parts = [b"x" * 65536] * 100
    assert await knock(Guard(behind), body=parts) == (413, 5)
    assert behind.read == MAX_BODY


async def test_a_length_that_lies_is_cut_too() -> None:
    status, _ = await knock(Guard(Reader()), headers={"Content-Length": "5"}, body=[b"x" * (MAX_BODY + 1)])
    assert status == 413


async def test_a_body_at_the_cap_passes() -> None:
    behind = Reader()
    assert await knock(Guard(behind), headers={"Content-Length": str(MAX_BODY)}, body=[b"x" * MAX_BODY]) == (200, 1)


async def test_a_page_that_takes_files_has_its_own_cap() -> None:
    app = Guard(Reader(), larger={"/console/import": 2 * MAX_BODY})
    body = [b"x" * MAX_BODY, b"x"]
    assert (await knock(app, path="/console/import", body=body))[0] == 200
    assert (await knock(app, path="/console/wish", body=body))[0] == 413


@pytest.mark.parametrize(("path", "status"), [("/qq", 404), ("/qq/webhook", 404), ("/qqq", 200), ("/", 200)])
async def test_doors_that_check_too_late_are_shut(path: str, status: int) -> None:
    assert (await knock(Guard(Reader()), path=path))[0] == status


async def test_an_error_behind_the_guard_stays_an_error() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await knock(Guard(broken))


async def test_the_query_of_a_gateway_is_emptied_before_a_server_logs_it() -> None:
    behind = Reader()
    await knock(Guard(behind), path="/onebot/v11/ws")
    await knock(Guard(behind), path="/console/")
    assert [scope["query_string"] for scope in behind.scopes] == [b"", b"token=t"]
