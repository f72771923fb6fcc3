"""The one-visit cursor: fewer trips to the connection's thread, and otherwise what the stock driver says."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from bot.store import driver

TABLE = "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection of ours on a file with one table."""
    made = driver.connect(str(tmp_path / "one.db"), isolation_level=None)
    async with made:
        await said(made, TABLE)
        yield made


def begin(connection: aiosqlite.Connection) -> None:
    assert isinstance(connection, driver.OneVisitConnection)
    connection.begin("BEGIN IMMEDIATE")


async def said(connection: aiosqlite.Connection, sql: str, *values: Any) -> tuple[Any, ...]:
    """All that a cursor tells after one statement."""
    async with connection.cursor() as cursor:
        await cursor.execute(sql, values)
        rows = list(await cursor.fetchall()) if cursor.description else []
        columns = [column[0] for column in cursor.description or ()]
        return rows, columns, cursor.rowcount, cursor.lastrowid


def counted(connection: aiosqlite.Connection) -> list[Any]:
    """What its thread is asked to do from now on."""
    visits: list[Any] = []
    execute = connection._execute

    async def noted(run: Any, *values: Any, **named: Any) -> Any:
        visits.append(run)
        return await execute(run, *values, **named)

    connection._execute = noted  # type: ignore[method-assign]
    return visits


async def test_it_tells_what_the_stock_driver_tells(connection: aiosqlite.Connection, tmp_path: Path) -> None:
    statements: list[tuple[str, tuple[Any, ...]]] = [
        ("INSERT INTO names (name) VALUES (?)", ("小赵",)),
        ("INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING RETURNING id", ("小赵",)),
        ("INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING RETURNING id", ("阿凯",)),
        ("UPDATE names SET name = name || ?", ("同学",)),
        ("SELECT id, name FROM names ORDER BY id", ()),
        ("DELETE FROM names WHERE id = ?", (99,)),
    ]
    async with aiosqlite.connect(str(tmp_path / "two.db"), isolation_level=None) as stock:
        await said(stock, TABLE)
        for sql, values in statements:
            assert await said(connection, sql, *values) == await said(stock, sql, *values), sql


async def test_a_statement_is_one_visit_to_the_thread(connection: aiosqlite.Connection) -> None:
    visits = counted(connection)
    await said(connection, "SELECT 1")
    assert len(visits) == 1


async def test_a_transaction_begins_with_its_first_statement_and_costs_nothing_without_one(
    connection: aiosqlite.Connection,
) -> None:
    visits = counted(connection)
    begin(connection)
    await connection.rollback()
    begin(connection)
    await connection.commit()
    assert visits == []
    await said(connection, "SELECT 1")
    await connection.rollback()
    assert len(visits) == 1
    begin(connection)
    await said(connection, "INSERT INTO names (name) VALUES ('小赵')")
    assert connection.in_transaction
    await connection.rollback()
    assert len(visits) == 3
    assert (await said(connection, "SELECT count(*) FROM names"))[0] == [(0,)]
    begin(connection)
    await said(connection, "INSERT INTO names (name) VALUES ('小赵')")
    await connection.commit()
    assert not connection.in_transaction
    assert (await said(connection, "SELECT count(*) FROM names"))[0] == [(1,)]


async def test_a_transaction_whose_first_caller_was_cancelled_is_rolled_back(connection: aiosqlite.Connection) -> None:
    begin(connection)
    writing = asyncio.create_task(said(connection, "INSERT INTO names (name) VALUES ('小赵')"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await connection.rollback()
    assert not connection.in_transaction
    assert (await said(connection, "SELECT count(*) FROM names"))[0] == [(0,)]


async def test_a_failed_statement_leaves_the_connection_as_it_was(connection: aiosqlite.Connection) -> None:
    await said(connection, "INSERT INTO names (name) VALUES ('小赵')")
    with pytest.raises(sqlite3.IntegrityError):
        await said(connection, "INSERT INTO names (name) VALUES ('小赵')")
    assert (await said(connection, "SELECT count(*) FROM names"))[0] == [(1,)]


async def test_a_cancelled_caller_leaves_no_statement_half_read(connection: aiosqlite.Connection) -> None:
    """A statement that is still being read would keep its snapshot, and the WAL from being emptied."""
    async with connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO names (name) VALUES (?)", [(str(n),) for n in range(500)])
    reading = asyncio.create_task(said(connection, "SELECT a.id FROM names a, names b"))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await said(connection, "DROP TABLE names")  # refused by SQLite while any statement on it is open


async def test_rows_are_given_out_in_parts_when_asked_for(connection: aiosqlite.Connection) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO names (name) VALUES (?)", [(str(n),) for n in range(5)])
        await cursor.execute("SELECT id FROM names ORDER BY id")
        assert await cursor.fetchone() == (1,)
        assert await cursor.fetchmany(2) == [(2,), (3,)]
        assert list(await cursor.fetchall()) == [(4,), (5,)]
        assert await cursor.fetchone() is None
