"""N7 breaker: the gateway blocks silently for half an hour of a clock that the test moves."""

from datetime import timedelta

import pytest
from loguru import logger

from bot.channels.pacing import Quotas
from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind
from bot.store.store import Store
from tests.channels.test_sender import BOT, Rig
from tests.faults.conftest import FaultTable

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

BLOCKED = Delivery(Outcome.UNKNOWN, error="retcode_1200")
STEP, LONG_STEP = timedelta(seconds=2), timedelta(seconds=20)
QUOTAS = Quotas.load()
NORMAL = 20
"""Pushes a minute in ordinary times (quotas.toml)."""


class Blocked(Rig):
    """Pushes to many people, a gateway that shows none of them, and a clock that is moved second by second."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, paced=True)
        self.blocked = True

    async def queue(self, count: int, cls: str = "O", **options: object) -> list[int]:
        return [
            await self.push(f"{cls}{n}", Address("qq", BOT, ChatKind.PRIVATE, f"5{n:04}"), cls=cls, **options)
            for n in range(count)
        ]

    async def during(self, length: timedelta, words: str = "O", step: timedelta = STEP) -> list[float]:
        """Let time pass step by step; the seconds at which something with these words was called."""
        begun, seen, times = self.clock.monotonic(), len(self.channel.calls), []
        while self.clock.monotonic() - begun < length.total_seconds():
            self.channel.next = [BLOCKED] * 20 if self.blocked else []
            await self.sender.pump()
            times += [self.clock.monotonic() - begun for _, said in self.channel.calls[seen:] if words in said]
            seen = len(self.channel.calls)
            self.clock.advance(step)
        return times


@pytest.fixture
def rig(store: Store) -> Blocked:
    return Blocked(store)


async def test_three_calls_then_silence_an_alert_and_a_slow_beginning(rig: Blocked, table: FaultTable) -> None:
    pause = timedelta(seconds=QUOTAS.breaker_pause)
    rows = await rig.queue(120)
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="ERROR", format="{message}")
    try:
        before = await rig.during(pause, step=LONG_STEP)
        rig.blocked = False
        slow = await rig.during(timedelta(minutes=5))
        normal = [at for at in await rig.during(timedelta(minutes=3)) if at >= 60]
    finally:
        logger.remove(sink)
    a_minute = len(slow) / 5
    figure = f"{len(before)} calls, 1 alert, then {a_minute:.1f} a minute instead of {len(normal) / 2:.0f}"
    table.row(test="N7 breaker", size="blocked silently for 30 min", figure=figure)
    assert len(before) == QUOTAS.breaker_after == 3
    assert len([line for line in lines if "stop for a while" in line]) == 1
    assert 0 < a_minute <= NORMAL / 5
    assert len(normal) / 2 > a_minute * 4, "later the usual rate comes back"
    states = [await rig.state(row) for row in rows]
    assert states.count("unknown") == 3
    assert set(states) <= {"unknown", "sent", "ready"}


async def test_a_gateway_that_still_blocks_stops_them_again_after_three(rig: Blocked) -> None:
    await rig.queue(40)
    calls = await rig.during(timedelta(minutes=65), step=LONG_STEP)
    assert len(calls) == 9, "three at each of 0, 30 and 60 minutes"


async def test_answers_and_calls_for_help_go_on_meanwhile(rig: Blocked) -> None:
    await rig.queue(5)
    assert len(await rig.during(timedelta(minutes=1))) == 3
    rig.blocked = False
    await rig.queue(2, cls="L", kind="reply")
    await rig.queue(3, cls="L", kind="alert", priority=0)
    assert len(await rig.during(timedelta(minutes=1), "L")) == 5
    assert await rig.during(timedelta(minutes=1)) == []
