"""Unknown outcomes: looked for in the history; class L is sent once more, class O never (section 6)."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Final

from loguru import logger

from bot.channels.port import Channel
from bot.clock import Clock
from bot.core.acts.undelivered import given_up, tell_standing
from bot.core.rules.message import ChatKind
from bot.store import leases, waiting
from bot.store.outbox import Outgoing, Words, forget_nameless
from bot.store.store import Store

RESCUE_EVERY: Final = 30.0
"""Seconds between two looks for leases that ran out."""
REST: Final = 5.0
"""Seconds without a look after one that found nothing, or that failed: the database has trouble enough."""
MAX_ATTEMPTS: Final = 3
HISTORY_TAIL: Final = 30
AT_A_TIME: Final = 8

Spawn = Callable[[bytes, Coroutine[Any, Any, None]], None]


class Unknown:
    """Looks after rows of which nobody knows whether they arrived."""

    def __init__(
        self, store: Store, clock: Clock, channels: Mapping[str, Channel], render: Callable[[Words], str]
    ) -> None:
        self._store, self._clock, self._channels, self._render = store, clock, channels, render
        self._rescued_at = clock.monotonic()
        self._rests_until = clock.monotonic()

    async def rescue_leases(self, under_way: Collection[int]) -> None:
        """Leases that ran out (a cancelled caller, another process that died): their outcome is unknown."""
        at = self._clock.monotonic()
        if at - self._rescued_at < RESCUE_EVERY:
            return
        self._rescued_at = at
        async with self._store.unit() as unit:
            await leases.rescue(unit.session, owner="", now=unit.now, but=under_way)

    async def look(self, online: Sequence[str], busy: Collection[bytes], spawn: Spawn) -> None:
        """Settle what may be looked at again, each beside the loop: a history may be slow to answer."""
        at = self._clock.monotonic()
        if at < self._rests_until:
            return
        async with self._store.look() as session:
            rows = await waiting.unknown_due(session, online, now=self._clock.now(), limit=AT_A_TIME)
        if not rows:  # what becomes unknown from now on waits longer than this
            self._rests_until = at + REST
        for row_id, conv in rows:
            if conv not in busy:  # also one that an earlier row of this look has taken
                spawn(conv, self._settle(row_id))

    async def _settle(self, row_id: int) -> None:
        """Found in the history: sent. Else class L once more, marked; class O stays unknown."""
        try:
            async with self._store.read() as session:
                row = await leases.peek(session, self._store.vault, row_id)
            found = row is not None and await self._in_history(row)
            async with self._store.unit() as unit:
                if row is None:
                    await leases.drop_unreadable(unit.session, row_id)
                    return
                state = await leases.settle(
                    unit.session, row.id, row.fence, found=found, now=unit.now, most=MAX_ATTEMPTS
                )
                unit.erased |= await forget_nameless(unit.session, [row])
                if state == "sent":
                    await tell_standing(unit, row, seen=True)
                elif state == "failed":  # given up: what is said in its place, e.g. how to open the private chat
                    await given_up(unit, row)
        except Exception:
            self._rests_until = self._clock.monotonic() + REST
            raise

    async def _in_history(self, row: Outgoing) -> bool:
        channel = self._channels.get(row.address.channel)
        if channel is None or row.address.kind is not ChatKind.GROUP:
            return False
        try:
            text = self._render(row.words)
            tail = await channel.history(row.address.bot_id, row.address.native_id, count=HISTORY_TAIL)
        except Exception as error:  # then it is as if it had not been found
            logger.warning("the history told nothing: {}", type(error).__name__)
            return False
        return any(m.sender_id == row.address.bot_id and m.text.strip() == text for m in tail or ())
