"""Commands that show what is logged: read in a reader, logged in a unit of their own, and only then answered."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.chat.context import Context
from bot.chat.exchange import Exchange
from bot.core.acts.log_reading import ReadingChanged, log_reading
from bot.core.reads.audited import Seen
from bot.core.rules.message import Incoming

READ_AGAIN: Final = 2
"""Times that something is read anew because it changed meanwhile; after that it is read in the writer's turn."""

Run = Callable[[Context, Callable[[Any], Awaitable[None]]], Awaitable[None]]
"""Carries the command out with a context and hands what it gives to the second argument."""


class AuditedReads:
    """The writer's turn is taken after everything is read and opened; what changed meanwhile is never shown."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def carry_out(self, incoming: Incoming, run: Run) -> None:
        """``run`` gives a ``Seen``, or a ``Say`` that needs no log and is answered from memory."""
        store = self._exchange.services.store
        for _ in range(1 + READ_AGAIN):
            async with store.read() as session:
                ctx = await self._exchange.reading(incoming, session)
                found = await _found(ctx, run)
            if not isinstance(found, Seen):
                if found is not None:
                    self._exchange.answer(incoming, found)
                return
            try:
                await self._log(incoming, ctx, found)
                return
            except ReadingChanged:
                continue
        await self._log(incoming, None, run)

    async def _log(self, incoming: Incoming, read_as: Context | None, found: Seen | Run) -> None:
        """Write the audit rows and the answer. Whose rights have changed since they read must read anew."""
        services = self._exchange.services
        async with services.store.unit(self._exchange.key(incoming), now=services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if read_as is not None and ctx.actor != read_as.actor:
                raise ReadingChanged
            seen = found if isinstance(found, Seen) else await _found(ctx, found)
            if isinstance(seen, Seen):
                seen = await log_reading(unit, ctx.actor, seen)
            if seen is not None:
                await self._exchange.reply(unit, ctx, seen)


async def _found(ctx: Context, run: Run) -> Any:
    given: list[Any] = []

    async def take(what: Any) -> None:
        given.append(what)

    await run(ctx, take)
    if len(given) > 1:
        raise RuntimeError("an audited command gives one answer")
    return given[0] if given else None
