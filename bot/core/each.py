"""Due items one at a time: one that fails is told to the log and keeps none of the others waiting."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeVar

from loguru import logger

from bot.store.store import Store
from bot.store.unit import Unit

T = TypeVar("T")


async def each(
    store: Store, now: datetime, due: Iterable[T], work: Callable[[Unit, T], Awaitable[int | bool]], what: str
) -> int:
    """Carry out ``work`` for each due item in a transaction of its own; returns how many were touched.

    The next tick looks again: whatever failed now is still due.
    """
    touched = 0
    for one in due:
        try:
            async with store.unit(now=now) as unit:
                touched += await work(unit, one)
        except Exception as error:
            logger.opt(exception=error).error("one {} could not be looked after", what)
    return touched
