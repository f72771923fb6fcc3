"""N6 send outcomes: nine answers of a gateway, the process dying at every step, both classes (section 6)."""

import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.unknown import MAX_ATTEMPTS
from bot.chat.replies import Usage
from bot.core.rules.message import Address, ChatKind
from bot.store import outbox
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.dying import LOST, REPEATED, Dies, Process
from tests.faults.whole import CADRE, Whole, open_whole
from tests.gateway import Answer, FakeGateway
from tests.harness import BOT

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]

PRIVATE = Address("qq", BOT, ChatKind.PRIVATE, CADRE)
DEFINITE = {Answer.OK: "sent", Answer.DUPLICATE: "sent", Answer.REFUSED: "failed"}
"""Answers that say what became of it; every other one leaves it unknown."""


@dataclass(slots=True)
class Sending:
    """One message and what the gateway saw of it."""

    number: int
    cls: str
    answer: Answer
    dies: Dies

    @property
    def first_state(self) -> str:
        """What must stand in the row once somebody has looked at it after the first try."""
        if self.dies in LOST:
            return "unknown"
        return DEFINITE.get(self.answer, "unknown")

    def calls(self, gateway: FakeGateway) -> list[str]:
        word = f"第{self.number}号"
        texts = [
            "".join(str(part["data"].get("text", "")) for part in c.params.get("message", ())) for c in gateway.calls
        ]
        return [text for text in texts if word in text]


class Bench:
    """Sends one message after the other, each with its own fate."""

    def __init__(self, bot: Whole, gateway: FakeGateway, living: dict[str, Process]) -> None:
        self.bot, self.gateway, self.living = bot, gateway, living
        self.wrong: list[str] = []
        self.unknown = 0

    async def one(self, sending: Sending) -> None:
        self.gateway.calls.clear()
        key = f"n6:{sending.number}"
        async with self.bot.store.unit() as unit:
            await unit.push(PRIVATE, Usage(f"第{sending.number}号", ""), cls=sending.cls, idem_key=key)
        self.gateway.script("send_private_msg", sending.answer)
        await self._process(sending.dies)
        if sending.dies is not Dies.NOWHERE:
            await self._process(Dies.NOWHERE, send=sending.dies is Dies.WHILE_READY)
        self._expect(sending, "after the first try", await self._state(key), sending.first_state)
        self.unknown += sending.first_state == "unknown"
        self.gateway.answer_well()  # a call that was never made leaves its answer
        for _ in range(MAX_ATTEMPTS):
            self.bot.clock.advance(timedelta(seconds=31))
            await self._process(Dies.NOWHERE)
            if await self._state(key) in outbox.FINAL_STATES or sending.cls == "O":
                break
        await self._judge(sending, await self._state(key))

    async def _process(self, dies: Dies, *, send: bool = True) -> None:
        if not self.gateway.connected:  # an answer was that the line went
            await self.bot.offline()
            await self.gateway.connect()
            await self.bot.online()
        self.living["now"] = process = Process(self.bot, dies)
        if not send:
            process.sender.disconnected("qq", BOT)
        await process.run()

    async def _judge(self, sending: Sending, state: str) -> None:
        calls = sending.calls(self.gateway)
        written = sending.dies is not Dies.LEASED
        if sending.cls == "O":
            self._expect(sending, "at the end", state, sending.first_state)
            self._expect(sending, "calls", len(calls), int(written))
            return
        again = sending.first_state == "unknown"
        self._expect(sending, "at the end", state, "sent" if again else sending.first_state)
        self._expect(sending, "calls", len(calls), int(written) + again)
        self._expect(
            sending, "marked", [text.startswith(REPEATED) for text in calls], [False] * written + [True] * again
        )

    def _expect(self, sending: Sending, what: str, is_so: object, wanted: object) -> None:
        if is_so != wanted:
            self.wrong.append(f"{sending}: {what} {is_so} and not {wanted}")

    async def _state(self, key: str) -> str:
        async with self.bot.store.read() as session:
            return (
                await session.execute(select(OutboxMessage.state).where(OutboxMessage.idem_key == key))
            ).scalar_one()


@asynccontextmanager
async def bench(store: Store, living: dict[str, Process]) -> AsyncIterator[Bench]:
    async with open_whole(store, api_timeout=0.1) as bot:
        await bot.talk.sender.stop()  # ours are made and thrown away
        gateway = bot.gateway()
        await gateway.connect()
        await bot.online()
        yield Bench(bot, gateway, living)
        await gateway.close()


async def test_every_outcome_at_every_step_ends_as_the_table_says(
    any_store: Store, scale: Scale[int], table: FaultTable, dying_writer: dict[str, Process]
) -> None:
    sqlite = any_store.engines.is_sqlite
    rounds, seed = scale(1, 20 if sqlite else 5), 20261201
    fates = list(itertools.product(("O", "L"), Answer, Dies)) * rounds
    random.Random(seed).shuffle(fates)
    fates = fates[: scale(60 if sqlite else 20, len(fates))]
    async with bench(any_store, dying_writer) as sends:
        for number, (cls, answer, dies) in enumerate(fates):
            await sends.one(Sending(number, cls, answer, dies))
        name = f"N6 send outcomes ({'SQLite' if sqlite else 'PostgreSQL'})"
        size = f"{len(fates)} sends: 9 answers, {len(Dies)} places to die, 2 classes"
        table.row(test=name, size=size, figure=f"{sends.unknown} unknown; class O never twice")
        assert sends.wrong == [], seed
