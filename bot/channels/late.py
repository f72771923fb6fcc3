"""What waits too long for a bot that is away: it goes by another one, or whoever sent it is told (section 6)."""

from collections.abc import Collection, Sequence
from typing import Final

from loguru import logger

from bot.clock import Clock
from bot.core.acts.undelivered import LATE, tell_waits
from bot.store import waiting
from bot.store.leases import peek
from bot.store.store import Store

LOOK_EVERY: Final = 60.0
"""Seconds between two looks."""
AT_A_TIME: Final = 100


class Late:
    """Looks after rows of bots that are not connected."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._looked_at = clock.monotonic()
        self._told: set[int] = set()

    async def look(self, online: Sequence[str]) -> None:
        """Settle what waits: once a minute, and each row once a run of this process."""
        at = self._clock.monotonic()
        if at - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = at
        async with self._store.look() as session:
            rows = await waiting.late(
                session, online, now=self._clock.now(), before=self._clock.now() - LATE, limit=AT_A_TIME
            )
        self._told &= set(rows)
        await self._settle([row_id for row_id in rows if row_id not in self._told])

    async def _settle(self, rows: Collection[int]) -> None:
        for row_id in rows:
            self._told.add(row_id)
            try:
                async with self._store.unit() as unit:
                    row = await peek(unit.session, unit.vault, row_id)
                    if row is not None and not await unit.goes_round(row):
                        await tell_waits(unit, row)
            except Exception as error:
                logger.warning("what waits for a bot that is away was not looked after: {}", type(error).__name__)
