"""Migrations (reliability section 10): upgrade by command under the lock, refuse to start on another schema."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Engines, SchemaOutdated, open_engines, pragma

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0029"
"""The revision this program needs; a test holds it to the newest script, so that a start need not load Alembic."""
MIGRATE_COMMAND: Final = "zhixin migrate"
MIGRATION_LOCK: Final = 0x5A48_4D49
"""Advisory lock on PostgreSQL: two nodes never upgrade at once."""


class DatabaseDamaged(Exception):
    """The checks after an upgrade found broken rows or pages; nothing of the upgrade was kept."""


def config_for(connection: Connection | None) -> "Config":
    """Alembic's settings without a file: the scripts are part of the package."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision this program needs."""
    return HEAD


async def current(engines: Engines) -> str | None:
    """The revision the database is at; None for an empty database."""
    async with engines.reader.connect() as connection:
        return await connection.run_sync(_revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


async def check(engines: Engines) -> None:
    """Raise ``SchemaOutdated`` unless the database is at ``head()``."""
    found = await current(engines)
    if found == head():
        return
    raise SchemaOutdated(
        f"the database is at schema {found or 'none'}, this program needs {head()}: run `{MIGRATE_COMMAND}`"
    )


async def upgrade(url: str, lock: bool = True, to: str = "head") -> tuple[str | None, str]:
    """Bring the database to ``head()``, or to a revision on the way to it, in one transaction; never asks.

    Returns the revisions before and after.
    """
    engines = open_engines(url, lock=lock)
    try:
        async with engines.writer.connect() as connection:
            if engines.is_sqlite:
                # Batch mode copies and drops tables; with foreign keys on, the drop would cascade into other tables.
                await pragma(connection, "foreign_keys=OFF")
            async with connection.begin():
                if not engines.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
                before = await connection.run_sync(_revision)
                await connection.run_sync(_upgrade, to)
                if engines.is_sqlite:
                    await _examine(connection)
            if engines.is_sqlite:
                await pragma(connection, "foreign_keys=ON")
        return before, head() if to == "head" else to
    finally:
        await engines.dispose()


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command

    command.upgrade(config_for(connection), to)


async def _examine(connection: AsyncConnection) -> None:
    orphans = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
    if orphans:
        tables = ", ".join(sorted({str(row[0]) for row in orphans}))
        raise DatabaseDamaged(f"{len(orphans)} rows point to nothing, in: {tables}")
    verdict = (await connection.execute(text("PRAGMA integrity_check"))).scalars().all()
    if verdict != ["ok"]:
        raise DatabaseDamaged(f"integrity_check found {len(verdict)} faults")
