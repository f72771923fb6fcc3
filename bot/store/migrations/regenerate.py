"""Development only: write a revision from the difference between the tables and the scripts.

``python -m bot.store.migrations.regenerate`` rewrites ``versions/0001_tables.py`` from all tables; that ends with the
first release, after which 0001 is history. ``python -m bot.store.migrations.regenerate some_words`` adds the next one.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.store.base import Instant
from bot.store.engine import open_engines
from bot.store.migrate import upgrade
from bot.store.tables import Base

VERSIONS: Final = Path(__file__).with_name("versions")
SCRIPT: Final = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
'''


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as plain ones: a revision must not change when our classes do."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


def _body(connection: Connection) -> str:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    script = produce_migrations(context, Base.metadata)
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        raise SystemExit(1)
    return render_python_code(
        script.upgrade_ops, render_as_batch=True, render_item=render_item, migration_context=context
    )


async def _generate(title: str, revision: str, before: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/draft.db"
        if before is not None:
            await upgrade(url)
        engines = open_engines(url)
        try:
            async with engines.writer.connect() as connection:
                body = await connection.run_sync(_body)
        finally:
            await engines.dispose()
    text = SCRIPT.format(title=title, revision=revision, before=f'"{before}"' if before else None, body=body)
    target = VERSIONS / f"{revision}_{title.lower().replace(' ', '_')}.py"
    draft = target.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)


def main(arguments: list[str]) -> None:
    """Rewrite 0001, or with words add the next revision."""
    if not arguments:
        asyncio.run(_generate("Tables", "0001", None))
        return
    last = max(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    asyncio.run(_generate(" ".join(arguments), f"{int(last) + 1:04}", last))


if __name__ == "__main__":
    main(sys.argv[1:])
