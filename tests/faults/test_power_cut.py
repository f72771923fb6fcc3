"""D2: a power cut anywhere loses nothing that was acknowledged; the same harness sees NORMAL lose."""

import asyncio
import itertools
import random
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.clock import ManualClock
from bot.features.talk.acts.record import Recording
from bot.store.delivery import Setting
from bot.store.engine import pragma
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.disk import Disk, NotReachable, Op, watched
from tests.faults.numbered import Found, act, look, message, open_talk
from tests.faults.power import Fate, after_cut, anything, nothing, put

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

WRITERS = 6
FOLD_AFTER = 60
"""Rows between two foldings of the log: many cuts are to fall into one."""
SEED = 20261124


@dataclass(slots=True)
class Traced:
    """One run: every write and sync, and behind which of them each number was acknowledged."""

    before: dict[str, bytes]
    ops: list[Op]
    acts: dict[int, int] = field(default_factory=dict)
    messages: dict[int, int] = field(default_factory=dict)

    def acknowledged(self, cut: int) -> tuple[set[int], set[int]]:
        """Acts and messages of which somebody had been told before this cut."""
        acts, messages = ({n for n, at in told.items() if at <= cut} for told in (self.acts, self.messages))
        return acts, messages


async def run(
    path: Path, masters: MasterKeys, clock: ManualClock, disk: Disk, *, synchronous: str, each: int
) -> Traced:
    """Acts and messages from many sides at once, and two erasures that empty the log; stopped without closing."""
    traced = Traced({str(path): await asyncio.to_thread(path.read_bytes)}, disk.ops)
    store = await Store.open(f"sqlite+aiosqlite:///{path}", masters=masters, clock=clock)
    async with store.engines.writer.connect() as connection:
        await pragma(connection, f"synchronous={synchronous}")
    store.engines.fold_after = FOLD_AFTER
    talking, recording, numbers = await open_talk(store), Recording(store), itertools.count()

    async def acts() -> None:
        for _ in range(each):
            number = next(numbers)
            await act(store, number)
            traced.acts[number] = len(disk.ops)

    async def talks() -> None:
        for _ in range(each * 2):
            number = next(numbers)
            await recording.put(message(store, talking, number))
            traced.messages[number] = len(disk.ops)

    async def erases() -> None:
        for _ in range(2):
            async with store.unit() as unit:
                await unit.session.execute(delete(Setting).where(Setting.name == "nobody"))
                unit.erased = True

    try:
        await asyncio.gather(*(work() for work in (acts, talks) for _ in range(WRITERS)), erases())
        traced.ops = list(disk.ops)
    finally:
        await store.close()
    return traced


async def survivors(files: dict[str, bytes], folder: Path, masters: MasterKeys, clock: ManualClock) -> Found:
    """Open what the cut has left, as the next start does."""
    put(files, folder)
    store = await Store.open(f"sqlite+aiosqlite:///{folder}/zhixin.db", masters=masters, clock=clock)
    try:
        found = await look(store)
        async with store.unit() as unit:  # and it takes writes
            unit.session.add(Setting(name="after", value="", at=unit.now))
        return found
    finally:
        await store.close()
        shutil.rmtree(folder)


async def cut_at(
    points: list[int], traced: Traced, fate: Fate, folder: Path, masters: MasterKeys, clock: ManualClock
) -> tuple[int, int, list[str]]:
    """Cut at each point: how many acknowledged there were, how many of them are lost, and what else is wrong."""
    told = lost = 0
    faults: list[str] = []
    for cut in points:
        files = after_cut(traced.ops[:cut], traced.before, fate)
        found = await survivors(files, folder / f"cut{cut}", masters, clock)
        acts, messages = traced.acknowledged(cut)
        told += len(acts) + len(messages)
        lost += len(acts - found.acts) + len(messages - found.messages)
        faults += [f"cut {cut}: {fault}" for fault in found.faults]
    return told, lost, faults


@pytest.fixture
def traces(
    sqlite_template: Path, masters: MasterKeys, clock: ManualClock, tmp_path: Path
) -> Callable[[str, int], Awaitable[Traced]]:
    """Runs the workload on a database of its own, with this ``synchronous``."""

    async def trace(synchronous: str, each: int) -> Traced:
        place = tmp_path / synchronous / "zhixin.db"
        place.parent.mkdir()
        shutil.copyfile(sqlite_template, place)
        try:
            with watched(Disk()) as disk:
                return await run(place, masters, clock, disk, synchronous=synchronous, each=each)
        except NotReachable as why:
            pytest.skip(str(why))

    return trace


async def test_full_loses_nothing_that_was_acknowledged_and_normal_does(
    traces: Callable[[str, int], Awaitable[Traced]],
    masters: MasterKeys,
    clock: ManualClock,
    tmp_path: Path,
    scale: Scale[int],
    table: FaultTable,
) -> None:
    cuts, each = scale(30, 300), scale(12, 60)
    dice = random.Random(SEED)
    told: dict[str, int] = {}
    lost: dict[str, int] = {}
    faults: list[str] = []
    writes = 0
    for synchronous in ("FULL", "NORMAL"):
        traced = await traces(synchronous, each)
        writes += len(traced.ops)
        points = sorted(dice.sample(range(1, len(traced.ops) + 1), cuts))
        for name, fate, some in (("", nothing, points[::2]), (" torn", anything(dice), points[1::2])):
            mode = synchronous + name
            told[mode], lost[mode], wrong = await cut_at(some, traced, fate, tmp_path, masters, clock)
            faults += wrong
    table.row(
        test="D2 power cut",
        size=f"{cuts} cuts of {len(lost) // 2} modes, {writes} writes and syncs",
        figure="acknowledged and lost: " + ", ".join(f"{mode} {lost[mode]} of {told[mode]}" for mode in told),
    )
    assert not faults, f"seed {SEED}: {faults[:5]}"
    assert lost["FULL"] == lost["FULL torn"] == 0, f"seed {SEED}: {lost}"
    assert lost["NORMAL"] > 0, "the harness does not bite"
    assert min(told.values()) > 0
