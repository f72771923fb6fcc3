"""Development only: write a revision from the difference between the tables and the scripts.

``python -m bot.store.migrations.regenerate some words`` adds the next revision; ``... regenerate again`` writes the
newest one anew, which ends with the release that carries it: after that it is history.
"""

import ast
import asyncio
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.store.base import Base, Instant
from bot.store.engine import open_engines
from bot.store.migrate import upgrade

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
            await upgrade(url, to=before)
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


def _load_tables() -> None:
    """By name: the store stands below the features whose tables these are."""
    importlib.import_module("bot.core.feature").load_tables()


def main(arguments: list[str]) -> None:
    """Add the next revision named by the words, or write the newest one anew."""
    _load_tables()
    scripts = sorted(VERSIONS.glob("[0-9]*.py"))
    if arguments == ["again"]:
        newest = scripts[-1]
        title = (ast.get_docstring(ast.parse(newest.read_text(encoding="utf-8"))) or "").rstrip(".")
        asyncio.run(_generate(title, newest.name[:4], scripts[-2].name[:4]))
    elif arguments:
        last = scripts[-1].name[:4]
        asyncio.run(_generate(" ".join(arguments), f"{int(last) + 1:04}", last))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
