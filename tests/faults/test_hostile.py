"""F2 hostile strings through every declared command, in private and in the group, on both databases.

What is stored equals the normalised text and reads back the same; only allowed segments go out; nothing breaks; exports
open again and their page is escaped; no string is found in clear in the database or the log.
"""

import io
import json
import random
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
from loguru import logger
from sqlalchemy import select
from typing_extensions import override

from bot import log
from bot.channels.onebot.convert import read_message, to_onebot
from bot.chat import table as commands
from bot.chat.export import DATA, PAGE, archive
from bot.chat.text import TEMPLATES, calls_nobody
from bot.clock import ManualClock
from bot.core.rules.message import Incoming, Text
from bot.core.rules.text import clean, split_long
from bot.features.rights.reads.export import export_person
from bot.store.people import Person
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.fuzzed import World, texts_in
from tests.faults.hostile import CANARY, Hostile
from tests.inline import inline_sqlite

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(28_800)]

A_WORLD = 1_000
"""Strings until everything begins anew: a database that only grows makes the later ones slow."""
KEPT = ("talk.open", "talk.close", "talk.note", "rights.correct", "said in the talk")
"""What takes free words: at least some of the hostile ones must have got as far as the database."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Everything that is logged."""
    lines: list[str] = []

    class Sink:
        def write(self, line: str) -> None:
            lines.append(line)

        def flush(self) -> None:
            pass

    monkeypatch.setattr("sys.stderr", Sink())
    log.configure("DEBUG", "text")
    yield lines
    logger.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(
    request: pytest.FixtureRequest, masters: MasterKeys, clock: ManualClock, tmp_path: Path
) -> Callable[[], AbstractAsyncContextManager[Store]]:
    """Opens an empty database, as often as it is asked; the one before is thrown away."""
    sqlite, used = request.param == "sqlite", count(1)
    template = request.getfixturevalue("sqlite_template" if sqlite else "postgres_database")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        with inline_sqlite():
            async with one_more() as store:
                yield store

    @asynccontextmanager
    async def one_more() -> AsyncIterator[Store]:
        path = tmp_path / f"world{next(used)}.db"
        if sqlite:
            shutil.copyfile(template, path)
        else:
            template.empty()
        url = f"sqlite+aiosqlite:///{path}" if sqlite else template.url
        store = await Store.open(url, masters=masters, clock=clock)
        try:
            yield store
            assert in_clear(tmp_path) == []
        finally:
            await store.close()
            if sqlite:
                path.unlink()
            else:
                template.empty()

    return opened


async def test_hostile_strings_through_every_command(
    new_store: Callable[[], AbstractAsyncContextManager[Store]],
    request: pytest.FixtureRequest,
    scale: Scale[int],
    table: FaultTable,
    written: list[str],
) -> None:
    sqlite = "sqlite" in request.node.name
    wanted, seed = scale(5_000 if sqlite else 400, 100_000 if sqlite else 20_000), 20261128
    dice, total, ways, kept, times = random.Random(seed), 0, set[str](), Counter[str](), list[float]()
    compared = exported = 0
    while total < wanted:
        async with new_store() as store:
            world = await World.open(store, dice)
            for number in range(min(A_WORLD, wanted - total)):
                if number % 50 == 0:
                    await world.refresh()
                await world.step()
                total += 1
            await world.sealed.compare()
            assert [line for line in written if " ERROR " in line or "Traceback" in line] == [], (seed, total)
            assert [line for line in written if CANARY in line] == [], (seed, total)
            assert all(clean(text) == text for text in await world.recorded())
            exported += await exports_open_again(world)
        ways |= set(world.typed)
        kept += world.kept
        times += world.times
        compared += world.sealed.compared
        written.clear()
    p99 = sorted(times)[len(times) * 99 // 100] * 1000
    figure = f"{kept.total()} stored as normalised, {compared} read back equal, {exported} in exports; p99 {p99:.0f} ms"
    name = f"F2 hostile strings ({'SQLite' if sqlite else 'PostgreSQL'})"
    table.row(test=name, size=f"{total} strings, {len(ways)} ways in", figure=figure)
    assert set(commands.table.commands) <= ways, "every command had its share"
    assert exported, "no export held anything hostile"
    assert kept.total() > total / 20, (seed, kept)
    if total >= 10_000:
        assert [what for what in KEPT if not kept[what]] == [], (seed, kept)


def in_clear(folder: Path) -> list[str]:
    """Files of the database in which a string stands as it was typed."""
    return [path.name for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


# --- exports ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    @override
    def handle_data(self, data: str) -> None:
        self.words.append(data)


OWN_TAGS = set(re.findall(r"<([a-z0-9]+)", (TEMPLATES / "export" / "data.html").read_text(encoding="utf-8")))
OWN_ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class"}


async def exports_open_again(world: World) -> int:
    """Everybody's: a whole zip, JSON with the normalised words, and a page on which they are words; how many."""
    found = 0
    async with world.store.read() as session:
        people = (await session.execute(select(Person.id))).scalars().all()
        for person_id in people:
            export = await export_person(session, world.store.vault, person_id, now=world.talk.clock.now())
            with zipfile.ZipFile(io.BytesIO(archive(export))) as zipped:
                assert zipped.testzip() is None
                data, page = zipped.read(DATA).decode(), zipped.read(PAGE).decode()
            words = [text for text in texts_in(json.loads(data)) if CANARY in text]
            assert all(clean(text) == text for text in words)
            read = Page()
            read.feed(page)
            read.close()
            assert (read.tags - OWN_TAGS, read.attributes - OWN_ATTRIBUTES) == (set(), set())
            found += len(words)
    return found


# --- the edge alone, where ten thousand take a second ----------------------------------------------------------------


def test_ten_thousand_strings_pass_the_edge_as_words(scale: Scale[int], table: FaultTable) -> None:
    """Read, cleaned, cut and written again: always words, never a code, never everybody."""
    wanted, seed = scale(10_000, 100_000), 20261129
    hostile = Hostile(random.Random(seed))
    for number in range(wanted):
        typed = hostile.make()
        raw = {"message_type": "private", "message_id": number, "user_id": 1, "message_format": "array"}
        message = typed if number % 5 == 0 else [{"type": "text", "data": {"text": typed}}]
        incoming = read_message(json.loads(json.dumps(raw | {"message": message})), "30003")
        again = clean(typed)
        assert isinstance(incoming, Incoming)
        assert incoming.text == again == clean(again), (seed, number)
        incoming.text.encode()  # both drivers raise on a lone surrogate
        assert "\x00" not in incoming.text
        parts = split_long(calls_nobody(incoming.text), 1_500)
        assert all(len(part) <= 1_500 for part in parts)
        assert {part["type"] for part in to_onebot([Text(part) for part in parts])} <= {"text"}
        assert not re.search(r"[@＠]\s*(全体成员|all|everyone)", "".join(parts), re.IGNORECASE), (seed, number)
    table.row(
        test="F2 the edge alone", size=f"{wanted} strings", figure="equal after normalisation, text segments only"
    )
