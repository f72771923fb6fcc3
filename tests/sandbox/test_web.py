import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

import bot.sandbox
from bot.clock import SHANGHAI
from bot.domain.message import ChatKind, Text
from bot.sandbox.guard import refusal
from bot.sandbox.remembered import Remembered
from bot.sandbox.values import Chat
from bot.sandbox.web import build
from bot.sandbox.world import World
from tests.sandbox.waiting import PATIENCE
from tests.sandbox.worlds import ALONE, BOT, CLEAR_CREEK, KAI, LIN, QUIET, ZHAO, make_clock, make_world

GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
PRIVATE = Chat(ChatKind.PRIVATE, ZHAO)
HOSTILE = '</script><img src=x onerror="alert(1)">[CQ:at,qq=all]{{7*7}}'
ORIGIN = "http://127.0.0.1:8080"


@dataclass
class Memory:
    """What the bot says it remembers, as a test wants it."""

    items: dict[str, list[Remembered]] = field(default_factory=dict)
    broken: bool = False

    async def ask(self, number: str) -> Sequence[Remembered]:
        if self.broken:
            raise RuntimeError("invented failure")
        return self.items.get(number, [])


def make_app(world: World, memory: Memory | None = None) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.mount("/sandbox", build(world, remembered=(memory or Memory()).ask, clock=make_clock()))
    return app


@asynccontextmanager
async def page_of(
    world: World,
    *,
    client: str = "127.0.0.1",
    host: str = "127.0.0.1:8080",
    memory: Memory | None = None,
    **headers: str,
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(world, memory), client=(client, 40000))
    sent = {"Origin": ORIGIN, **headers}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}/sandbox", headers=sent) as http:
        yield http


def said(text: str, person: int = ZHAO, chat: str = GROUP.key) -> dict[str, Any]:
    return {"person": person, "chat": chat, "text": text}


@pytest.mark.parametrize("client", ["192.168.1.7", "10.0.0.1", "8.8.8.8", "fe80::1", "testclient"])
async def test_an_address_that_is_not_this_machine_is_refused(client: str):
    async with page_of(make_world(), client=client) as http:
        assert (await http.get("/")).status_code == 403
        assert (await http.get("/api/state")).status_code == 403


@pytest.mark.parametrize(
    "host", ["zhixin.example", "127.0.0.1.zhixin.example", "localhost.zhixin.example:8080", "0.0.0.0:8080"]
)
async def test_a_foreign_host_name_is_refused_though_it_leads_here(host: str):
    async with page_of(make_world(), host=host) as http:
        for path in ("/", "/api/state", "/static/main.js"):
            assert (await http.get(path)).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.0.0.2:9", "[::1]:8080"])
async def test_this_machine_by_any_of_its_names_is_served(host: str):
    async with page_of(make_world(), host=host) as http:
        assert (await http.get("/")).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_came_through_a_proxy_is_refused(header: str):
    async with page_of(make_world()) as http:
        assert (await http.get("/", headers={header: "127.0.0.1"})).status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["https://zhixin.example", "null", "http://127.0.0.1:9999", "http://localhost:8080", "", f"{ORIGIN}.example"],
)
async def test_a_foreign_page_cannot_act(origin: str):
    world = make_world()
    async with page_of(world, Origin=origin) as http:
        for path, body in (("say", said("不是我说的")), ("leave", {"person": ZHAO, "group": CLEAR_CREEK})):
            assert (await http.post(f"/api/{path}", json=body)).status_code == 403
    assert world.last_change == 0


def test_a_request_without_origin_or_with_two_hosts_is_refused():
    scope = {"type": "http", "method": "POST", "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost")]}
    assert refusal(scope) == 403
    both = [(b"host", b"localhost"), (b"host", b"zhixin.example")]
    assert refusal({**scope, "method": "GET", "headers": both}) == 403
    assert refusal({**scope, "method": "GET", "client": None}) == 403
    assert refusal({**scope, "method": "GET"}) is None


