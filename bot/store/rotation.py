"""Change of the master key (reliability 13.4): only the data keys are wrapped anew, nothing is sealed anew."""

from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.delivery import DataKey
from bot.store.dialect import dialect_of
from bot.store.sealing import KEYS_LOCK, MasterKeys

PAGE: Final = 1_000
"""Data keys wrapped in one statement."""


async def rewrap(session: AsyncSession, masters: MasterKeys) -> int:
    """Wrap every data key under the newest master key; returns how many were not.

    ``masters`` holds the old versions too and must be in safe keeping before: what a lost master wrapped is lost with
    all that it sealed. The old versions stay needed for the backups made under them.
    """
    if dialect_of(session) == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": KEYS_LOCK})
    table = DataKey.__table__
    count, last = 0, 0
    while True:
        rows = (
            await session.execute(
                select(table)
                .where(DataKey.id > last, DataKey.master_version != masters.current)
                .order_by(DataKey.id)
                .limit(PAGE)
            )
        ).all()
        if not rows:
            return count
        changed: list[dict[str, object]] = []
        for row in rows:
            version, wrapped = masters.wrap(row.id, masters.unwrap(row.id, row.master_version, row.wrapped))
            changed.append({"id": row.id, "master_version": version, "wrapped": wrapped})
        await session.execute(update(DataKey), changed)
        count, last = count + len(rows), rows[-1].id
