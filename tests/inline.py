"""SQLite without its thread, for tests of rules: two hops between threads cost more than most statements.

Each statement still lets others have their turn first. Tests of the store, of the channels, of faults and of the whole
bot keep the driver as it is.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite
import pytest
from typing_extensions import override

from bot.store.driver import OneVisitConnection


class InlineConnection(OneVisitConnection):
    """Opened and closed by its thread, used by the loop."""

    @override
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        await asyncio.sleep(0)
        return fn(*args, **kwargs)


def _connect(database: str, **options: Any) -> aiosqlite.Connection:
    options["check_same_thread"] = False
    connection = InlineConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


@contextmanager
def inline_sqlite() -> Iterator[None]:
    """Stores that are opened here have such connections."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.engine.connect", _connect)
        yield
