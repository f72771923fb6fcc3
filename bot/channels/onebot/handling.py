"""Handling of events in slots, each with a deadline (reliability section 3)."""

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable
from typing import Final

from loguru import logger

from bot.channels.onebot.counters import ConnectionSlots, Counters

EVENT_DEADLINE: Final = 5.0
"""Seconds one event may hold its slot (tune)."""
MAX_LATE: Final = 64
"""Handlings past their deadline that may linger (NoneBot shields matchers) before their slots are kept too."""


class Handlings:
    """The events that are being handled."""

    def __init__(self, counters: Counters, *, deadline: float = EVENT_DEADLINE) -> None:
        self._counters = counters
        self._deadline = deadline
        self._running: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    async def admit(self, slots: ConnectionSlots, work: Awaitable[bool], then: Callable[[], Awaitable[None]]) -> None:
        """Wait for a slot and start: ``work`` decides, True goes on to ``then``. The caller reads nothing meanwhile."""
        try:
            await slots.take()
        except BaseException:
            if inspect.iscoroutine(work):
                work.close()
            raise
        self._counters.slotted += 1
        task = asyncio.create_task(self._handle(work, then))
        held = _Held(slots)
        timer = asyncio.get_running_loop().call_later(self._deadline, self._end_late, task, held)
        self._running.add(task)

        def done(task: asyncio.Task[None]) -> None:
            timer.cancel()
            held.free()
            self._running.discard(task)
            self._late.discard(task)

        task.add_done_callback(done)

    async def _handle(self, work: Awaitable[bool], then: Callable[[], Awaitable[None]]) -> None:
        try:
            if await work:
                await then()
        except Exception as error:
            self._counters.failed += 1
            log_failure("handling an event", error)

    def _end_late(self, task: asyncio.Task[None], held: "_Held") -> None:
        self._counters.overdue += 1
        logger.warning("an event missed its deadline of {} s", self._deadline)
        task.cancel()
        if len(self._late) < MAX_LATE:
            self._late.add(task)
            held.free()

    async def finish(self, patience: float) -> None:
        """Wait for what is running, then cancel the rest; their results were never promised."""
        running = set(self._running)
        if not running:
            return
        _, left = await asyncio.wait(running, timeout=patience)
        for task in left:
            task.cancel()


class _Held:
    """A slot that can be freed only once."""

    def __init__(self, slots: ConnectionSlots) -> None:
        self._slots: ConnectionSlots | None = slots

    def free(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back()


def log_failure(what: str, error: BaseException) -> None:
    """One line with the kind and the place of an error; its words could be somebody's."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    logger.error("{} failed: {} in {}", what, type(error).__name__, place)
