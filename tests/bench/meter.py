"""What a process has used: processor time (user and system), wall time, memory."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import psutil

WINDOW: Final = 0.1
"""Seconds between two looks at a process that is being waited for."""
QUIET_WINDOWS: Final = 3
"""So many looks in a row must find it at rest: on a busy machine it may get no turn in one of them."""
AT_REST: Final = 0.004
"""Seconds of processor time within a window that are no work: timers, keep-alives."""


def cpu(pid: int) -> float:
    """Seconds of processor time of all threads so far, user and system; on Linux to the nanosecond."""
    if sys.platform == "linux":
        return time.clock_gettime(~pid << 3 | 2)  # what clock_getcpuclockid(3) gives; cpu_times() has ticks of 10 ms
    spent = psutil.Process(pid).cpu_times()
    return spent.user + spent.system


def memory(pid: int) -> float:
    """Resident memory in MiB."""
    return psutil.Process(pid).memory_info().rss / 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What a number of messages cost."""

    messages: int
    cpu: float
    wall: float

    @property
    def each(self) -> float:
        """Milliseconds of processor time a message."""
        return self.cpu / self.messages * 1000


class Meter:
    """Runs from its making until the process is at rest."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu, self._wall = cpu(pid), time.perf_counter()

    async def finish(self, messages: int, *, within: float = 120.0) -> Cost:
        """Wait until the process rests; the wall time ends with its last work."""
        quiet, last, ended = 0, cpu(self._pid), time.perf_counter()
        async with asyncio.timeout(within):
            while quiet < QUIET_WINDOWS:
                await asyncio.sleep(WINDOW)
                now = cpu(self._pid)
                if now - last > AT_REST:
                    quiet, ended = 0, time.perf_counter()
                else:
                    quiet += 1
                last = now
        return Cost(messages, last - self._cpu, ended - self._wall)


@dataclass(slots=True)
class Peak:
    """The most memory that was seen, in MiB."""

    mib: float = 0.0


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Peak]:
    """Look at a process's memory again and again."""
    peak = Peak(memory(pid))

    async def look() -> None:
        while True:
            peak.mib = max(peak.mib, memory(pid))
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield peak
    finally:
        looking.cancel()
        peak.mib = max(peak.mib, memory(pid))
