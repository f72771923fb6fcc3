"""``make bench``: start the contenders, measure in turn, print one table. ``--rounds N`` measures N times."""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import nonebot

from tests.bench.activities import activities
from tests.bench.contenders import PLAIN_GROUP, Contender, Ours, declared, fresh, ours, rounds, stock
from tests.bench.database import Database, Embedded, Server, count
from tests.bench.environment import RECORDER, machine, recorder_python
from tests.bench.frames import frames_cost
from tests.bench.latency import PER_SECOND, Storm, commands, commands_in_chatter, kept, stock_storm, storm
from tests.bench.life import live
from tests.bench.report import Figure, compared, limited, show
from tests.bench.sender import Flooder
from tests.bench.speech import speech
from tests.bench.wishes import wishes
from tests.e2e.scene import GROUP
from tests.live import free_port

FLOOD: Final = 4_000
"""Messages in a flood; fewer for those who take tens of milliseconds each, which is in their favour."""
SLOW_FLOOD: Final = {1: 600, 40: 60, RECORDER: 120}
STORM: Final = 20_000
THEIR_ROWS: Final = "SELECT count(*) FROM nonebot_plugin_chatrecorder_messagerecord_v2"
DECLARED: Final = (10, 50, 100)
FLAT: Final = 1.25
"""With more commands a message may cost so much more than with few: what noise makes of equal costs."""
FLUSHED: Final = 1.5
"""Seconds after which the counters are in the database: they are written each second."""


@dataclass(slots=True)
class Field:
    """Everyone who takes part."""

    ours: Ours
    recorded: Contender
    bare: Contender
    one: Contender
    forty: Contender
    recorder: Contender | None
    folder: Path


