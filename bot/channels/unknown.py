"""Unknown outcomes: looked for in the history; class L is sent once more, class O never (section 6)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.channels.port import Channel
from bot.clock import Clock
from bot.domain.message import ChatKind
from bot.store import outbox
from bot.store.outbox import Outgoing, Words
from bot.store.store import Store

RESCUE_EVERY: Final = 30.0
"""Seconds between two looks for leases that ran out."""
MAX_ATTEMPTS: Final = 3
HISTORY_TAIL: Final = 30
AT_A_TIME: Final = 8


class Unknown:
    """Looks after rows of which nobody knows whether they arrived."""

    def __init__(
        self, store: Store, clock: Clock, channels: Mapping[str, Channel], render: Callable[[Words], str]
    ) -> None:
        self._store, self._clock, self._channels, self._render = store, clock, channels, render
        self._rescued_at = clock.monotonic()

    async def _rescue_leases(self) -> None:
        """Leases that ran out (a cancelled caller, another process that died): their outcome is unknown."""
        at = self._clock.monotonic()
        if at - self._rescued_at < RESCUE_EVERY:
            return
        self._rescued_at = at
        async with self._store.unit() as unit:
            await outbox.rescue(unit.session, owner="", now=unit.now)

    async def look(self, online: Sequence[str]) -> None:
        """Rescue leases that ran out, then settle what may be looked at again."""
        await self._rescue_leases()
        now = self._clock.now()
        async with self._store.read() as session:
            rows = await outbox.unknown_due(session, online, now=now, limit=AT_A_TIME)
        for row_id in rows:
            await self._settle_unknown(row_id)

    async def _settle_unknown(self, row_id: int) -> None:
        """Found in the history: sent. Else class L once more, marked; class O stays unknown."""
        async with self._store.read() as session:
            row = await outbox.peek(session, self._store.vault, row_id)
        if row is None:
            return
        found = await self._in_history(row)
        async with self._store.unit() as unit:
            await outbox.settle(unit.session, row.id, row.fence, found=found, now=unit.now, most=MAX_ATTEMPTS)

    async def _in_history(self, row: Outgoing) -> bool:
        channel = self._channels.get(row.address.channel)
        if channel is None or row.address.kind is not ChatKind.GROUP:
            return False
        tail = await channel.history(row.address.bot_id, row.address.native_id, count=HISTORY_TAIL)
        text = self._render(row.words)
        return any(m.sender_id == row.address.bot_id and m.text.strip() == text for m in tail or ())
