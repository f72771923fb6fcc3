"""F1 malformed events: whatever a gateway writes, the connection stays, nothing breaks, nothing of it is logged."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from loguru import logger

from bot import log
from bot.channels.onebot.counters import MAX_BAD_FRAMES
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.frames import Frames
from tests.faults.whole import CADRE, GROUP, Whole, open_whole
from tests.gateway import FakeGateway, private
from tests.harness import BOT

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]

CANARY, NUMBER = "金丝雀8f1c", 7_700_123_457
BATCH = MAX_BAD_FRAMES
"""So many bad frames a minute are put up with."""
LARGEST = 2**20
"""Bytes of a frame; a character has four at most."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Everything that is logged, at the level that says most, as it would stand in the log."""
    lines: list[str] = []

    class Sink:
        def write(self, line: str) -> None:
            lines.append(line)

        def flush(self) -> None:
            pass

    monkeypatch.setattr("sys.stderr", Sink())
    log.configure("TRACE", "text")
    yield lines
    logger.remove()


class Fuzz:
    """Writes frames in batches; after each one the counters must add up."""

    def __init__(self, bot: Whole, gateway: FakeGateway, dice: random.Random) -> None:
        self.bot, self.gateway, self.dice = bot, gateway, dice
        self.frames = Frames(dice, int(BOT), CANARY, NUMBER)
        self.certain = 0

    async def batch(self) -> None:
        before = asdict(self.bot.adapter.counters)
        kind = self.dice.choice(("good", "bad", "odd", "odd", "odd", "odd"))
        for _ in range(BATCH):
            await self.gateway.raw(self._one(kind))
        await self.bot.heard(self.gateway)
        after = asdict(self.bot.adapter.counters)
        grown = {name: after[name] - before[name] for name in after}
        told = grown["events"] + grown["api_results"] + grown["meta"] + grown["bad"]
        assert grown["frames"] == told >= BATCH, grown  # the gateway's answers to what the bot says come on top
        if kind != "odd":
            self.certain += grown["bad"]
            assert grown["bad"] == (BATCH if kind == "bad" else 0), (kind, grown)
        assert grown["failed"] == grown["overdue"] == 0, grown
        self.bot.let_pass(timedelta(minutes=1))

    def _one(self, kind: str) -> str | bytes:
        """A frame. One that is too large ends the connection, as it should: see ``tests/channels``."""
        while len(found := self._any(kind)) * 4 >= LARGEST:
            continue
        return found

    def _any(self, kind: str) -> str | bytes:
        match kind:
            case "good":
                return json.dumps(self.frames.good())
            case "bad":
                return self.frames.bad()
            case _:
                return self.frames.odd()


async def test_no_frame_breaks_anything(
    store: Store, scale: Scale[int], table: FaultTable, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    count, seed = scale(10_000, 100_000), 20261127
    broken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
    passed_on: list[object] = []

    async def matchers(_: object, event: object) -> None:
        passed_on.append(event)

    monkeypatch.setattr("bot.channels.onebot.bot.handle_event", matchers)
    async with open_whole(store) as bot:
        bot.talk.gate._pass_through = True  # other plugins see plain chat too: its event objects are built
        gateway = bot.gateway()
        await gateway.connect()
        await bot.online()
        await gateway.group_message(GROUP, CADRE, "/谈心 开始")
        await bot.heard(gateway)
        fuzz = Fuzz(bot, gateway, random.Random(seed))
        for _ in range(count // BATCH):
            await fuzz.batch()
        counters = bot.adapter.counters
        figure = f"{counters.bad} malformed, 0 disconnects, 0 unhandled, {len(written)} log lines without content"
        table.row(test="F1 malformed events", size=f"{count} frames", figure=figure)
        assert (counters.connections, gateway.connected) == (1, True), seed
        assert counters.bad > count / 10, "the fuzz bites too little"
        assert len(passed_on) > count / 20
        await gateway.private_message(CADRE, "我是谁")
        await gateway.expect_message(private(CADRE))
        await gateway.close()
    assert broken == []
    assert [line for line in written if " ERROR " in line or "Traceback" in line] == []
    assert [line for line in written if CANARY in line or str(NUMBER) in line] == []
    assert written, "the log was listened to"
