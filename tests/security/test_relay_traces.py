"""找人聊聊 leaves nothing: no word in the database, its log or our log lines; no row joins the two (13.3, 13.5)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.people import Actor
from bot.features.relay.tables import Relay, RelaySeat, person_index
from bot.store.base import Base
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.outbox import conversation
from bot.store.people import Person
from bot.store.sealing import key_of
from bot.store.store import Store
from tests.relay_scene import CADRE, ZHAO, Scene
from tests.said import Said

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


async def test_no_table_holds_anything_that_was_not_there_before_but_what_the_cadre_was_answered(
    scene: Scene, tmp_path: Path
) -> None:
    """Compared row by row: what an anonymous relay adds are event keys and receipts of its cadre."""

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
    assert people == [scene.cadre.person_id]  # the receipt of the cadre's yes; those to the youth led to nobody
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


async def all_rows(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
        for table in Base.metadata.sorted_tables
    }


def leads_to(youth: Actor, row: dict[str, Any], chats: set[bytes], key_id: int | None) -> bool:
    """Whether somebody without keys can tell from a row whose it is: an id, a conversation's index, a key's number."""
    ids = {youth.person_id, youth.account_id}
    sealed = {key_of(value) for value in row.values() if isinstance(value, bytes)} - {0}
    return bool(ids & {v for v in row.values() if isinstance(v, int)}) or row.get("conv") in chats or key_id in sealed


@pytest.mark.parametrize("fails", [False, True])
async def test_no_row_of_an_anonymous_relay_leads_to_its_youth_at_any_step(any_store: Store, fails: bool) -> None:
    """Asked, put off, the youth asked once more, open, with words that do not arrive, ended by either side."""
    scene = await Scene.build(any_store)
    youth, found = scene.youths[ZHAO], {}
    async with any_store.read() as session:
        person = await session.get_one(Person, youth.person_id)
        convs = await session.execute(select(OutboxMessage.conv).where(OutboxMessage.person_id == youth.person_id))
        chats = {*convs.scalars(), conversation(any_store.vault, Address("qq", "30003", ChatKind.PRIVATE, ZHAO))}
        before = await all_rows(session)

    async def look(step: str) -> None:
        async with any_store.read() as session:
            now = await all_rows(session)
        new = [(name, row) for name, rows in now.items() for row in rows if row not in before[name]]
        found[step] = [name for name, row in new if leads_to(youth, row, chats, person.key_id)]

    await scene.says(ZHAO, f"找人聊聊 匿名 {TOPIC}")
    await look("asked")
    await scene.says(CADRE, "2")
    await scene.says(CADRE, "1")
    await look("put off")
    await scene.tick(timedelta(minutes=30))
    await scene.says(CADRE, "1")
    assert scene.last(ZHAO) == Said("relay/ready", anonymous=True)
    await look("asked once more")
    await scene.says(ZHAO, "1")
    assert scene.last(CADRE) == Said("relay/opened", anonymous=True)
    await look("open")
    scene.talk.advance(timedelta(seconds=15))
    if fails:
        scene.talk.channel.outcomes[CADRE] = [Delivery(Outcome.FAILED, error="not_a_friend")]
    for who in (ZHAO, CADRE):
        await scene.says(who, FIRST)
        await look(f"words of {who}")
    scene.talk.sender.disconnected("qq", "30003")
    await scene.talk._arrive(scene.talk.incoming(CADRE, SECOND))
    await look("on the way")
    scene.talk.sender.connected("qq", "30003")
    await scene.talk.sender.pump()
    await scene.says(ZHAO, "结束聊天")
    await look("ended")
    assert {step: names for step, names in found.items() if names} == {}


async def test_no_column_of_a_relay_tells_when_its_youth_did_anything(store: Store) -> None:
    scene = await Scene.build(store)
    scene.talk.advance(timedelta(minutes=17, seconds=13, milliseconds=457))
    asked = scene.talk.clock.now()
    await scene.says(ZHAO, f"找人聊聊 匿名 {TOPIC}")
    async with store.read() as session:
        (row,) = [dict(row) for row in (await session.execute(select(Relay.__table__))).mappings()]
    assert {name for name, value in row.items() if isinstance(value, datetime)} == {"expires_at"}
    assert row["expires_at"] == (asked + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


async def test_a_place_under_a_name_is_never_that_of_an_anonymous_relay(store: Store) -> None:
    """A relay under a name leads to an account; its place must not be found again where no name was given."""
    scene, seen = await Scene.build(store), {}
    for ask in ("找人聊聊", "找人聊聊 匿名"):
        await scene.says(ZHAO, ask)
        async with store.read() as session:
            seen[ask] = set((await session.execute(select(RelaySeat.person_index))).scalars())
        await scene.says(ZHAO, "结束聊天")
        scene.talk.advance(timedelta(minutes=5))
    assert len(seen) == 2
    assert not set.intersection(*seen.values())
