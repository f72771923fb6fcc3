"""Crossed locks: PostgreSQL ends one of two changes that block each other; that one is tried again."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from loguru import logger
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

TRIES: Final = 3
CROSSED: Final = frozenset({"40P01", "40001"})
"""SQLSTATE: deadlock_detected, serialization_failure."""


def crossed(error: DBAPIError) -> bool:
    """Whether a change failed only because another one blocked it; nothing of it is stored."""
    return getattr(error.orig, "sqlstate", "") in CROSSED


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """Carry out a change in a unit of its own, once more when its locks were crossed; after some times it is refused.

    The locks are taken in one order (decision 0015), so this is for what nobody has thought of.
    """
    for left in reversed(range(TRIES)):
        try:
            return await work()
        except DBAPIError as error:
            if not left or not crossed(error):
                raise
            logger.warning("two changes crossed; one of them begins anew")
    raise AssertionError("unreachable")
