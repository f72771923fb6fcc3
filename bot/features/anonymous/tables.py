"""Anonymous voices: rows that show neither who wrote them nor in which order they came (P23, reliability 13.3).

What leads to a person has no column here, and what could tell the moment of writing is taken out of the way the rows
lie in the file: whoever adds or releases one writes all that wait with it anew, in random order (``scatter``).
"""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, delete, insert, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.store.base import Base, BigId
from bot.store.dialect import core
from bot.store.sealing import Vault

LOCK: Final = 0x5A48_414E
"""Advisory lock on PostgreSQL: rows that are taken out and put back must not be seen missing by another writer."""
TEXT_BYTES: Final = 8_192
"""Every text is filled up to this size, which the longest one needs: not even a size tells one from another."""
_chance: Final = random.SystemRandom()


class AnonymousVoice(Base):
    """匿名留言: text and answers sealed under the organ's key, the week only, a random key, no rowid.

    ``week`` is the Monday of the week of writing until the release, then that of the release. ``cut``: comes out with
    the batch that is settled. ``said``: the author's word, which nobody sees before a batch.
    """

    __tablename__ = "anonymous_voices"
    __table_args__ = (
        Index(
            "ix_anonymous_voices_said",
            "said",
            sqlite_where=text("said IS NOT NULL"),
            postgresql_where=text("said IS NOT NULL"),
        ),
        Index("ix_anonymous_voices_state", "state"),
        Index("ix_anonymous_voices_org_state", "org_id", "state"),
        Index("ix_anonymous_voices_cut", "cut"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    """The organ that answers; the writer's own organisation is not kept."""
    state: Mapped[str] = mapped_column(String(12))
    week: Mapped[date] = mapped_column(Date)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """Keyed hash of the pick-up code; None once its holder has deleted the voice."""
    urgent: Mapped[bool] = mapped_column(Boolean, default=False)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    cut: Mapped[bool] = mapped_column(Boolean, default=False)
    said: Mapped[str | None] = mapped_column(String(12))
    ref: Mapped[int | None] = mapped_column(Integer, unique=True)
    """Drawn at the release."""
    category: Mapped[str | None] = mapped_column(String(32))
    answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed JSON: each answer with the organ's name and the day."""
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str | None] = mapped_column(String(12))
    released_on: Mapped[date | None] = mapped_column(Date)
    held_since: Mapped[date | None] = mapped_column(Date)
    """Since when the organ that has it now owes an answer."""
    answered_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date, index=True)
    reminded: Mapped[int] = mapped_column(Integer, default=0)
    """0: nobody, 1: the holder, 2: the organ above as well."""
    raised: Mapped[int] = mapped_column(Integer, default=0)
    reopened: Mapped[int] = mapped_column(Integer, default=0)


def new_voice_key() -> bytes:
    """A random key: UUIDv4, never one that carries a time."""
    return uuid4().bytes


def code_hash(vault: Vault, code: str) -> bytes:
    """What is kept of a pick-up code: nobody can compute it without the installation's key."""
    return vault.mac("codes", "pickup", code)


def code_hash_out(vault: Vault, hashed: bytes) -> bytes:
    """What is kept of it from the release on: nobody without the keys sees that it was there before."""
    return vault.mac("codes", "pickup out", hashed)


def place_of(key: bytes, column: str) -> str:
    """Where a sealed value stands (associated data)."""
    return f"anonymous_voices:{UUID(bytes=key)}:{column}"


def shuffled(items: Sequence[Any]) -> list[Any]:
    """In an order that nobody can repeat or guess."""
    mixed = list(items)
    _chance.shuffle(mixed)
    return mixed


async def alone(session: AsyncSession) -> None:
    """One writer of anonymous voices at a time; SQLite has one anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def scatter(session: AsyncSession, *more: dict[str, Any]) -> None:
    """Write ``more`` rows and all that wait anew, in random order and by one transaction.

    Rows in a table lie in the order in which they were written: on SQLite inside each page, on PostgreSQL in the heap,
    with the number of the writing transaction beside each. Afterwards all that wait have the same one.
    """
    table = core(AnonymousVoice)
    waiting = await session.execute(
        delete(table).where(table.c.state == AnonymousState.WAITING.value).returning(*table.c)
    )
    rows = shuffled([*map(dict, waiting.mappings()), *more])
    if rows:
        await session.execute(insert(table), rows)