def test_a_body_without_a_length_or_too_long_is_refused_before_it_is_read():
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    scope = {"type": "http", "method": "POST", "client": ("::1", 1), "headers": headers}
    assert refusal(scope) == 411
    assert refusal({**scope, "headers": [*headers, (b"content-length", b"65537")]}) == 413
    assert refusal({**scope, "headers": [*headers, (b"content-length", b"10")]}) is None


async def test_every_answer_forbids_what_is_not_our_own():
    async with page_of(make_world()) as http:
        for path in ("/", "/api/state", "/static/main.js", "/zhixin.css", "/nothing-here"):
            answer = await http.get(path)
            assert answer.headers["content-security-policy"].startswith("default-src 'self';")
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_page_and_everything_it_loads_is_here_and_needs_no_internet():
    async with page_of(make_world()) as http:
        page = (await http.get("/")).text
        scripts = [path.name for path in (Path(bot.sandbox.__file__).parent / "static").glob("*.js")]
        parts = ["static/" + name for name in scripts] + re.findall(r'(?:href|src)="((?:static/|zhixin)[^"]+)"', page)
        assert len(parts) > 10
        for part in {*parts}:
            text = (await http.get("/" + part)).text
            assert not re.search(r"https?://(?!www\.w3\.org/)", text), part
            assert "innerHTML" not in text
        assert not re.search(r"https?://", page)
        assert "演练" in page
        assert "style=" not in page


async def test_the_state_tells_who_is_there_and_what_was_said():
    world = make_world()
    world.say(ZHAO, GROUP, "你好")
    async with page_of(world) as http:
        state = (await http.get("/api/state")).json()
    assert [person["name"] for person in state["people"]] == ["林晓舟", "小赵", "阿凯", "路人"]
    assert state["writers"] == [LIN, ZHAO, KAI]
    assert state["chips"][1] == {"text": "关联本群", "place": "group", "labels": ["团干部"], "send": True}
    assert state["now"] == "2026-11-24T19:00:00+08:00"
    assert [line["pieces"] for line in state["lines"][GROUP.key]] == [[{"kind": "text", "text": "你好"}]]


