"""The HTTP door's patience: half a request is waited for a few seconds, and so many connections at once, no more.

Without it some hundred sockets that send half a request each keep a descriptor for ever: the database opens no file,
the gateway's line is not let in. Who comes when all places are taken gets the place of the one that has kept us
waiting longest, so that strangers cannot keep a gateway out either.
"""

import asyncio
import resource
from typing import Final

from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

WAIT_SECONDS: Final = 10.0
"""How long the first request of a connection may take to begin; a later one, and the rest of each, up to twice that."""
MOST: Final = 400
"""Connections at once where the system grants enough descriptors."""
FEWEST: Final = 8
BACKLOG: Final = 32
"""Connections that the system holds until they are taken; as many may be taken before the first is looked at."""
RESERVED: Final = 64 + BACKLOG
"""Descriptors kept for the database, its WAL, exports and the log (about 30 are open), and for one backlog."""
WANTED: Final = 8192
"""The limit that is asked for at a start; the unit file of the operator's guide has the same."""


def raise_limit() -> None:
    """Ask for as many descriptors as the system lets this process have, up to ``WANTED``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections there may be at once under the limit in force."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(FEWEST, min(MOST, soft - RESERVED))


class PatientHttp(H11Protocol):
    """Closes what is too slow or too many; everything else is uvicorn's."""

    _seen: object = None
    """The request that was looked at last; None before the first one."""
    _looking: asyncio.TimerHandle | None = None
    _since = 0.0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One more connection."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > most_connections():
            waiting = [one for one in self.connections if isinstance(one, PatientHttp) and one.waits]
            min(waiting, key=lambda one: one._since).give_up()  # at the latest this one, which has said nothing yet
        if self in self.connections:
            self._looking = self.loop.call_later(WAIT_SECONDS, self._look)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """One less."""
        self._stop_looking()
        super().connection_lost(exc)

    @property
    def waits(self) -> bool:
        """Whether it is the other side's turn: no request under way, or only half of one."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def give_up(self) -> None:
        """Close it, and count it no more."""
        self._stop_looking()
        self.connections.discard(self)
        self.transport.abort()

    def _look(self) -> None:
        if self not in self.connections:  # a WebSocket by now
            return
        if self.waits and self._seen is self.cycle:
            self.give_up()
            return
        self._seen = self.cycle
        self._looking = self.loop.call_later(WAIT_SECONDS, self._look)

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
