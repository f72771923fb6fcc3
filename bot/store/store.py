"""The store: opens the database, hands out units (writes) and readers, and commits talk messages in groups."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.core.rules.message import Incoming
from bot.store.chain import Head, has_data
from bot.store.crowd import Crowd
from bot.store.delivery import EventKey
from bot.store.dialect import ignoring
from bot.store.engine import Engines, open_engines
from bot.store.latest import put_forward
from bot.store.migrate import check
from bot.store.outbox import Outgoing
from bot.store.sealing import MasterKeys, Vault
from bot.store.unit import Redelivered, Unit
from bot.store.unit_session import UnitSession
from bot.store.waiting import Candidate

Waker = Callable[[Collection[str], Collection[Candidate]], None]
COMMAND: Final = 0
BATCH: Final = 1
"""Places in the writer's queue: commands go ahead of batches of talk messages."""


class WriterTurn:
    """Who may write next on SQLite's one writing connection: commands first, then in order of arrival."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    @asynccontextmanager
    async def __call__(self, priority: int) -> AsyncIterator[None]:
        if self._busy:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (priority, next(self._count), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()
                raise
        self._busy = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False


class StoreClosed(Exception):
    """The store was closed: its lock file is given back, so nothing may be written any more."""


class Store:
    """One open database."""

    def __init__(self, engines: Engines, vault: Vault, clock: Clock, node: str) -> None:
        self.engines = engines
        self.vault = vault
        self.clock = clock
        self.node = node
        self.tombstones: Path | None = None
        """Where erasures are noted outside the database and its back-ups; set at start."""
        self.crowd = Crowd()
        self.chain_head: Head | None = None
        """Where this process left the audit chain with its last commit; only a guess (``chain.append`` checks it)."""
        self.begun = False
        """Whether there were data when this process began: an audit chain without an entry was emptied then."""
        self._turn = WriterTurn()
        self._position = int(clock.now().timestamp() * 1_000_000)
        self._wakers: list[Waker] = []
        self._may_express: Callable[[str], str | None] | None = None
        self._take_express: Callable[[Collection[Outgoing]], None] | None = None
        self.here: Callable[[str], bool] = lambda _: False
        """Whether a bot is connected to this process; a sender says."""
        self.beside: Callable[[str, str], str] = lambda _channel, _chat_id: ""
        self._latest: datetime | None = None
        self._closed = False
        self._wal_holds_erased = False
        self._listeners: list[Callable[[str, Any], None]] = []

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        masters: MasterKeys,
        clock: Clock,
        node: str = "main",
        lock: bool = True,
        check_schema: bool = True,
    ) -> "Store":
        """Open the database and load its keys; ``SchemaOutdated`` unless it was migrated (``zhixin migrate``)."""
        engines = open_engines(url, lock=lock)
        vault = Vault(masters)
        try:
            if check_schema:
                await check(engines)
            await engines.begin_anew()
            async with engines.writer.begin() as connection:
                await vault.load(connection)
                begun = await has_data(connection)
        except BaseException:
            await engines.dispose()
            raise
        store = cls(engines, vault, clock, node)
        store.begun = begun
        return store

    async def close(self) -> None:
        """Close every connection; a unit that asks for its turn afterwards gets ``StoreClosed``. Twice is once."""
        async with self._turn(COMMAND):
            if not self._closed:
                self._closed = True
                await self.engines.dispose()

    def position(self) -> int:
        """A number that only grows: the order of outgoing messages."""
        self._position = max(self._position + 1, int(self.clock.now().timestamp() * 1_000_000))
        return self._position

    def on_express(self, may: Callable[[str], str | None], take: Callable[[Collection[Outgoing]], None]) -> None:
        """Let a sender take answers from memory: ``may`` names it for a bot it can send for now, ``take`` gets them."""
        self._may_express, self._take_express = may, take

    def express(self, bot_id: str) -> str | None:
        """Who would take an answer of this bot right after the commit; None: it waits as a row."""
        return self._may_express(bot_id) if self._may_express is not None else None

    def hand_over(self, rows: Collection[Outgoing]) -> None:
        """Give committed answers to the sender that leased them."""
        if self._take_express is not None:
            self._take_express(rows)

    def on_wake(self, waker: Waker) -> None:
        """Have ``waker`` told after each commit for which bots the table holds something, and what may go at once."""
        self._wakers.append(waker)

    def wake(self, bots: Collection[str], fresh: Collection[Candidate] = ()) -> None:
        """Tell the sender that rows wait for these bots, and which rows may go out at once."""
        for waker in self._wakers:
            waker(bots, fresh)

    def on_signal(self, listener: Callable[[str, Any], None]) -> None:
        """Have ``listener(topic, value)`` told after commits that touch what is held in memory (open talks)."""
        self._listeners.append(listener)

    def signal(self, topic: str, value: Any) -> None:
        """Tell every listener; one that fails does not stop the others."""
        for listener in self._listeners:
            try:
                listener(topic, value)
            except Exception as error:
                logger.opt(exception=error).error("a listener failed")

    def event_key(self, *parts: str | int) -> bytes:
        """The key of one incoming event: channel, bot, conversation, sender, native id, second (section 4)."""
        return self.vault.mac("dedup", *parts)

    def message_key(self, incoming: Incoming, *purpose: str) -> bytes:
        """The key of one message: with it, a message that is delivered twice has its effect once."""
        where = f"{incoming.kind}:{incoming.chat_id}"
        who, what, at = incoming.sender_id, incoming.message_id, incoming.sent_at
        return self.event_key(incoming.channel, incoming.bot_id, where, who, what, at, *purpose)

    @asynccontextmanager
    async def unit(
        self,
        key: bytes | None = None,
        *,
        also: bytes | None = None,
        now: datetime | None = None,
        priority: int = COMMAND,
        traceless: bool = False,
    ) -> AsyncIterator[Unit]:
        """One write transaction. With a ``key``, a second run of the same event raises ``Redelivered`` first.

        ``also``: a further key, which is noted in the same statement and may be there already.

        ``traceless``: not even that something was written in these minutes is noted.

        What waits for the commit (``after_commit``, the sender) is told whenever the commit was done, even when the
        caller was cancelled during it.
        """
        session = AsyncSession(self.engines.writer, sync_session_class=UnitSession, expire_on_commit=False)
        unit = Unit(self, session, now or self.clock.now(), key)
        unit.traceless = traceless
        durable, latest = False, self._latest

        async def commit() -> None:
            nonlocal durable
            await unit.committing()
            await unit.session.commit()
            durable = True
            await unit.session.close()
            await self.engines.fold()

        try:
            async with self._write_turn(priority):
                if self._closed:
                    raise StoreClosed
                try:
                    if not traceless:
                        latest = await put_forward(unit.session, self.node, latest, unit.now)
                    if key is not None:
                        await self._take_key(unit.session, key, also, unit.now)
                    yield unit
                    await unit.write_outbox()
                    await unit.write_audit()
                    await unbroken(commit())
                except BaseException:
                    await unbroken(unit.session.close())  # rolled back, unless it is committed
                    raise
        finally:
            if durable:
                self._latest = latest
                unit.committed()
                self._wal_holds_erased |= unit.erased and self.engines.is_sqlite
                if self._wal_holds_erased:
                    await unbroken(self._empty_wal(priority))

    async def _empty_wal(self, priority: int) -> None:
        """Empty the log of the done change; while a reader needs it, every further change tries again."""
        async with self._write_turn(priority):
            if self._closed or not self._wal_holds_erased:
                return
            try:
                self._wal_holds_erased = not await self.engines.checkpoint()
            except Exception as error:
                logger.error("the WAL could not be emptied: {}", type(error).__name__)

    async def _take_key(self, session: AsyncSession, key: bytes, also: bytes | None, now: datetime) -> None:
        statement = ignoring(self.engines.writer.dialect.name, EventKey, "key")
        rows = [{"key": one, "day": now.date()} for one in (key, also) if one is not None]
        taken = await session.execute(statement, rows if len(rows) > 1 else rows[0])
        if key not in taken.scalars().all():
            raise Redelivered

    def _write_turn(self, priority: int) -> AbstractAsyncContextManager[None]:
        return self._turn(priority) if self.engines.is_sqlite else _no_turn()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads, in one snapshot."""
        async with AsyncSession(self.engines.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncSession]:
        """A session for single looks: no transaction around them, so each sees the database as it is at its moment."""
        async with AsyncSession(self.engines.looker, expire_on_commit=False, autoflush=False) as session:
            yield session


@asynccontextmanager
async def _no_turn() -> AsyncIterator[None]:
    yield


async def unbroken(work: Awaitable[Any]) -> None:
    """Finish this even when the caller is cancelled: a cancelled commit is often a done commit."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # a second cancellation must not leave a commit running alone
                await asyncio.wait({task})
        if not task.cancelled() and task.exception() is not None:
            logger.warning("a write ended badly while its caller was cancelled: {}", type(task.exception()).__name__)
        raise
