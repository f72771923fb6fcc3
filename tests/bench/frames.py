"""The largest frames a gateway may send: what each costs, from its bytes to the end of the bot's work on it."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nonebot
from loguru import logger

from bot import garbage
from bot.channels.onebot import SERVER_OPTIONS
from bot.channels.onebot.convert import to_plain
from bot.core.rules.message import Incoming
from bot.store.store import Store
from tests.bench.activities import opened
from tests.bench.database import Database, Embedded
from tests.bench.report import Figure, limited, show
from tests.databases import NOW
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth

LARGEST: Final = SERVER_OPTIONS["ws_max_size"]
MOST: Final = 50.0
"""Milliseconds of processor time of the largest frame of any kind: the promise."""
TIMES: Final = 3
YOUTH: Final = "20001"
WORDS: Final = {
    "letters": "a", "characters": "我", "new lines": "\\n", "spaces": " ", "slashes": "/", "digits": "1",
    "negations": "不", "danger, in pieces": "想死了吗", "commands, one a line": "/帮助\\n", "marks": "e\u0301",
    "emoji": "👨‍👩‍👧", "directions": "\u202e", "punctuation": "。", "names": "@小赵 ", "times": "周五下午三点，",
}  # fmt: skip
"""What one text segment is full of, as it stands in JSON."""
PARTS: Final = {
    "texts": '{"type":"text","data":{"text":"a"}}',
    "mentions": '{"type":"at","data":{"qq":"20001"}}',
    "numbers for words": '{"type":"text","data":{"text":1}}',
    "unknown kinds": '{"type":"x","data":{}}',
    "pictures": '{"type":"image","data":{"file":"a"}}',
}
"""What a list of segments is full of."""
CODES: Final = {"codes": "[CQ:at,qq=1]", "brackets": "[", "codes left open": "[CQ:at,qq=1", "escapes": "&amp;"}
"""What a message in string format is full of."""


def frames(sender: str, group: str) -> Iterator[tuple[str, str]]:
    """Every kind of frame, in private and in a group, as large as one may be."""
    for kind, place in (("private", {}), ("group", {"group_id": group})):
        head = {"post_type": "message", "message_type": kind, "self_id": BOT, "user_id": sender, "sender": {}, **place}
        frame = json.dumps(head | {"time": int(NOW.timestamp()), "message_id": "ID", "message": "HERE"})
        for begin in ("", "/心声 "):
            for name, unit in WORDS.items():
                yield (
                    f"{kind}, {name}{begin and ', as a voice'}",
                    _full(frame, f'[{{"type":"text","data":{{"text":"{begin}', unit, '"}}]'),
                )
        for name, unit in PARTS.items():
            yield f"{kind}, {name}", _full(frame, "[", f"{unit},", f"{unit}]")
        for name, unit in CODES.items():
            yield f"{kind}, {name}", _full(frame, '"', unit, '"')


def _full(frame: str, begin: str, unit: str, end: str) -> str:
    room = LARGEST - len((frame + begin + end).encode())
    return frame.replace('"HERE"', begin + unit * (room // len(unit.encode())) + end)


async def frames_cost(database: Database | None = None) -> list[Figure]:
    """The dearest frames of every kind, in a county with an open talk."""
    with TemporaryDirectory(prefix="zhixin-frames-") as folder:
        store = await opened(Path(folder), database or Embedded(), "frames")
        try:
            return _figures(await _each(store))
        finally:
            await store.close()


async def _each(store: Store) -> dict[str, float]:
    org = await make_org(store, "清河县团委")
    cadre = await make_cadre(store, org, "林晓舟", "10001")
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", YOUTH, cadre=cadre, chat=chat)
    talk = await Talkers.open(store)
    garbage.settle()
    spent: dict[str, float] = {}
    for name, frame in frames(YOUTH, chat.native_id):
        for at in range(TIMES):
            data = frame.replace('"ID"', f'"{len(spent) * TIMES + at + 1}"').encode()
            used = time.process_time()
            told: Any = to_plain(json.loads(data), BOT)
            assert isinstance(told, Incoming), name
            await talk.deliver(told)
            used = (time.process_time() - used) * 1000
            spent[name] = min(spent.get(name, used), used)
    return spent


def _figures(spent: dict[str, float]) -> list[Figure]:
    dearest = sorted(spent, key=lambda name: -spent[name])
    told = f"{len(spent)} kinds of {LARGEST // 1024} KiB; dearest: {dearest[0]}"
    worst = limited("the largest frame, of the dearest kind: CPU", spent[dearest[0]], MOST, "ms", told)
    return [worst, *(limited(f"  {name}", spent[name], None, "ms") for name in dearest[1:6])]


if __name__ == "__main__":
    logger.remove()
    nonebot.init()
    begun_at = time.perf_counter()
    found = asyncio.run(frames_cost())
    show(found, "on this machine", seconds=time.perf_counter() - begun_at)
    sys.exit(0 if all(one.verdict != "miss" for one in found) else 1)