async def test_hostile_words_stay_words():
    world = make_world()
    async with page_of(world) as http:
        line = (await http.post("/api/say", json=said(HOSTILE))).json()
        assert line["pieces"] == [{"kind": "text", "text": HOSTILE}]
        assert "alert(1)" not in (await http.get("/")).text
        state = await http.get("/api/state")
    assert state.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("say", said("x", ALONE), 409, "not_member"),
        ("say", said("x", ALONE, f"private-{ALONE}"), 409, "not_friend"),
        ("say", said("x", KAI, PRIVATE.key), 409, "not_member"),
        ("say", said("x", BOT), 404, "unknown_person"),
        ("say", said("x", ZHAO, "group-1"), 404, "unknown_group"),
        ("say", said("x", ZHAO, "channel-x"), 404, "unknown_chat"),
        ("say", said("  "), 409, "empty"),
        ("say", said("长" * 4501), 422, "bad_request"),
        ("say", {**said("x"), "person": str(ZHAO)}, 422, "bad_request"),
        ("say", {**said("x"), "as_bot": True}, 422, "bad_request"),
        ("say", {**said(""), "media": "virus"}, 409, "bad_kind"),
        ("recall", {"person": ZHAO, "message": 1}, 404, "unknown_message"),
        ("recall", {"person": BOT, "message": 1}, 404, "unknown_person"),
        ("leave", {"person": LIN, "group": CLEAR_CREEK}, 409, "owner_stays"),
        ("leave", {"person": ALONE, "group": CLEAR_CREEK}, 409, "not_member"),
        ("join", {"person": ZHAO, "group": CLEAR_CREEK, "member": ALONE}, 409, "not_allowed"),
        ("remove", {"person": ZHAO, "group": CLEAR_CREEK, "member": KAI}, 409, "not_allowed"),
        ("befriend", {"person": ZHAO}, 409, "already_friend"),
        ("unfriend", {"person": KAI}, 409, "not_friend"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_code(path: str, body: dict[str, Any], status: int, error: str):
    world = make_world()
    async with page_of(world) as http:
        answer = await http.post(f"/api/{path}", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_every_code_of_a_refusal_has_its_sentence():
    sources = "".join(path.read_text() for path in Path(bot.sandbox.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'WorldError\("(\w+)"\)', sources)) - {"no_history", "unknown_request"}  # the bot's only
    async with page_of(make_world()) as http:
        page = (await http.get("/")).text
    block = re.search(r'<script type="application/json" id="strings">(.*?)</script>', page, re.S)
    assert block is not None
    strings = json.loads(block[1])
    assert codes - set(strings["errors"]) == set()
    used = set(re.findall(r'say\("(\w+\.\w+)"', "".join(p.read_text() for p in _scripts())))
    assert used - {f"{group}.{name}" for group, names in strings.items() for name in names} == set()


def _scripts() -> list[Path]:
    return list((Path(bot.sandbox.__file__).parent / "static").glob("*.js"))


async def test_one_talks_recalls_and_moves_through_the_page():
    world = make_world()
    async with page_of(world) as http:
        line = (await http.post("/api/say", json=said("@知心 你好"))).json()
        assert line["pieces"] == [{"kind": "mention", "number": str(BOT)}, {"kind": "text", "text": " 你好"}]
        gone = (await http.post("/api/recall", json={"person": ZHAO, "message": line["id"]})).json()
        assert (gone["recalled"], gone["pieces"]) == (True, [])
        moves = (
            ("join", {"person": ALONE, "group": CLEAR_CREEK}),
            ("remove", {"person": LIN, "group": CLEAR_CREEK, "member": BOT}),
            ("join", {"person": ALONE, "group": CLEAR_CREEK, "member": BOT}),
            ("leave", {"person": ALONE, "group": CLEAR_CREEK}),
            ("befriend", {"person": ALONE}),
            ("unfriend", {"person": ALONE}),
        )
        for path, body in moves:
            assert (await http.post(f"/api/{path}", json=body)).status_code == 200, path
        await http.post("/api/say", json={**said(""), "media": "image"})
    assert [line.system for line in world.lines(GROUP, count=9)][1:5] == ["joined", "kicked", "joined", "left"]


async def test_older_lines_come_on_request():
    world = make_world()
    lines = [world.say(ZHAO, GROUP, str(number)) for number in range(5)]
    async with page_of(world) as http:
        query = {"chat": GROUP.key, "before": lines[3].id, "count": 2}
        answer = (await http.get("/api/lines", params=query)).json()
    assert [line["pieces"][0]["text"] for line in answer["lines"]] == ["1", "2"]


async def test_a_file_goes_only_to_whom_it_was_sent_and_never_as_a_page():
    world = make_world()
    line = world.upload_private_file(ZHAO, "我的<b>数据.html", b"<script>alert(1)</script>")
    file_id = getattr(line.segments[0], "file_id")  # noqa: B009
    async with page_of(world) as http:
        assert (await http.get(f"/api/files/{file_id}", params={"person": KAI})).status_code == 404
        answer = await http.get(f"/api/files/{file_id}", params={"person": ZHAO})
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%88%91")


async def test_the_memory_is_asked_for_the_person_and_a_failure_is_not_an_empty_memory():
    at = datetime(2026, 11, 24, 18, 0, tzinfo=SHANGHAI)
    memory = Memory({str(ZHAO): [Remembered("称呼", "小赵", True, at), Remembered("原话", "没有留下", False)]})
    async with page_of(make_world(), memory=memory) as http:
        assert (await http.get("/api/remembered", params={"person": BOT})).status_code == 404
        told = (await http.get("/api/remembered", params={"person": ZHAO})).json()
        memory.broken = True
        failed = (await http.get("/api/remembered", params={"person": ZHAO})).json()
    assert [(item["kind"], item["stored"], item["at"]) for item in told["items"]] == [
        ("称呼", True, "2026-11-24T18:00:00+08:00"),
        ("原话", False, None),
    ]
    assert (failed["failed"], failed["items"]) == (True, [])


@asynccontextmanager
async def served(world: World, memory: Memory | None = None) -> AsyncIterator[str]:
    """The page on a real server; its address as host:port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # who connects before the server runs waits here
    server = uvicorn.Server(
        uvicorn.Config(make_app(world, memory), log_config=None, lifespan="off", ws="websockets-sansio")
    )
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await task
        listening.close()


def live(address: str, *, origin: str | None = "", after: int = 0, run: str = "") -> connect:
    origins = {} if origin is None else {"Origin": origin or f"http://{address}"}
    url = f"ws://{address}/sandbox/api/live?after={after}&run={run}"
    return connect(url, additional_headers=origins, proxy=None)


async def told(page: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            frame = json.loads(await page.recv())
            if frame["type"] == kind:
                return frame


@pytest.mark.parametrize("origin", [None, "https://zhixin.example", "null"])
async def test_a_foreign_page_cannot_listen(origin: str | None):
    async with served(make_world()) as address:
        with pytest.raises(InvalidStatus, match="403"):
            await live(address, origin=origin)


async def test_changes_arrive_live_and_in_order():
    world = make_world()
    async with served(world) as address, live(address, run=world.run_id) as page:
        world.say(ZHAO, GROUP, HOSTILE)
        world.say_as_bot(GROUP, [Text("收到")])
        world.leave_group(ZHAO, CLEAR_CREEK)
        world.set_online(True)
        changes = [await told(page, "change") for _ in range(4)]
    assert [change["number"] for change in changes] == [1, 2, 3, 4]
    assert changes[0]["line"]["pieces"] == [{"kind": "text", "text": HOSTILE}]
    assert "roster" not in changes[1]
    assert ZHAO not in [member["number"] for member in changes[2]["roster"]["groups"][0]["members"]]
    assert changes[3]["online"] is True


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice():
    world = make_world()
    for text in "一二三":
        world.say(ZHAO, GROUP, text)
    async with served(world) as address, live(address, after=1, run=world.run_id) as page:
        missed = [await told(page, "change") for _ in range(2)]
        world.say(ZHAO, GROUP, "四")
        after = await told(page, "change")
    assert [change["number"] for change in (*missed, after)] == [2, 3, 4]


async def test_a_page_of_an_earlier_run_is_told_to_begin_anew():
    world = make_world()
    async with served(world) as address, live(address, after=0, run="another-run") as page:
        assert (await told(page, "reset"))["run"] == world.run_id


async def test_the_memory_follows_the_person_and_what_happens():
    world, memory = make_world(), Memory()
    async with served(world, memory) as address, live(address, run=world.run_id) as page:
        await page.send(json.dumps({"person": ZHAO}))
        assert await told(page, "remembered") == {"type": "remembered", "person": ZHAO, "failed": False, "items": []}
        memory.items[str(ZHAO)] = [Remembered("称呼", "小赵", True)]
        world.say(ZHAO, GROUP, "/加入 小赵")
        assert (await told(page, "remembered"))["items"][0]["text"] == "小赵"
        await page.send(json.dumps({"person": LIN}))
        assert (await told(page, "remembered"))["person"] == LIN


@pytest.mark.parametrize("frame", ["not json", "[]", '{"person": "x"}', '{"person": 99}', '{"person": true}'])
async def test_nonsense_from_a_page_breaks_nothing_for_others(frame: str):
    world = make_world()
    async with served(world) as address, live(address, run=world.run_id) as other:
        async with live(address, run=world.run_id) as page:
            await page.send(frame)
        world.say(ZHAO, GROUP, "还在")
        assert (await told(other, "change"))["number"] == 1


async def test_the_server_stops_while_a_page_is_open():
    world = make_world()
    async with served(world) as address:
        page = await live(address, run=world.run_id)
    async with asyncio.timeout(PATIENCE):
        await page.wait_closed()


async def test_a_group_without_the_bot_is_shown_as_such():
    async with page_of(make_world()) as http:
        groups = {group["number"]: group for group in (await http.get("/api/state")).json()["groups"]}
    assert (groups[CLEAR_CREEK]["bot"], groups[QUIET]["bot"]) == (True, False)
