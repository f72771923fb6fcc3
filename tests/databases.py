"""Fixtures for everything that needs a database: ``store`` (SQLite), ``postgres_store``, and ``any_store`` for both.

The schema is migrated once a session; each test gets a copy of that database.
"""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
import pytest_asyncio

from bot.clock import SHANGHAI, ManualClock
from bot.core.feature import load_tables
from bot.store.migrate import head, upgrade
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.played import played_file
from tests.postgres import PostgresServer

load_tables()
T = TypeVar("T")
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
"""A Tuesday; every test begins here unless it says otherwise."""


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from a plain fixture without touching the loop of the test."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture
def clock() -> ManualClock:
    """Stands still at ``NOW`` until a test moves it."""
    return ManualClock(NOW)


@pytest.fixture(scope="session")
def masters() -> MasterKeys:
    """The master keys of all test databases of a session."""
    return MasterKeys.generate()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    in_own_loop(upgrade(f"sqlite+aiosqlite:///{path}", lock=False))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A migrated SQLite database: empty, or with the scene that this module has built before (``once``)."""
    path = tmp_path / "zhixin.db"
    shutil.copyfile(played_file(request) or sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


class PostgresDatabase:
    """One migrated database that is emptied after each test: a quarter of the time of making and dropping one.

    Its connection lives in a thread with a loop of its own, since each test has another loop.
    """

    NAME = "zhixin"
    EMPTY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
      END LOOP;
    END $$;
    ALTER TABLE audit_entries ENABLE TRIGGER ALL
    """
    """Past the triggers that keep the audit log append-only, which tests of tampering switch off; others change
    the version."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = server.url(self.NAME)
        self._connection = self._do(self._make())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _make(self) -> asyncpg.Connection:
        first = await asyncpg.connect(self._server.url("postgres").replace("+asyncpg", ""))
        await first.execute(f"CREATE DATABASE {self.NAME}")
        await first.close()
        await upgrade(self.url)
        return await asyncpg.connect(self.url.replace("+asyncpg", ""))

    def empty(self) -> None:
        """Delete all rows and close all other connections."""
        self._do(self._connection.execute(self.EMPTY))
        self._do(self._connection.execute("UPDATE alembic_version SET version_num = $1", head()))

    def close(self) -> None:
        """Let it go."""
        self._do(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_database(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """Its migrated database."""
    database = PostgresDatabase(postgres)
    yield database
    database.close()


@pytest.fixture
def postgres_url(postgres_database: PostgresDatabase) -> Iterator[str]:
    """An empty migrated PostgreSQL database."""
    yield postgres_database.url
    postgres_database.empty()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest_asyncio.fixture
async def store(sqlite_url: str, masters: MasterKeys, clock: ManualClock) -> AsyncIterator[Store]:
    """An open store on SQLite."""
    opened = await Store.open(sqlite_url, masters=masters, clock=clock)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def postgres_store(postgres_url: str, masters: MasterKeys, clock: ManualClock) -> AsyncIterator[Store]:
    """An open store on PostgreSQL."""
    opened = await Store.open(postgres_url, masters=masters, clock=clock)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def any_store(any_url: str, masters: MasterKeys, clock: ManualClock) -> AsyncIterator[Store]:
    """An open store, on SQLite and on PostgreSQL."""
    opened = await Store.open(any_url, masters=masters, clock=clock)
    yield opened
    await opened.close()
