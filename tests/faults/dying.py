"""A sender that dies at one step, and the writer of outcomes that lets it."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import pytest

from bot.channels.outcomes import OutcomeWriter
from bot.channels.pacing import Pacer, Quotas
from bot.channels.port import Delivery
from bot.channels.sender import Sender
from bot.chat.text import render, repeated_mark
from bot.core.rules.message import Address, Incoming, OutSegment
from bot.store import leases
from tests.faults.whole import Whole
from tests.harness import BOT

REPEATED = repeated_mark()


class Dies(StrEnum):
    """Where the process ends."""

    NOWHERE = "nowhere"
    WHILE_READY = "before it is leased"
    LEASED = "leased, nothing written"
    ANSWERED = "written, its answer not looked at"
    UNRECORDED = "answered, the outcome not recorded"
    RECORDED = "right after the outcome was recorded"


LOST = (Dies.LEASED, Dies.ANSWERED, Dies.UNRECORDED)
"""What was leased when the process died is unknown, whatever became of it."""


class Process:
    """A sender that stops dead at one step: it goes no further, writes nothing, and is thrown away."""

    def __init__(self, bot: Whole, dies: Dies) -> None:
        self.bot, self.dies = bot, dies
        self.dead = asyncio.Event()
        self.name = "qq"
        self.pictures = False
        pacer = Pacer(Quotas.load(), on=False)
        self.sender = Sender(bot.store, bot.clock, pacer, render, repeated=REPEATED)
        self.sender.attach(self)
        self.sender.connected("qq", BOT)
        self._write = OutcomeWriter._record

    async def at(self, step: Dies) -> None:
        if step is self.dies:
            if self.dead.is_set():  # what is dead does nothing more, not even what was begun while it died
                raise asyncio.CancelledError
            self.dead.set()
            await asyncio.Event().wait()

    # --- as a channel ---

    def online(self, bot_id: str) -> bool:
        return self.bot.adapter.online(bot_id)

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        await self.at(Dies.LEASED)
        told = await self.bot.adapter.deliver(address, segments)
        await self.at(Dies.ANSWERED)
        return told

    async def groups(self, bot_id: str) -> Sequence[str] | None:
        return None

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None:
        return None

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming] | None:
        return None

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        return await self.bot.adapter.history(bot_id, chat_id, count=count, until=until)

    # --- its life ---

    async def run(self) -> None:
        """Send what is due; ends with the work or with its death."""
        async with self.bot.store.unit() as unit:
            await leases.rescue(unit.session, owner="main", now=unit.now)
        pumping, dying = asyncio.create_task(self._pump()), asyncio.create_task(self.dead.wait())
        await asyncio.wait({pumping, dying}, return_when=asyncio.FIRST_COMPLETED)
        over = {pumping, dying, *self.sender._under_way.tasks}
        if self.sender._outcomes._writing is not None:
            over.add(self.sender._outcomes._writing)
        for task in over:
            task.cancel()
        results = await asyncio.gather(*over, return_exceptions=True)
        assert [one for one in results if isinstance(one, Exception)] == []

    async def _pump(self) -> None:
        await self.at(Dies.WHILE_READY)
        await self.sender.pump()
        await self.at(Dies.RECORDED)


@pytest.fixture
def dying_writer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Process]:
    """Lets a process die inside the transaction that records an outcome."""
    living: dict[str, Process] = {}
    record = OutcomeWriter._record

    async def recording(self: OutcomeWriter, unit: Any, outcomes: Any) -> None:
        await living["now"].at(Dies.UNRECORDED)
        await record(self, unit, outcomes)

    monkeypatch.setattr(OutcomeWriter, "_record", recording)
    return living
