"""The whole bot in the loop of a test, behind its real door: adapter, gate, router, recorder, sender, store.

The clock stands still unless the test moves it, so that what waits for half a minute need not.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import uvicorn
from nonebot.config import Config, Env
from nonebot.drivers.fastapi import Driver
from sqlalchemy import func, select, text

from bot.channels.onebot import SERVER_OPTIONS, Adapter, Guard
from bot.channels.unknown import MAX_ATTEMPTS
from bot.clock import ManualClock
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.features.talk.reads.record import lines_of
from bot.features.talk.tables import Talk
from bot.store import audit
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.channels.door import TOKEN, Admits, poll, stop_server
from tests.gateway import FakeGateway
from tests.harness import BOT, Talkers
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, GROUP = "10001", "888"
YOUTHS = {"20001": "小赵", "20002": "阿凯", "20003": "老周"}
"""All of them agreed to be recorded."""
SECOND_BOT = "30009"


@dataclass(slots=True)
class Whole:
    """A running bot: ``talk`` has its parts, ``adapter`` its door."""

    talk: Talkers
    adapter: Adapter
    port: int
    chat: Chat
    youths: dict[str, Actor] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.talk.store

    @property
    def clock(self) -> ManualClock:
        return self.talk.clock

    @property
    def frames_told(self) -> int:
        """What became of the frames: Fs = V + API results + meta + Fx + Fr."""
        counters = self.adapter.counters
        return counters.events + counters.api_results + counters.meta + counters.bad

    def gateway(self, port: int | None = None, **more: Any) -> FakeGateway:
        """A gateway for this bot, not yet connected."""
        return FakeGateway(
            port or self.port, **{"token": TOKEN, "self_id": int(BOT), "clock": self.clock, "seed": 1} | more
        )

    async def offline(self, bot_id: str = BOT) -> None:
        """Wait until the bot knows that its gateway is gone."""
        await poll(lambda: not self.adapter.online(bot_id), PATIENCE)

    async def connected(self, bot_id: str = BOT) -> None:
        """Wait until the gateway counts as connected; what was missed may still be looked for."""
        await poll(lambda: self.adapter.online(bot_id), PATIENCE)

    async def online(self, bot_id: str = BOT) -> None:
        """Wait until the gateway counts as connected, and what was missed has been looked through."""
        await self.connected(bot_id)
        assert self.talk.gate.backfill is not None
        await self.talk.gate.backfill.settle()

    async def heard(self, *gateways: FakeGateway, besides: int = 0) -> None:
        """Wait until every frame that these gateways wrote has been read; ``besides``: frames that came by post."""
        written = sum(gateway.frames_written for gateway in gateways) + besides

        def told() -> bool:
            return self.adapter.counters.frames >= written and self.frames_told == self.adapter.counters.frames

        while True:
            await poll(told, PATIENCE)
            await self.events_done()
            if told():  # else the gateway has answered meanwhile, and that frame is on its way
                return

    async def events_done(self) -> None:
        """Wait until no event that was read is under way."""
        await poll(lambda: self.talk.gate.idle and not len(self.adapter._handlings), PATIENCE)

    async def sendings_done(self) -> None:
        """Wait until no sending is under way."""
        await poll(lambda: not self.talk.sender._under_way.tasks, PATIENCE)

    def let_pass(self, by: timedelta) -> None:
        """Let time pass, and have the sender look."""
        self.clock.advance(by)
        self.talk.sender.wake(())

    async def looked(self) -> None:
        """Wait until the sender has looked, from beginning to end, at what is due by now.

        Twice: the first look may be one that began earlier, and the second begins only when the first has ended.
        """
        for _ in range(2):
            self.talk.sender.wake(())
            await poll(lambda: self.talk.sender._look_at > 0, PATIENCE)

    async def drained(self) -> None:
        """Until nothing waits: what is unknown gets its further tries."""
        for _ in range(MAX_ATTEMPTS + 1):
            await self.events_done()
            await self.talk.sender.settled()
            self.let_pass(timedelta(seconds=31))
            await self.looked()
            await self.talk.sender.settled()

    # --- invariants (section 14) -------------------------------------------------------------------------------------

    async def states(self) -> dict[str, int]:
        """Outbox rows by ``class state``."""
        async with self.store.read() as session:
            rows = await session.execute(
                select(OutboxMessage.cls, OutboxMessage.state, func.count()).group_by(
                    OutboxMessage.cls, OutboxMessage.state
                )
            )
            return {f"{cls} {state}": number for cls, state, number in rows}

    async def words_kept(self) -> list[str]:
        """Every recorded message of the one talk in clear, in the order in which the record shows it."""
        async with self.store.read() as session:
            talk_id = (await session.execute(select(Talk.id))).scalar_one()
            return [line.words or "" for line in await lines_of(session, self.store.vault, talk_id)]

    async def rows(self, table: type, *where: Any) -> int:
        """How many rows there are."""
        async with self.store.read() as session:
            return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()

    async def check(self) -> None:
        """What holds always, whatever happened: counters, chain, database, nothing left waiting."""
        assert self.adapter.counters.frames == self.frames_told
        assert self.adapter.counters.failed == 0
        states = await self.states()
        assert not [state for state in states if state.split()[1] in ("ready", "leased")], states
        assert "L unknown" not in states, states
        async with self.store.read() as session:
            count, faults = await audit.verify(session, self.store.vault)
            assert (faults, count > 0) == ([], True)
            if self.store.engines.is_sqlite:
                assert (await session.execute(text("PRAGMA integrity_check"))).scalars().all() == ["ok"]
                assert (await session.execute(text("PRAGMA foreign_key_check"))).all() == []


@contextlib.asynccontextmanager
async def open_whole(store: Store, *, api_timeout: float = 30.0, secret: str = "") -> AsyncIterator[Whole]:
    """A cadre, a linked group, three youths who agreed; the door open, nobody connected."""
    chat, youths = await _people(store)
    talk = await Talkers.open(store)
    talk.sender.disconnected("qq", BOT)  # the harness' own channel gives way to the real one
    driver = Driver(Env(environment="test"), Config(api_timeout=api_timeout))
    adapter = Adapter(
        driver,
        edge=talk.gate,
        admission=Admits(BOT, SECOND_BOT),
        clock=talk.clock,
        access_token=TOKEN,
        secret=secret,
        enqueue=talk.sender.answer,
        api_timeout=api_timeout,
        deadline=PATIENCE,  # on a loaded machine an event may take longer than the five seconds it has in service
    )
    talk.sender.attach(adapter)
    assert talk.gate.backfill is not None
    talk.gate.backfill.attach(adapter)
    driver.server_app.add_middleware(Guard)
    await talk.sender.start()
    try:
        async with served(driver.server_app) as port:
            yield Whole(talk, adapter, port, chat, youths)
    finally:
        await talk.gate.backfill.stop()
        await talk.sender.stop(within=1.0)
        await talk.recorder.close()


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    """A server on a free port, in this loop."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    config = uvicorn.Config(app, log_config=None, **SERVER_OPTIONS)
    running = uvicorn.Server(config)
    config.load()
    running.lifespan = config.lifespan_class(config)
    await running.startup(sockets=[listening])
    try:
        yield listening.getsockname()[1]
    finally:
        async with asyncio.timeout(PATIENCE):
            await stop_server(running)


async def _people(store: Store) -> tuple[Chat, dict[str, Actor]]:
    org = await make_org(store)
    cadre = await make_cadre(store, org, number=CADRE)
    chat = await make_chat(store, org, cadre, GROUP)
    youths: dict[str, Actor] = {}
    for number, name in YOUTHS.items():
        youths[number] = await make_youth(store, org, name, number, cadre=cadre, chat=chat)
        await make_consent(store, youths[number], ConsentScope.ORIGINAL_MESSAGES, chat)
    return chat, youths


def descriptors() -> int:
    """Open files and sockets of this process."""
    return len(os.listdir("/proc/self/fd"))
