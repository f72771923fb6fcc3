"""The few statements that SQLite and PostgreSQL spell differently."""

from functools import cache
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession


def core(model: Any) -> Table:
    """The plain table of a mapped class, for statements that need no objects."""
    return cast(Table, model.__table__)


def dialect_of(where: AsyncSession | AsyncConnection) -> str:
    """``sqlite`` or ``postgresql``."""
    return where.get_bind().dialect.name if isinstance(where, AsyncSession) else where.dialect.name


def insert_of(dialect: str, table: Any) -> Any:
    """An INSERT of this engine's own kind."""
    return sqlite_insert(table) if dialect == "sqlite" else postgres_insert(table)


def upsert(where: AsyncSession | AsyncConnection, table: Any) -> Any:
    """An INSERT of this engine's own kind, for ``on_conflict_do_update``."""
    return insert_of(dialect_of(where), table)


@cache
def ignoring(dialect: str, model: Any, column: str) -> Any:
    """The same for every row of a table, put together once: it gives ``column`` of the rows that were not there."""
    table = core(model)
    return insert_of(dialect, table).on_conflict_do_nothing().returning(table.c[column])


def insert_ignore(where: AsyncSession | AsyncConnection, table: Any) -> Any:
    """INSERT … ON CONFLICT DO NOTHING."""
    return upsert(where, table).on_conflict_do_nothing()
