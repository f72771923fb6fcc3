"""Alembic scripts: one history for SQLite and PostgreSQL, run by ``zhixin migrate`` only (reliability section 10)."""
