"""Declarative base and column types shared by all tables."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from bot.clock import SHANGHAI

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit id on both engines; on SQLite plain INTEGER, so that a single primary key is the rowid itself."""


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_millis(instant: datetime) -> int:
    """Whole UTC milliseconds, counted without floats: those lose a millisecond about once in eighty instants."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return (instant - EPOCH) // timedelta(milliseconds=1)


class Instant(TypeDecorator[datetime]):
    """An instant as UTC milliseconds in the table and as an aware datetime (Asia/Shanghai) outside."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_millis(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (EPOCH + timedelta(milliseconds=value)).astimezone(SHANGHAI)


class Base(DeclarativeBase):
    """Base of all tables; names of constraints are fixed so that migrations find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def new_id() -> int:
    """A random 62-bit id: shows neither order nor volume, and exists before the insert (sealing needs it)."""
    return secrets.randbits(62) | 1
