"""找人聊聊 leaves nothing: no word in the database, its log or our log lines; no row joins the two (13.3, 13.5)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from loguru import logger
from sqlalchemy import select

from bot.features.relay.tables import Relay, person_index
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.store import Store
from tests.relay_scene import CADRE, ZHAO, Scene

TOPIC, FIRST, SECOND, PICTURE, HELD = "金丝雀甲一", "金丝雀乙二", "金丝雀丙三", "金丝雀丁四", "金丝雀戊五"
MARKS = (TOPIC, FIRST, SECOND, PICTURE, HELD)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything we log, down to the last level."""
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), level=0)
    yield lines
    logger.remove(sink)


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    return await Scene.build(store)


def found(folder: Path, *needles: bytes) -> dict[str, list[str]]:
    """Files below a folder and which needles they hold."""
    hits: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            held = [needle.hex() for needle in needles if needle in content]
            if held:
                hits[path.name] = held
    return hits


def spellings(words: str) -> tuple[bytes, ...]:
    return (words.encode(), words.encode("unicode_escape"), words.encode("utf-16-le"))


async def whole_relay(scene: Scene, ask: str) -> bytes:
    """One relay from asking to the end, with words of every kind; returns its sealed route while it was open."""
    await scene.open(ZHAO, f"{ask} {TOPIC}")
    await scene.says(ZHAO, FIRST)
    await scene.says(CADRE, SECOND)
    await scene.says(ZHAO, f"【机密】{PICTURE}")
    await scene.says(ZHAO, f"电话 13812345678 {HELD}")
    await scene.says(ZHAO, f"活着没意思 {FIRST}")
    async with scene.store.read() as session:
        route = (await session.execute(select(Relay.route))).scalar_one()
    await scene.says(CADRE, "结束聊天")
    await scene.tick()
    return route


@pytest.mark.parametrize("ask", ["找人聊聊", "找人聊聊 匿名"])
async def test_no_word_is_in_clear_anywhere_even_while_it_is_said(
    scene: Scene, tmp_path: Path, logged: list[str], ask: str
) -> None:
    await scene.open(ZHAO, f"{ask} {TOPIC}")
    await scene.says(ZHAO, FIRST)
    needles = [spelling for mark in MARKS for spelling in spellings(mark)]
    assert found(tmp_path, *needles) == {}
    await scene.says(CADRE, "结束聊天")
    await whole_relay(scene, ask)
    assert found(tmp_path, *needles) == {}
    await scene.store.close()
    assert found(tmp_path, *needles) == {}
    assert [line for line in logged if any(mark in line for mark in (*MARKS, ZHAO, CADRE, "小赵", "林晓舟"))] == []


@pytest.mark.parametrize("ask", ["找人聊聊", "找人聊聊 匿名"])
async def test_after_the_end_neither_route_nor_index_is_in_the_file_or_its_log(
    scene: Scene, tmp_path: Path, ask: str
) -> None:
    """Also not in pages that were freed: whoever finds the key later has nothing to open with it."""
    route = await whole_relay(scene, ask)
    person = scene.youths[ZHAO].person_id
    assert person is not None
    await scene.tick(timedelta(hours=1, minutes=1))  # the hour of 屏蔽 is over
    assert found(tmp_path, route[21:61], person_index(scene.store.vault, person)) == {}


async def test_sealed_words_are_gone_from_file_and_log_with_the_next_tick(scene: Scene, tmp_path: Path) -> None:
    await scene.open()
    scene.talk.sender.disconnected("qq", "30003")
    await scene.talk._arrive(scene.talk.incoming(ZHAO, FIRST))
    async with scene.store.read() as session:
        payload = (
            await session.execute(
                select(OutboxMessage.payload).where(OutboxMessage.kind == "relay", OutboxMessage.state == "ready")
            )
        ).scalar_one()
    assert payload is not None
    assert found(tmp_path, payload[21:61])
    scene.talk.sender.connected("qq", "30003")
    await scene.talk.sender.pump()
    await scene.tick()
    assert found(tmp_path, payload[21:61]) == {}


async def test_no_table_holds_anything_that_was_not_there_before_but_what_each_said_to_the_bot(
    scene: Scene, tmp_path: Path
) -> None:
    """Compared row by row: what an anonymous relay adds are event keys and receipts of one side each."""

    def rows() -> dict[str, set[tuple[object, ...]]]:
        with closing(sqlite3.connect(tmp_path / "zhixin.db")) as database:
            names = [n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: set(database.execute(f'SELECT * FROM "{name}"')) for name in names}  # noqa: S608

    before = rows()
    await scene.open(ZHAO, f"找人聊聊 匿名 {TOPIC}")
    for who in (ZHAO, CADRE) * 3:
        scene.talk.advance(timedelta(seconds=5))
        await scene.says(who, FIRST)
    await scene.says(ZHAO, "结束聊天")
    await scene.tick(timedelta(hours=1, minutes=1))
    after = rows()
    added = {name: after[name] - before[name] for name in after if after[name] - before[name]}
    # latest_times: in which two minutes this node wrote last, whatever it was; the file's own date says as much.
    assert set(added) == {"event_keys", "outbox", "latest_times"}
    assert not any(after[name] < before[name] for name in after)
    async with scene.store.read() as session:
        left = (await session.execute(select(OutboxMessage))).scalars().all()
    people = [row.person_id for row in left]
    assert len(left) == 2  # the receipts of the cadre's yes and of 结束聊天; that of 找人聊聊 led to nobody and is gone
    assert set(people) == {scene.youths[ZHAO].person_id, scene.cadre.person_id}
    assert all(row.payload is None for row in left)


@pytest.mark.parametrize("others", [0, 4])
async def test_who_asks_anonymously_stands_in_no_row_while_the_cadre_is_asked(store: Store, others: int) -> None:
    """Also not where the cadre might guess, so that is asked first: the question is held in memory."""
    scene = await Scene.build(store, others=others)
    async with store.read() as session:
        before = set((await session.execute(select(OutboxMessage.id))).scalars())
    await scene.says(ZHAO, f"找人聊聊 匿名 {TOPIC}")
    if not others:
        async with store.read() as session:
            assert (await session.execute(select(Prompt.id))).scalars().all() == []
        await scene.says(ZHAO, "1")
    async with store.read() as session:
        (relay,) = (await session.execute(select(Relay))).scalars().all()
        rows = (await session.execute(select(OutboxMessage).where(OutboxMessage.id.not_in(before)))).scalars().all()
        asked = (await session.execute(select(Prompt.person_id))).scalars().all()
    assert relay.anonymous
    assert {row.person_id for row in rows} | set(asked) == {scene.cadre.person_id}
