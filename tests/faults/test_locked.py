"""D5: somebody else holds the database: for a moment it is a delay, for longer a refusal that is told, never a loss."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.store.engine import pragma
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.channels.door import poll
from tests.faults.conftest import FaultTable, Scale
from tests.faults.crowd import Crowd, open_crowd
from tests.faults.drill import examine
from tests.live import LiveBot
from tests.patience import PATIENCE

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

AGAIN = "0 lost; the same events later: once"


@pytest.fixture
async def crowd(store: Store) -> AsyncIterator[Crowd]:
    """A running bot and people who talk to it."""
    async with open_crowd(store) as made:
        yield made


@asynccontextmanager
async def held(url: str) -> AsyncIterator[sqlite3.Connection]:
    """A foreign ``BEGIN IMMEDIATE``."""
    foreign = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None, timeout=0)

    def taken() -> bool:
        with suppress(sqlite3.OperationalError):  # the bot is just writing
            foreign.execute("BEGIN IMMEDIATE")
        return foreign.in_transaction

    try:
        await poll(taken)
        yield foreign
    finally:
        foreign.close()


def size(crowd: Crowd) -> str:
    return f"{len(crowd.noted.events)} commands, {len(crowd.said)} messages"


async def test_held_for_a_moment_it_is_a_delay_and_nothing_else(
    crowd: Crowd, sqlite_url: str, scale: Scale[float], table: FaultTable
) -> None:
    seconds, loop = scale(0.5, 3.0), asyncio.get_running_loop()
    async with held(sqlite_url) as foreign:
        begun = loop.time()
        loop.call_later(seconds, foreign.rollback)
        await crowd.speaks()
        receipts, refusals = await crowd.is_told()
        took = loop.time() - begun
    await crowd.settles()
    await crowd.whole.drained()
    kept = await examine(crowd.whole.store, crowd.noted)
    table.row(
        test="D5 locked, shorter than the wait",
        size=f"{seconds:g} s, {size(crowd)}",
        figure=f"{refusals} refused, 0 lost; all told after {took:.1f} s",
    )
    assert (receipts, refusals) == (len(crowd.noted.events), 0)
    assert took >= seconds
    assert kept.faults == []
    assert sorted(await crowd.whole.words_kept()) == sorted(crowd.said)
    await crowd.whole.check()


async def test_held_for_longer_it_is_refused_and_told_and_nothing_is_lost(
    crowd: Crowd, sqlite_url: str, table: FaultTable
) -> None:
    whole = crowd.whole
    async with whole.store.engines.writer.connect() as connection:
        await pragma(connection, "busy_timeout=100")
    async with held(sqlite_url):
        await crowd.speaks()
        assert await crowd.is_told() == (0, len(crowd.noted.events))
        await crowd.cadre("我是谁", "林晓舟")  # reads go on
        await crowd.settles()
    assert (await examine(whole.store, crowd.noted)).noted == set()
    assert await whole.words_kept() == []
    assert f"少了 {len(crowd.said)} 条" in await crowd.goes_on()
    table.row(
        test="D5 locked, longer than the wait",
        size=size(crowd),
        figure=f"all commands refused and told, all messages in the gap that is told; {AGAIN}",
    )


async def test_an_event_whose_deadline_passes_while_the_database_is_held_is_told_too(
    crowd: Crowd, sqlite_url: str, table: FaultTable
) -> None:
    """Five seconds are shorter than SQLite's ten; whoever is cancelled must not be left without a word."""
    adapter = crowd.whole.adapter
    adapter._handlings._deadline = 0.3
    async with held(sqlite_url):
        await crowd.speaks()
        await poll(lambda: adapter.counters.overdue == len(crowd.noted.events) + len(crowd.said))
    assert await crowd.is_told() == (0, len(crowd.noted.events))
    adapter._handlings._deadline = PATIENCE
    assert f"少了 {len(crowd.said)} 条" in await crowd.goes_on()
    table.row(
        test="D5 locked, longer than an event may take",
        size=size(crowd),
        figure=f"all commands refused and told, all messages in the gap that is told; {AGAIN}",
    )


async def test_a_second_instance_on_the_same_database_refuses_to_start(
    store: Store, tmp_path: Path, masters: MasterKeys, clock: ManualClock
) -> None:
    bot = LiveBot(tmp_path)
    bot.env |= {"ZHIXIN_DATA_DIR": str(tmp_path), "ZHIXIN_MASTER_KEYS": masters.dump()}
    said = bot.command("run", expect=1)
    assert "Traceback" not in said
    assert "另一个" in said
    await store.close()
    again = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/zhixin.db", masters=masters, clock=clock)
    await again.close()
