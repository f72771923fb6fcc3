"""The two databases that 知心 is measured on: the embedded default, or a real PostgreSQL that syncs to disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg

from tests.postgres import SAFE, PostgresServer


class Embedded:
    """SQLite in each bot's own data folder."""

    name = "SQLite"

    def environment(self, name: str) -> dict[str, str]:
        """What tells a bot where its database is: nothing, it is the default."""
        return {}

    async def prepare(self, name: str) -> None:
        """Make an empty database of that name: the bot does it."""

    def url(self, folder: Path, name: str) -> str:
        """The address of a database for a store of this process."""
        return f"sqlite+aiosqlite:///{folder / 'zhixin.db'}"

    async def count(self, folder: Path, name: str, statement: str) -> int:
        """A number in a bot's database."""
        return count(folder / "data/zhixin.db", statement)

    def stop(self) -> None:
        """Nothing runs."""


class Server:
    """PostgreSQL; each bot gets a database of its own."""

    name = "PostgreSQL"

    def __init__(self) -> None:
        self._server = PostgresServer(SAFE)
        self._server.start()

    def environment(self, name: str) -> dict[str, str]:
        """What tells a bot where its database is."""
        return {"ZHIXIN_DATABASE_URL": self._server.url(name)}

    async def prepare(self, name: str) -> None:
        """Make an empty database of that name."""
        await self._value("postgres", f'CREATE DATABASE "{name}"')

    def url(self, folder: Path, name: str) -> str:
        """The address of a database for a store of this process."""
        return self._server.url(name)

    async def count(self, folder: Path, name: str, statement: str) -> int:
        """A number in a bot's database."""
        return await self._value(name, statement)

    async def _value(self, name: str, statement: str) -> int:
        connection = await asyncpg.connect(host=str(self._server.folder), user="zhixin", database=name)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


Database = Embedded | Server


def count(path: Path, statement: str) -> int:
    """A number in a SQLite file of another process."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as found:
        return found.execute(statement).fetchone()[0]
