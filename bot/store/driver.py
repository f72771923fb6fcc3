"""SQLite's connection for asyncio with one visit to its thread a statement instead of four (docs/performance.md).

aiosqlite makes the cursor, runs the statement, fetches the rows and closes the cursor in a visit each, and a visit
costs more than a short statement. SQLAlchemy fetches all rows of an ordinary cursor at once anyway. BEGIN goes along
with the first statement, and where nothing was begun there is no visit to end it.
"""

import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiosqlite
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class _Done:
    """What a statement left behind."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class OneVisitCursor:
    """What SQLAlchemy's adapter asks of a cursor; between statements it holds nothing of SQLite's."""

    def __init__(self, run: "Callable[[bool, str, Any], Awaitable[tuple[_Done, deque[Any]]]]") -> None:
        self._run = run
        self._done = _Done()
        self._rows: deque[Any] = deque()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        """Run a statement and fetch its rows."""
        self._done, self._rows = await self._run(False, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run a statement once for each set of parameters."""
        self._done, self._rows = await self._run(True, sql, parameters)
        return self

    async def fetchone(self) -> Any:
        """The next row."""
        return self._rows.popleft() if self._rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    async def fetchall(self) -> Iterable[Any]:
        """The rows that are left."""
        rows, self._rows = self._rows, deque()
        return rows

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = deque()

    @property
    def description(self) -> Any:
        """The columns; None when the statement gives no rows."""
        return self._done.description

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the last inserted row."""
        return self._done.lastrowid


def _run(connection: sqlite3.Connection, begin: str, many: bool, sql: str, parameters: Any) -> tuple[_Done, deque[Any]]:
    """On the connection's thread, from the first step to the last: no cursor outlives a cancelled caller."""
    cursor = connection.cursor()
    try:
        if begin:
            cursor.execute(begin)
        (cursor.executemany if many else cursor.execute)(sql, parameters)
        rows = deque(cursor.fetchall()) if cursor.description else deque()
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


class OneVisitConnection(aiosqlite.Connection):
    """aiosqlite's connection and thread, with our cursor; transactions are begun by ``begin`` alone."""

    _begin = ""
    """A BEGIN that goes along with the next statement."""
    _open = False
    """Whether a transaction may be open; known before the thread knows, for its caller may be cancelled."""

    @override
    def cursor(self) -> Any:
        return OneVisitCursor(self._statement)

    def begin(self, how: str) -> None:
        """Begin a transaction with the next statement: ``BEGIN`` or ``BEGIN IMMEDIATE``."""
        self._begin = how

    async def _statement(self, many: bool, sql: str, parameters: Any) -> tuple[_Done, deque[Any]]:
        begin, self._begin = self._begin, ""
        self._open = self._open or begin != ""
        return await self._execute(_run, self._conn, begin, many, sql, parameters)

    @override
    async def commit(self) -> None:
        self._begin = ""
        if self._open:
            await super().commit()
            self._open = False

    @override
    async def rollback(self) -> None:
        self._begin = ""
        if self._open:
            await super().rollback()
            self._open = False


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """For SQLAlchemy's ``async_creator_fn``: as ``aiosqlite.connect``; the thread never keeps the process alive."""
    connection = OneVisitConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does with its own
    return connection
