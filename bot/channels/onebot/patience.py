"""The HTTP door's patience: half a request is waited for a few seconds, and so many connections at once, no more.

Without it a thousand sockets that send half a header each keep a descriptor for ever, and nothing else can be opened.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
"""How long the first request of a connection may take to arrive."""
MOST: Final = 400
"""HTTP connections at once; a gateway's line is none any more once it is a WebSocket."""


class PatientHttp(H11Protocol):
    """Closes what is too slow or too many; everything else is uvicorn's."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One more connection."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
            return
        self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None and self in self.connections:
            self.transport.abort()
