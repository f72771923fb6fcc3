"""Sendings that are under way: so many at once, and at most one of a conversation."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from loguru import logger

AT_ONCE: Final = 16
"""Sendings under way at once; one conversation has at most one."""


class UnderWay:
    """``ended`` is told of each sending that ends, and whether the table may hold more to do after it."""

    def __init__(self, ended: Callable[[bool], None]) -> None:
        self._ended = ended
        self.busy: set[bytes] = set()
        """Conversations into which something is being sent."""
        self.tasks: set[asyncio.Task[Any]] = set()

    def full(self, more: int = 0) -> bool:
        """Whether no sending beside these, and ``more`` of them, has a place."""
        return len(self.busy) + more >= AT_ONCE

    def spawn(self, conv: bytes, work: Coroutine[Any, Any, Any], *, look: bool = True) -> None:
        """Carry out a sending; ``look``: in the table there may be more to do after it, unless it says False."""
        self.busy.add(conv)
        task = asyncio.create_task(work)
        self.tasks.add(task)

        def done(finished: asyncio.Task[Any]) -> None:
            self.tasks.discard(finished)
            self.busy.discard(conv)
            error = None if finished.cancelled() else finished.exception()
            nothing_more = error is None and not finished.cancelled() and finished.result() is False
            self._ended(look and not nothing_more)
            if error is not None:
                logger.opt(exception=error).error("a sending broke off")

        task.add_done_callback(done)
