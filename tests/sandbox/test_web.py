import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import bot.sandbox
from bot.clock import SHANGHAI
from bot.sandbox.remembered import Remembered
from tests.sandbox.pages import GROUP, HOSTILE, PRIVATE, Memory, page_of, said
from tests.sandbox.worlds import ALONE, BOT, CLEAR_CREEK, KAI, LIN, QUIET, ZHAO, make_world


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


async def test_a_group_without_the_bot_is_shown_as_such():
    async with page_of(make_world()) as http:
        groups = {group["number"]: group for group in (await http.get("/api/state")).json()["groups"]}
    assert (groups[CLEAR_CREEK]["bot"], groups[QUIET]["bot"]) == (True, False)
