"""Compiled SQL is kept from test to test.

Every test opens engines of its own, and SQLAlchemy keeps what it compiled by engine and by dialect object: without this
each test compiles each statement anew, which was nearly half of the suite's time. Dialects of one class compile alike.
"""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

from bot.store import engine

STATEMENTS = 5000


def _same_kind(one: object, other: object) -> bool:
    return type(one) is type(other)


def _kind(one: object) -> int:
    return hash(type(one))


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Engines of one kind of database share what they compiled."""
    kept: dict[type, LRUCache[Any, Any]] = {}
    make = engine.create_async_engine

    def make_sharing(*where: Any, **how: Any) -> AsyncEngine:
        made = make(*where, **how)
        made.sync_engine._compiled_cache = kept.setdefault(type(made.dialect), LRUCache(STATEMENTS))
        return made

    with pytest.MonkeyPatch.context() as patch:
        for dialect in (PGDialect_asyncpg, SQLiteDialect_aiosqlite):
            patch.setattr(dialect, "__eq__", _same_kind)
            patch.setattr(dialect, "__hash__", _kind)
        patch.setattr(engine, "create_async_engine", make_sharing)
        yield


def pytest_collection_finish() -> None:
    """What was loaded stays: the collector need not look through it in every test."""
    gc.collect()
    gc.freeze()
