"""Engines: one writing connection and a few readers on SQLite, a pool on PostgreSQL; the lock file; schema checks."""

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from loguru import logger
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.driver import OneVisitConnection, connect

SAFE_SQLITE: Final = (3, 51, 3)
"""From here on (and in 3.50.7+, 3.44.6+) the WAL-reset race is closed; older ones rely on our single writer."""
READERS: Final = 4
POSTGRES_POOL: Final = 8
BOT_LOCK: Final = 0x5A48_424F
"""Advisory lock on PostgreSQL of the one running bot."""
LOCK_WAIT: Final = 10_000
"""Milliseconds that a write waits for a foreign lock."""
CHECKPOINT_WAIT: Final = 50
"""Milliseconds that the emptying of the WAL waits for readers; it is tried again with the next change."""
FOLD_AFTER: Final = 350
"""Rows changed until the WAL is folded into the database file: about as many pages as SQLite's own 1,000."""
FAILED_SYNCS: Final = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
SYNC_FAILED_EXIT: Final = 74
"""Exit code after a failed sync (EX_IOERR)."""
SINGLE: Final = "single_statements"
"""Option of a connection: no transaction is begun, each statement stands alone."""
AUTOCOMMIT: Final = {"isolation_level": "AUTOCOMMIT"}
"""The same on PostgreSQL; SQLAlchemy's own would set SQLite's driver to begin by itself afterwards."""
COMMON_PRAGMAS: Final = (f"busy_timeout={LOCK_WAIT}", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON")


class SchemaOutdated(Exception):
    """The database is not at this program's schema; the message names the command to run."""


class DatabaseInUse(Exception):
    """Another process holds this SQLite file."""


def end_at_once() -> NoReturn:
    """After a failed sync nobody knows what is on the disk, and the next sync may say that all is well.

    So nothing more is written or acknowledged, and no connection is closed: that would fold the WAL and remove it.
    """
    logger.critical("the disk could not keep what was written (failed sync): the process ends and writes nothing more")
    os._exit(SYNC_FAILED_EXIT)


class Engines:
    """The writing and the reading engine of one database."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, lock: "FileLock | None") -> None:
        self.writer = writer
        self.reader = reader
        self.looker = reader.execution_options(**{SINGLE: True} if reader.dialect.name == "sqlite" else AUTOCOMMIT)
        self.when_sync_fails: Callable[[], object] = end_at_once
        self.fold_after = FOLD_AFTER
        self._lock = lock
        self._alone: AsyncConnection | None = None
        self._changed = 0
        if self.is_sqlite:
            event.listen(writer.sync_engine, "handle_error", lambda context: self._heed(context.original_exception))
            event.listen(writer.sync_engine, "after_cursor_execute", self._count)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default."""
        return self.writer.dialect.name == "sqlite"

    async def hold_alone(self) -> None:
        """One bot at a time on PostgreSQL too: an end of consent is told to one process's memory only.

        The lock lives as long as its connection; SQLite has its lock file. Commands of the command line need it not.
        """
        if self.is_sqlite or self._alone is not None:
            return
        connection = await self.writer.connect()
        taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": BOT_LOCK})
        await connection.commit()
        if not taken:
            await connection.close()
            raise DatabaseInUse("another bot works on this database")
        self._alone = connection

    async def dispose(self) -> None:
        """Fold the WAL back, close every connection and give the lock file back."""
        if self._alone is not None:
            with suppress(Exception):
                await self._alone.invalidate()  # closed for real, not given back to the pool with the lock on it
                await self._alone.close()
        if self.is_sqlite:
            with suppress(Exception):
                await self.checkpoint()
        await self.reader.dispose()
        await self.writer.dispose()
        if self._lock is not None:
            self._lock.release()

    def _heed(self, error: BaseException) -> None:
        if getattr(error, "sqlite_errorcode", None) in FAILED_SYNCS:
            self.when_sync_fails()

    def _count(self, _connection: Any, cursor: Any, *_: Any) -> None:
        self._changed += max(cursor.rowcount, 0)

    @property
    def to_fold(self) -> bool:
        """Whether enough has changed for the WAL to be folded in."""
        return self.is_sqlite and self._changed >= self.fold_after

    async def fold(self) -> None:
        """Copy the WAL into the database file once enough has changed; to be called in the writer's turn.

        SQLite would do it by itself within a commit, but it keeps to itself when the sync of that fails.
        """
        if not self.to_fold:
            return
        try:
            async with self.writer.connect() as connection:
                await self._checkpoint(connection, "PASSIVE")
            self._changed = 0
        except Exception as error:  # what was committed is safe in the WAL; the next change tries again
            logger.warning("the WAL could not be folded in: {}", type(error).__name__)

    async def begin_anew(self) -> None:
        """Write what an earlier process left in the WAL to the database file, before anything is added to it.

        If that process ended over a failed sync, its WAL can be read and yet not be on the disk: what stood behind such
        a hole would be lost with the power.
        """
        if self.is_sqlite:
            try:
                await self.checkpoint()
            except Exception as error:  # a full disk: it may still be read
                logger.warning("the WAL of an earlier run could not be folded in: {}", type(error).__name__)

    async def checkpoint(self) -> bool:
        """Empty the WAL, so that nothing erased stays in it (reliability section 9); False while a reader holds it.

        It does not wait for readers as a write waits for locks: everybody who wants to write would wait with it.
        """
        async with self.writer.connect() as connection:
            await pragma(connection, f"busy_timeout={CHECKPOINT_WAIT}")
            try:
                busy = await self._checkpoint(connection, "TRUNCATE")
            finally:
                await pragma(connection, f"busy_timeout={LOCK_WAIT}")
        if busy:
            logger.debug("the WAL could not be emptied: a reader still needs it")
        return not busy

    async def _checkpoint(self, connection: AsyncConnection, how: str) -> bool:
        try:
            return bool((await pragma(connection, f"wal_checkpoint({how})"))[0][0])
        except sqlite3.Error as error:
            self._heed(error)
            raise


class FileLock:
    """``flock`` on ``<db>.lock``: two processes never share an SQLite file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DatabaseInUse(f"{path.name} is held by another process of this bot") from error

    def release(self) -> None:
        """Give the lock back."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()


def open_engines(url: str, *, lock: bool = True) -> Engines:
    """Make the engines for ``url``; on SQLite take the lock file first."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, lock=lock)
    engine = create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"),
        pool_size=POSTGRES_POOL,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
    )
    # READ COMMITTED would show two statements of one read two states, and nothing would stop a read from writing.
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(engine, reader, None)


def _sqlite(url: URL, *, lock: bool) -> Engines:
    path = Path(url.database or "")
    held = FileLock(path.with_name(path.name + ".lock")) if lock else None
    _make_private(path)
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        logger.debug("SQLite {} has the WAL-reset race; the single writer guards it", sqlite3.sqlite_version)
    url = url.set(drivername="sqlite+aiosqlite")
    options = {"timeout": 10, "async_creator_fn": connect}
    writer = create_async_engine(url, pool_size=1, max_overflow=0, hide_parameters=True, connect_args=options)
    reader = create_async_engine(url, pool_size=READERS, max_overflow=0, hide_parameters=True, connect_args=options)
    _prepare(
        writer, ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", *COMMON_PRAGMAS), "BEGIN IMMEDIATE"
    )
    _prepare(reader, (*COMMON_PRAGMAS, "query_only=ON"), "BEGIN")
    return Engines(writer, reader, held)


def _make_private(path: Path) -> None:
    """A new database is its owner's only, and so are its WAL and index: SQLite gives them the same mode."""
    with suppress(OSError):  # a folder that is not there is told by the connection
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(engine: AsyncEngine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy drives BEGIN itself
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute("PRAGMA " + pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(SINGLE):
            cast(OneVisitConnection, connection.connection.driver_connection).begin(begin)


async def pragma(connection: AsyncConnection, statement: str) -> list[Any]:
    """Run a pragma outside a transaction, where ``foreign_keys`` and ``wal_checkpoint`` take effect."""
    return await connection.run_sync(_pragma, statement)


def _pragma(connection: Connection, statement: str) -> list[Any]:
    cursor = connection.connection.cursor()
    try:
        cursor.execute("PRAGMA " + statement)
        return list(cursor.fetchall())
    finally:
        cursor.close()


@asynccontextmanager
async def reading(engines: Engines) -> AsyncIterator[AsyncConnection]:
    """A read-only connection in one snapshot."""
    async with engines.reader.connect() as connection:
        yield connection
