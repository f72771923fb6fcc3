"""Order within a conversation and of one person: a command waits for what came before it and holds back what follows.

A message that says a consent is withdrawn must take effect before the next message is looked at (commands.md), while
plain recorded messages must not wait for one another (they share one sync). So commands are barriers, messages are not.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    barrier: asyncio.Future[None] | None = None
    passing: set[asyncio.Future[None]] = field(default_factory=set)


class Ticket:
    """One event's place; taken synchronously in the order of arrival."""

    __slots__ = ("_keys", "_lanes", "_waits", "done", "exclusive")

    def __init__(
        self, lanes: "Lanes", keys: Sequence[Hashable], waits: list[asyncio.Future[None]], exclusive: bool
    ) -> None:
        self._lanes, self._keys, self._waits, self.exclusive = lanes, keys, waits, exclusive
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> "Ticket":
        try:
            for earlier in self._waits:
                if not earlier.done():
                    await asyncio.wait({earlier})
        except BaseException:
            self.leave()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def __del__(self) -> None:
        """An event that was given up before it began must not hold back those behind it."""
        if not self.done.done() and not self.done.get_loop().is_closed():
            self.leave()

    def leave(self) -> None:
        """Let those behind pass."""
        if not self.done.done():
            self.done.set_result(None)
        self._lanes.left(self, self._keys)


class Lanes:
    """All lanes in use; an empty one is dropped at once."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def enter(self, keys: Sequence[Hashable], *, exclusive: bool) -> Ticket:
        """Take a place in every lane of ``keys``. Exclusive: after all before it, before all behind it."""
        waits: list[asyncio.Future[None]] = []
        ticket = Ticket(self, keys, waits, exclusive)
        for key in keys:
            lane = self._lanes.setdefault(key, _Lane())
            if lane.barrier is not None:
                waits.append(lane.barrier)
            if exclusive:
                waits.extend(lane.passing)
                lane.passing = set()
                lane.barrier = ticket.done
            else:
                lane.passing.add(ticket.done)
        return ticket

    def left(self, ticket: Ticket, keys: Sequence[Hashable]) -> None:
        """Called by a ticket that is done."""
        for key in keys:
            lane = self._lanes.get(key)
            if lane is None:
                continue
            lane.passing.discard(ticket.done)
            if lane.barrier is ticket.done:
                lane.barrier = None
            if lane.barrier is None and not lane.passing:
                del self._lanes[key]
