"""What became of each sending, written in groups: outcomes that come together share one commit (section 6)."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from loguru import logger

from bot.channels.pacing import Pacer
from bot.channels.port import Delivery, Outcome
from bot.clock import Clock
from bot.core.acts.undelivered import given_up, tell_standing
from bot.store import leases, outbox
from bot.store.outbox import Outgoing
from bot.store.store import Store
from bot.store.unit import Unit

LOOK_AGAIN: Final = timedelta(seconds=30)
"""After an unknown outcome: when the history is searched and, for class L, the message is sent once more."""
NOT_NOW: Final = timedelta(seconds=5)


class OutcomeWriter:
    """Finishes rows, queues the fallback of a refused one, and tells the breaker."""

    def __init__(self, store: Store, clock: Clock, pacer: Pacer) -> None:
        self._store, self._clock, self._pacer = store, clock, pacer
        self._waiting: list[tuple[tuple[tuple[Outgoing, Delivery], ...], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def give_back(self, rows: Iterable[Outgoing]) -> None:
        """Rows that were leased and never written to a channel: ready for the next start."""
        async with self._store.unit() as unit:
            for row in rows:
                await leases.finish(unit.session, row.id, row.fence, state="ready", now=unit.now, attempted=False)

    async def write(self, *outcomes: tuple[Outgoing, Delivery]) -> None:
        """Record outcomes; those that come together share one commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((outcomes, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_outcomes())
        await done

    async def _write_outcomes(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            all_of_them = [one for outcomes, _ in batch for one in outcomes]
            try:
                async with self._store.unit() as unit:
                    await self._record(unit, all_of_them)
            except Exception as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            except BaseException:  # it is told to end: nobody may wait for it for ever
                for _, done in (*batch, *self._waiting):
                    done.cancel()
                self._waiting.clear()
                raise
            for row, delivery in all_of_them:
                self._learn(row, delivery)
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    async def _record(self, unit: Unit, outcomes: Sequence[tuple[Outgoing, Delivery]]) -> None:
        sent = [(row, delivery.native_id) for row, delivery in outcomes if delivery.outcome is Outcome.SENT]
        if sent:
            await leases.finish_sent(unit.session, sent, now=unit.now)
        for row, delivery in outcomes:
            if delivery.outcome is Outcome.SENT:
                await tell_standing(unit, row, seen=True)
            else:
                state, options = _after(delivery, unit.now)
                held = await leases.finish(
                    unit.session, row.id, row.fence, state=state, now=unit.now, error=delivery.error, **options
                )
                if held and state == "failed":
                    await given_up(unit, row)
        unit.erased |= await outbox.forget_nameless(unit.session, [row for row, _ in outcomes])

    def _learn(self, row: Outgoing, delivery: Delivery) -> None:
        """Tell the breaker; certain delays say nothing about the channel."""
        if delivery.outcome in (Outcome.RETRY_LATER, Outcome.HELD_UNTIL_USER_SPEAKS, Outcome.OVER):
            return
        good = delivery.outcome is Outcome.SENT or row.kind in outbox.ANSWERS
        if self._pacer.outcome(row.address.bot_id, self._clock.monotonic(), good=good):
            logger.error("pushes of a bot stop for a while: several bad outcomes in a row")


def _after(delivery: Delivery, now: Any) -> tuple[str, dict[str, Any]]:
    match delivery.outcome:
        case Outcome.RETRY_LATER | Outcome.HELD_UNTIL_USER_SPEAKS:
            return "ready", {"attempted": False, "not_before": now + NOT_NOW}
        case Outcome.OVER:
            return "cancelled", {"attempted": False}
        case Outcome.UNKNOWN:
            return "unknown", {"not_before": now + LOOK_AGAIN}
        case _:
            return "failed", {}
