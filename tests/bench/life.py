"""Start, memory at rest, and the end after SIGTERM."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.meter import memory
from tests.live import LiveBot


@dataclass(frozen=True, slots=True)
class Life:
    """Medians: seconds from the start of the process to ``/healthz`` 200, MiB then, seconds from SIGTERM to gone."""

    ready: float
    mib: float
    gone: float


async def live(times: int) -> Life:
    """Start and stop so often."""
    seen: list[Life] = []
    with TemporaryDirectory(prefix="zhixin-life-") as folder:
        bot = LiveBot(Path(folder))
        await asyncio.to_thread(bot.command, "migrate")
        for _ in range(times):
            begun = time.perf_counter()
            await bot.start()
            ready = time.perf_counter() - begun
            assert bot.process is not None
            mib = memory(bot.process.pid)
            begun = time.perf_counter()
            code = await asyncio.to_thread(bot.stop)
            assert code == 0, bot.read_log()[-2000:]
            seen.append(Life(ready, mib, time.perf_counter() - begun))
    return Life(*(statistics.median(getattr(one, name) for one in seen) for name in ("ready", "mib", "gone")))
