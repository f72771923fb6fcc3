"""Migrations: one history, the same schema as the tables, and no start on another one (reliability section 10)."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.clock import ManualClock
from bot.store.base import Base
from bot.store.engine import SchemaOutdated, open_engines
from bot.store.migrate import check, config_for, current, head, upgrade
from bot.store.sealing import MasterKeys
from bot.store.store import Store


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_a_store_refuses_an_empty_database_and_names_the_command(
    tmp_path: object, masters: MasterKeys, clock: ManualClock
) -> None:
    with pytest.raises(SchemaOutdated, match="zhixin migrate"):
        await Store.open(f"sqlite+aiosqlite:///{tmp_path}/empty.db", masters=masters, clock=clock)


async def test_a_store_refuses_an_older_and_a_newer_schema(
    any_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    for revision in ("0001", "9999"):
        engines = open_engines(any_url)
        async with engines.writer.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
        await engines.dispose()
        with pytest.raises(SchemaOutdated, match=revision):
            await Store.open(any_url, masters=masters, clock=clock)


async def test_the_migrated_schema_is_that_of_the_tables(any_store: Store) -> None:
    async with any_store.engines.writer.connect() as connection:
        differences = await connection.run_sync(_differences)
    assert differences == [], "tables changed: run python -m bot.store.migrations.regenerate"


async def test_a_second_upgrade_changes_nothing(any_url: str) -> None:
    assert await upgrade(any_url) == (head(), head())
    engines = open_engines(any_url)
    assert await current(engines) == head()
    await check(engines)
    await engines.dispose()


def test_the_revision_a_start_looks_for_is_that_of_the_newest_script() -> None:
    newest = ScriptDirectory.from_config(config_for(None)).get_current_head()
    assert newest == head()