async def line_up(stack: AsyncExitStack, folder: Path, database: Database) -> Field:
    """Start everyone and let everyone warm up."""
    ours_ = await ours(stack, fresh(folder, "ours"), database)
    python = await asyncio.to_thread(recorder_python)
    recorder = None
    if python is not None:
        where = fresh(folder, "recorder")
        recorder = await stock(stack, where, "nonebot-plugin-chatrecorder", 0, f"python={python}", RECORDER)
    found = Field(
        ours_,
        Contender("ours, recorded", ours_.pid, ours_.gateway, GROUP),
        await stock(stack, fresh(folder, "bare"), "NoneBot, no matcher", 0),
        await stock(stack, fresh(folder, "one"), "NoneBot, 1 matcher", 1),
        await stock(stack, fresh(folder, "forty"), "NoneBot, 40 matchers", 40),
        recorder,
        folder,
    )
    for contender, messages in _lengths(found):
        await contender.flood(max(20, messages // 4))
    return found


def _lengths(field: Field) -> list[tuple[Contender, int]]:
    found = [(field.bare, FLOOD), (field.ours, FLOOD), (field.recorded, FLOOD)]
    found += [(field.one, SLOW_FLOOD[1]), (field.forty, SLOW_FLOOD[40])]
    return found + ([(field.recorder, SLOW_FLOOD[RECORDER])] if field.recorder else [])


async def floods(field: Field, times: int) -> list[Figure]:
    """Plain and recorded messages in a flood, beside everyone; and that none of ours was lost."""
    await asyncio.sleep(FLUSHED)
    before = await kept(field.ours, GROUP), await kept(field.ours, PLAIN_GROUP)
    await rounds(_lengths(field), times)
    await asyncio.sleep(FLUSHED)
    stored = await kept(field.ours, GROUP) - before[0]
    counted = await kept(field.ours, PLAIN_GROUP) - before[1]
    plain, recorded = "plain group message in a flood", "recorded message, durable, in a flood"
    figures = [
        compared(plain, field.ours, field.bare, 3.0),
        compared(plain, field.ours, field.one, 0.25),
        compared(plain, field.ours, field.forty),
        compared(recorded, field.recorded, field.bare, 4.5),
    ]
    if field.recorder is None:
        figures += [Figure("nonebot-plugin-chatrecorder", "", "could not be installed here")]
    else:
        figures += [compared(plain, field.ours, field.recorder), compared(recorded, field.recorded, field.recorder)]
        rows = count(next((field.folder / "recorder").rglob("*.sqlite3")), THEIR_ROWS)
        sent = SLOW_FLOOD[RECORDER] * times + SLOW_FLOOD[RECORDER] // 4
        figures.append(Figure("of the recorded: stored", "", f"chatrecorder: {rows} of {sent}"))
    lost = abs(times * FLOOD - stored) + abs(times * FLOOD - counted)
    rate = statistics.median(cost.messages / cost.wall for cost in field.recorded.costs)
    figures.append(limited("of all those: lost or double", lost, 0, "", f"{stored} stored, {counted} counted"))
    return [*figures, limited("recorded a second (wall)", rate, None, "/s")]


async def waits(field: Field) -> list[Figure]:
    """What people wait for a command that writes."""
    await commands(field.ours, 20)
    idle = await commands(field.ours, 120)
    busy = await commands_in_chatter(field.ours, 15)
    return [
        limited("command that writes, idle: p50", idle.at(0.5), 15, "ms", f"p99 {idle.at(0.99):.0f} ms"),
        limited("command that writes, CPU", idle.cpu_each, None, "ms"),
        limited(
            f"command that writes, {PER_SECOND} plain messages/s: p99",
            busy.at(0.99),
            500,
            "ms",
            f"p50 {busy.at(0.5):.0f} ms, of {len(busy.seconds)}",
        ),
    ]


async def storms(field: Field) -> list[Figure]:
    """20,000 frames at once."""
    found: list[Figure] = []
    for name, group_id in (("plain", PLAIN_GROUP), ("recorded", GROUP)):
        await asyncio.sleep(FLUSHED)
        seen: Storm = await storm(field.ours, group_id, STORM)
        title = f"{STORM:,} {name} frames at once: "
        beside = ""
        if name == "plain":
            beside = f"NoneBot, no matcher: {(await stock_storm(field.bare, STORM)).peak:.0f} MiB"
        found += [
            limited(title + "peak memory", seen.peak, 400, "MiB", beside),
            limited(title + "lost or double", abs(seen.frames - seen.kept), 0, "", f"all in {seen.seconds:.1f} s"),
            limited(title + "another chat, other account", seen.other_socket, 2, "s"),
            # Behind recorded frames on the same socket: they are stored first, in order; nothing is promised.
            limited(title + "another chat, same account", seen.same_socket, 2 if name == "plain" else None, "s"),
        ]
    return found


async def flat(folder: Path, times: int) -> list[Figure]:
    """The same flood with few and with many commands declared."""
    async with AsyncExitStack() as stack:
        found = [await declared(stack, fresh(folder, f"declared{number}"), number) for number in DECLARED]
        await rounds([(one, FLOOD // 2) for one in found], 1)
        for one in found:
            one.costs.clear()
        await rounds([(one, FLOOD) for one in found], times * 3)  # cheap to repeat, and small differences count here
    few, *more = found
    return [compared(f"plain message, {one.name} declared", one, few, FLAT) for one in more]


async def lives() -> list[Figure]:
    """Start and stop."""
    life = await live(5)
    return [
        limited("start to /healthz 200", life.ready, None, "s"),
        limited("memory after the start", life.mib, None, "MiB"),
        limited("SIGTERM to gone, idle", life.gone, 15, "s"),
    ]


async def calibration() -> list[Figure]:
    """What the sender can do against a reader that does nothing, and what a frame costs the sender."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)]) as sink:  # noqa: ASYNC220
        gateway = Flooder(port)
        try:
            await gateway.connect(timeout=30)
            frames = await gateway.prepare(STORM, GROUP, (1, 2))
            begun, spent = time.perf_counter(), time.process_time()
            await gateway.pour(frames)
            spent, wall = time.process_time() - spent, time.perf_counter() - begun
        finally:
            await gateway.close()
            sink.kill()
    return [Figure("the sender alone", f"{spent / STORM * 1000:.4f} ms", f"{STORM / wall:,.0f} frames/s into a sink")]


def step(what: str) -> None:
    """Say what is being done: some of it takes a minute."""
    sys.stderr.write(f"{what} ...\n")


async def main(times: int, database: Database) -> bool:
    """All of it; whether every target was met."""
    begun = time.perf_counter()
    step("the sender, starts and stops")
    figures = [*await calibration(), *await lives()]
    step("starting the contenders")
    with TemporaryDirectory(prefix="zhixin-bench-") as name:
        async with AsyncExitStack() as stack:
            field = await line_up(stack, Path(name), database)
            step("floods")
            figures += await floods(field, times)
            step("commands")
            figures += await waits(field)
            step("many frames at once")
            figures += await storms(field)
        step("wishes")
        figures += await wishes(database)
        step("activities")
        figures += await activities(database)
        step("plain speech")
        figures += speech()
        step("the largest frames")
        figures += await frames_cost(database)
        step("many commands declared")
        figures += await flat(Path(name), times)
    show(figures, f"{database.name}, {machine()}", seconds=time.perf_counter() - begun)
    return all(one.verdict != "miss" for one in figures)


if __name__ == "__main__":
    nonebot.init(log_level="ERROR")  # the plugins of the figures taken in this process are loaded by it
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="our database is a PostgreSQL that syncs to disk")
    wanted = parser.parse_args()
    chosen = Server() if wanted.postgres else Embedded()
    try:
        met = asyncio.run(main(wanted.rounds, chosen))
    finally:
        chosen.stop()
    sys.exit(0 if met else 1)
