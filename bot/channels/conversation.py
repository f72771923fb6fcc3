"""The messages of one conversation: sent one behind another, and recorded together."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from itertools import takewhile
from typing import Final

from bot.channels.carrier import Carrier
from bot.channels.outcomes import OutcomeWriter
from bot.channels.port import Delivery, Outcome
from bot.store import outbox
from bot.store.outbox import Outgoing
from bot.store.store import Store

GOES: Final = "goes"
SEEN: Final = "seen"
FATE: Final = "fate"
"""Topics of the signals that something which others wait for goes to its platform, is out, and that it is known
whether: what it is about, where, and when it was queued."""


class ConversationRun:
    """``left_over`` takes back what was not tried when a run was cancelled."""

    def __init__(
        self,
        store: Store,
        carrier: Carrier,
        outcomes: OutcomeWriter,
        left_over: Callable[[Sequence[Outgoing]], None],
        *,
        gathers: bool,
    ) -> None:
        self._store, self._carrier, self._outcomes, self._gathers = store, carrier, outcomes, gathers
        self._left_over = left_over
        self.sending: set[int] = set()
        """Rows that are under way."""

    async def deliver(self, *rows: Outgoing) -> bool:
        """Send these one behind another and record together what became of them; whether the table may hold more now.

        What was not sent is recorded before anything else is tried: the next may take as long as this one took.
        """
        self.sending.update(row.id for row in rows)
        known: list[tuple[Outgoing, Delivery]] = []
        left, more, going = deque(rows), False, 0
        try:
            while left:
                one = self._together(left)
                going = len(one)
                with self._watched(one[0]) as out:
                    delivery = await self._carrier.row(*one)
                    known.extend((left.popleft(), delivery) for _ in one)
                    going = 0
                    if delivery.outcome is Outcome.SENT:
                        out()  # before any frame behind it
                if delivery.outcome is not Outcome.SENT:
                    more = True
                    known = await self._record(known)
        finally:
            self._left_over(list(left)[going:])  # cancelled: what was going may have left, the others have not
            try:
                await self._record(known)
            finally:
                self.sending.difference_update(row.id for row in rows)
        return more or any(row.kind == outbox.RELAY for row in rows)  # the next of a relay waited for this one

    def _together(self, rows: Sequence[Outgoing]) -> list[Outgoing]:
        """The next row, with receipts behind it that one message can tell; what may be a repetition stands apart."""
        first = rows[0]
        if not self._gathers or not first.together:
            return [first]
        alike = (first.together, bool(first.attempts))
        return list(takewhile(lambda row: (row.together, bool(row.attempts)) == alike, rows))

    @contextmanager
    def _watched(self, row: Outgoing) -> Iterator[Callable[[], None]]:
        """Tell who waits for this message that it goes, that it is out (the returned function) and that it is over."""
        what = (row.about, astuple(row.address), row.since)
        tell = self._store.signal if row.about is not None else lambda *_: None
        tell(GOES, what)
        try:
            yield lambda: tell(SEEN, what)
        finally:
            tell(FATE, what)

    async def _record(self, known: list[tuple[Outgoing, Delivery]]) -> list[tuple[Outgoing, Delivery]]:
        if known:
            await self._outcomes.write(*known)
        return []
