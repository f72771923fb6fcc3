"""D5: somebody else holds the database: for a moment it is a delay, for longer a refusal that is told, never a loss."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.chat.table import table as commands
from bot.clock import ManualClock
from bot.store.engine import pragma
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.channels.door import poll
from tests.faults import drill
from tests.faults.conftest import FaultTable, Scale
from tests.faults.drill import Drill, examine
from tests.faults.nursery import Nursery
from tests.faults.whole import CADRE, GROUP, YOUTHS, Whole, open_whole
from tests.gateway import FakeGateway, group, private
from tests.live import LiveBot

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

TOLD_WITHIN = 20.0
AGAIN = "0 lost; the same events later: once"
ROUNDS = 4
"""What each youth says while the database is held."""


@pytest.fixture
async def whole(store: Store) -> AsyncIterator[Whole]:
    """A running bot with the drill's command."""
    drill.install(commands, CADRE)
    try:
        async with open_whole(store) as running:
            yield running
    finally:
        drill.remove(commands)


@pytest.fixture
async def gateway(whole: Whole) -> AsyncIterator[FakeGateway]:
    """Its gateway; a talk is open."""
    made = whole.gateway()
    await made.connect()
    await made.group_message(GROUP, CADRE, "/谈心 开始 夜班")
    await made.expect_message(group(GROUP), lambda one: "●" in one.text)
    yield made
    await made.close()


@asynccontextmanager
async def held(url: str) -> AsyncIterator[sqlite3.Connection]:
    """A foreign ``BEGIN IMMEDIATE``."""
    foreign = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None, timeout=0)

    def taken() -> bool:
        with suppress(sqlite3.OperationalError):  # the bot is just writing
            foreign.execute("BEGIN IMMEDIATE")
        return foreign.in_transaction

    try:
        await poll(taken, 10)
        yield foreign
    finally:
        foreign.close()


async def everybody_speaks(noted: Drill, said: list[str]) -> None:
    """Commands in private, words in the talk."""
    for number in range(ROUNDS):
        for youth in YOUTHS:
            await noted.note(youth)
            said.append(f"{YOUTHS[youth]}的第{number}句")
            await noted.gateway.group_message(GROUP, youth, said[-1])


async def everybody_is_told(noted: Drill, *, first: int = 0) -> tuple[int, int]:
    """Wait until every number from ``first`` on has an answer: how many were noted, and how many told it was not."""
    waiting = len(noted.events) - first

    def told() -> tuple[int, int]:
        receipts = noted.shown(drill.RECEIPT, to=map(private, YOUTHS))
        refusals = [one for youth in YOUTHS for one in noted.gateway.shown[private(youth)] if drill.REFUSED in one.text]
        return sum(n >= first for n in receipts), len(refusals)

    for youth in YOUTHS:
        await noted.gateway.expect_message(private(youth), lambda _: sum(told()) >= waiting, timeout=TOLD_WITHIN)
    return told()


async def test_held_for_a_moment_it_is_a_delay_and_nothing_else(
    whole: Whole, gateway: FakeGateway, sqlite_url: str, scale: Scale[float], table: FaultTable
) -> None:
    noted, said, seconds = Drill(gateway, CADRE), list[str](), scale(0.5, 3.0)
    loop = asyncio.get_running_loop()
    async with held(sqlite_url) as foreign:
        begun = loop.time()
        loop.call_later(seconds, foreign.rollback)
        await everybody_speaks(noted, said)
        receipts, refusals = await everybody_is_told(noted)
        took = loop.time() - begun
    await whole.drained()
    kept = await examine(whole.store, noted)
    table.row(
        test="D5 locked, shorter than the wait",
        size=f"{seconds:g} s, {len(noted.events)} commands, {len(said)} messages",
        figure=f"{refusals} refused, 0 lost; all told after {took:.1f} s",
    )
    assert (receipts, refusals) == (len(noted.events), 0)
    assert took >= seconds
    assert kept.faults == []
    assert sorted(await whole.words_kept()) == sorted(said)
    await whole.check()


async def test_held_for_longer_it_is_refused_and_told_and_nothing_is_lost(
    whole: Whole, gateway: FakeGateway, sqlite_url: str, table: FaultTable
) -> None:
    noted, said = Drill(gateway, CADRE), list[str]()
    async with whole.store.engines.writer.connect() as connection:
        await pragma(connection, "busy_timeout=100")
    async with held(sqlite_url):
        await everybody_speaks(noted, said)
        assert await everybody_is_told(noted) == (0, len(noted.events))
        await gateway.private_message(CADRE, "我是谁")  # reads go on
        await gateway.expect_message(private(CADRE), lambda one: "林晓舟" in one.text)
        await whole.events_done()
    assert (await examine(whole.store, noted)).noted == set()
    assert await whole.words_kept() == []
    await it_goes_on(whole, noted, missing=len(said))
    table.row(
        test="D5 locked, longer than the wait",
        size=f"{len(noted.events)} commands, {len(said)} messages",
        figure=f"{len(noted.events)} refused and told, {len(said)} in the gap that is told; {AGAIN}",
    )


async def test_an_event_whose_deadline_passes_while_the_database_is_held_is_told_too(
    whole: Whole, gateway: FakeGateway, sqlite_url: str, table: FaultTable
) -> None:
    """Five seconds are shorter than SQLite's ten; whoever is cancelled must not be left without a word."""
    noted, said = Drill(gateway, CADRE), list[str]()
    whole.adapter._handlings._deadline = 0.3
    async with held(sqlite_url):
        await everybody_speaks(noted, said)
        await poll(lambda: whole.adapter.counters.overdue == len(noted.events) + len(said), 10)
    receipts, refusals = await everybody_is_told(noted)
    assert (receipts, refusals) == (0, len(noted.events))
    whole.adapter._handlings._deadline = 5.0
    await it_goes_on(whole, noted, missing=len(said))
    table.row(
        test="D5 locked, longer than an event may take",
        size=f"{len(noted.events)} commands, {len(said)} messages",
        figure=f"{refusals} told, {len(said)} in the gap that is told; {AGAIN}",
    )


async def it_goes_on(whole: Whole, noted: Drill, *, missing: int) -> None:
    """The lock is gone: what comes again has its effect once, and the end of the talk tells what is missing."""
    for number in noted.events:
        await noted.again(number)
        await noted.again(number)
    await everybody_is_told(noted)
    await noted.gateway.group_message(GROUP, "20001", "又能记了")
    await whole.events_done()
    await noted.gateway.group_message(GROUP, CADRE, "/谈心 结束 聊了夜班回家")
    told = await noted.gateway.expect_message(group(GROUP), lambda one: "存了" in one.text)
    assert f"存了 1 条，没存 {missing} 条" in told.text
    assert f"少了 {missing} 条" in told.text
    await whole.drained()
    kept = await examine(whole.store, noted)
    assert kept.faults == []
    assert kept.noted == set(noted.events)
    await whole.check()


async def test_a_second_instance_on_the_same_database_refuses_to_start(
    nursery: Nursery, store: Store, tmp_path: Path, masters: MasterKeys, clock: ManualClock
) -> None:
    bot = LiveBot(tmp_path)
    bot.env["ZHIXIN_DATA_DIR"] = str(tmp_path)
    second = nursery.start("tests.faults.children:bot", cwd=tmp_path, log=bot.log, env=bot.env, about=["run"])
    assert second.wait(30) == 1
    assert "Traceback" not in bot.read_log()
    assert "另一个" in bot.read_log()
    await store.close()
    again = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/zhixin.db", masters=masters, clock=clock)
    await again.close()
