"""What the door counts, and the bounded slots that events are handled in (reliability sections 3 and 14)."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

SLOTS_PER_CONNECTION: Final = 64
"""Events of one gateway handled at once (tune)."""
SLOTS_IN_ALL: Final = 256
"""Events of all gateways handled at once (tune)."""
MAX_BAD_FRAMES: Final = 20
"""Malformed frames a gateway may send within ``BAD_FRAME_WINDOW``; one more closes the connection."""
BAD_FRAME_WINDOW: Final = 60.0
"""Seconds."""


@dataclass(slots=True)
class Counters:
    """Numbers for the health page and the invariants; ``frames`` is the sum of the four that follow it."""

    frames: int = 0
    bad: int = 0
    events: int = 0
    api_results: int = 0
    meta: int = 0
    slotted: int = 0
    """Of the events: given a slot."""
    unfamiliar: int = 0
    """Of the events: of a kind that is none of ours; a platform may send any number of them."""
    unreadable: int = 0
    """Of the events: of a known kind, with nothing in it that says whom it concerns."""
    unmatched_results: int = 0
    """Of the API results: of an echo nobody waits for (unknown, late or repeated)."""
    failed: int = 0
    """Handlings that ended in an exception."""
    unfit: int = 0
    """Events that ours looked at but other plugins were not shown: NoneBot's models have numbers for ids."""
    overdue: int = 0
    """Handlings that missed their deadline."""
    refused: int = 0
    """Connections and posts turned away at the door."""
    connections: int = 0
    """Connections let in."""


class Slots:
    """Permits to handle an event: some per connection, some in all."""

    def __init__(self, in_all: int = SLOTS_IN_ALL) -> None:
        self._in_all = asyncio.Semaphore(in_all)

    def of_connection(self, number: int = SLOTS_PER_CONNECTION) -> "ConnectionSlots":
        """The share of one new connection."""
        return ConnectionSlots(self._in_all, asyncio.Semaphore(number))


class ConnectionSlots:
    """The slots of one connection; its own are taken first, so a flooding gateway waits for itself."""

    def __init__(self, in_all: asyncio.Semaphore, own: asyncio.Semaphore) -> None:
        self._in_all = in_all
        self._own = own

    async def take(self) -> None:
        """Wait for a slot."""
        await self._own.acquire()
        try:
            await self._in_all.acquire()
        except BaseException:
            self._own.release()
            raise

    def give_back(self) -> None:
        """Free a slot that was taken."""
        self._in_all.release()
        self._own.release()


class BadFrames:
    """The budget for malformed frames: a broken gateway is put up with, a hostile one is not."""

    def __init__(self, limit: int = MAX_BAD_FRAMES, window: float = BAD_FRAME_WINDOW) -> None:
        self._seen: deque[float] = deque(maxlen=limit + 1)
        self._limit = limit
        self._window = window

    def exceeded(self, now: float) -> bool:
        """Note one bad frame at this monotonic second; True when it was one too many."""
        self._seen.append(now)
        return len(self._seen) > self._limit and now - self._seen[0] < self._window
