"""Fixtures for everything that needs a database: ``store`` (SQLite), ``postgres_store``, and ``any_store`` for both.

The schema is migrated once a session; each test gets a copy of that database.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.clock import SHANGHAI, ManualClock
from bot.store.migrate import upgrade
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.postgres import PostgresServer

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
"""A Tuesday; every test begins here unless it says otherwise."""
TEMPLATE = "zhixin_template"


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
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty migrated SQLite database."""
    path = tmp_path / "zhixin.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with a migrated template database."""
    server = PostgresServer()
    try:
        server.start()
        in_own_loop(_statement(server, f"CREATE DATABASE {TEMPLATE}"))
        in_own_loop(upgrade(server.url(TEMPLATE)))
        yield server
    finally:
        server.stop()


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty migrated PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    in_own_loop(_statement(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield postgres.url(name)
    in_own_loop(_statement(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


async def _statement(server: PostgresServer, statement: str) -> None:
    engine = create_async_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()


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
