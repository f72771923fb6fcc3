"""Run by Alembic for every command; the connection is handed in by ``bot.store.migrate``, never opened here."""

from alembic import context

from bot.store.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
