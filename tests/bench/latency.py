"""How long people wait: a command that writes, at rest and while plain chat pours in; and 20,000 frames at once."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.contenders import PLAIN_GROUP, SPEAKERS, Contender, Ours
from tests.bench.meter import Meter, cpu, watched
from tests.bench.sender import Flooder
from tests.gateway import private

WRITES: Final = ("别再提醒", "恢复提醒")
"""Two commands that undo one another; each changes a setting, writes an audit row and a receipt."""
GAP: Final = 0.03
"""Seconds between an answer and the next command."""
PER_SECOND: Final = 200
"""Plain messages a second while the commands come."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from a command's frame to its receipt at the gateway, sorted; and processor time for each in ms."""

    seconds: Sequence[float]
    cpu_each: float

    def at(self, share: float) -> float:
        """The quantile in milliseconds (nearest rank)."""
        rank = min(len(self.seconds) - 1, max(0, round(share * len(self.seconds) + 0.5) - 1))
        return self.seconds[rank] * 1000


async def ask(gateway: Flooder, user: int, text: str, *, within: float = 30.0) -> float:
    """Say something in private; seconds until the answer is shown."""
    known = len(gateway.shown[private(user)])
    begun = time.perf_counter()
    await gateway.private_message(user, text)
    await gateway.expect_message(
        private(user), lambda one: any(one is new for new in gateway.shown[private(user)][known:]), timeout=within
    )
    return time.perf_counter() - begun


async def commands(ours: Ours, number: int) -> Waits:
    """So many commands that write, one after another."""
    taken: list[float] = []
    before = cpu(ours.pid)
    for at in range(number):
        taken.append(await ask(ours.gateway, SPEAKERS[0], WRITES[at % 2]))
        await asyncio.sleep(GAP)
    return Waits(sorted(taken), (cpu(ours.pid) - before) / number * 1000)


async def commands_in_chatter(ours: Ours, seconds: float) -> Waits:
    """The same while plain messages come at ``PER_SECOND`` on the same connection."""
    frames = await ours.gateway.prepare(int(seconds * PER_SECOND), PLAIN_GROUP, SPEAKERS)
    taken: list[float] = []
    chatter = asyncio.create_task(ours.gateway.drip(frames, PER_SECOND))
    while not chatter.done():
        taken.append(await ask(ours.gateway, SPEAKERS[0], WRITES[len(taken) % 2]))
        await asyncio.sleep(GAP)
    await chatter
    return Waits(sorted(taken), 0.0)


@dataclass(frozen=True, slots=True)
class Storm:
    """What became of many frames at once."""

    frames: int
    kept: int
    peak: float
    seconds: float
    same_socket: float = 0.0
    other_socket: float = 0.0


async def storm(ours: Ours, group_id: int, frames: int) -> Storm:
    """All at once in one group; meanwhile a command of another chat, behind them and by another account."""
    prepared = await ours.gateway.prepare(frames, group_id, SPEAKERS)
    before = await kept(ours, group_id)
    async with watched(ours.pid) as peak:
        meter = Meter(ours.pid)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ours.gateway.pour(prepared))
            await asyncio.sleep(0)
            other = tasks.create_task(ask(ours.other, SPEAKERS[1], WRITES[0]))
            same = tasks.create_task(ask(ours.gateway, SPEAKERS[0], WRITES[0]))
        cost = await meter.finish(frames)
    found = await _all_kept(ours, group_id, before + frames) - before
    return Storm(frames, found, peak.mib, cost.wall, same.result(), other.result())


async def stock_storm(contender: Contender, frames: int) -> Storm:
    """The same for a contender, only its memory."""
    async with watched(contender.pid) as peak:
        cost = await contender.flood(frames)
    return Storm(frames, 0, peak.mib, cost.wall)


COUNTED: Final = "SELECT coalesce(sum(messages), 0) FROM chat_days WHERE chat_id NOT IN (SELECT chat_id FROM talks)"
RECORDED: Final = "SELECT count(*) FROM talk_messages"


async def kept(ours: Ours, group_id: int) -> int:
    """Recorded messages of the scene's group, or what was counted in the plain one."""
    return await ours.count(COUNTED if group_id == PLAIN_GROUP else RECORDED)


async def _all_kept(ours: Ours, group_id: int, wanted: int, *, within: float = 10.0) -> int:
    """What is stored once nothing more comes; the counters are written each second."""
    clock = asyncio.get_running_loop().time
    until = clock() + within
    while (found := await kept(ours, group_id)) < wanted and clock() < until:  # noqa: ASYNC110 - another process's database
        await asyncio.sleep(0.2)
    return found
