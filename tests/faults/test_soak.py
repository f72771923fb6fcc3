"""C2 soak: twenty events a second for half an hour, while the wire breaks and the gateway answers badly.

``--soak-minutes 2`` tries it for a shorter time. What must stay flat: memory, open files, tasks, the write-ahead log.
"""

import asyncio
import contextlib
import random
import sqlite3
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bot.clock import Clock
from bot.features.talk.tables import Gap, TalkMessage
from bot.store import audit
from tests.e2e.scene import AGREE, CADRE, GROUP, YOUTHS, Scene, close_scene, open_scene
from tests.faults.conftest import FaultTable
from tests.faults.observed import TASKS
from tests.faults.proxy import Wire
from tests.gateway import Answer
from tests.live import LiveBot

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(7200)]

A_SECOND = 20
SAMPLE_EVERY = 5.0
SETTLED_AFTER = 0.25
"""Share of the time after which caches are full; what is compared comes later."""
WAITING = "SELECT count(*) FROM outbox WHERE state IN ('ready', 'leased') OR (state = 'unknown' AND cls = 'L')"
KEPT = """SELECT (SELECT count(*) FROM talk_messages)
               + (SELECT coalesce(sum(CASE WHEN missing IS NULL THEN 1000000 ELSE max(0, missing - recovered) END), 0)
                  FROM gaps)"""
"""Messages that are stored or told as missing; where nobody knows how many are missing, that is said."""
BAD = (
    *(Answer.REFUSED, Answer.DELIVERED_1200, Answer.BLOCKED_1200, Answer.NO_REPLY, Answer.SWALLOWED, Answer.DROP),
    *(Answer.DUPLICATE, Answer.ASYNC),
)


class ObservedBot(LiveBot):
    """A bot that tells how many tasks it has."""

    program = ("-m", "tests.faults.observed")


@dataclass(frozen=True, slots=True)
class Sample:
    """The process at one moment."""

    rss: float
    files: int
    tasks: int
    wal: float


class Soak:
    """Talks, breaks the wire, answers badly, and measures."""

    def __init__(self, scene: Scene, wire: Wire, dice: random.Random) -> None:
        self.scene, self.wire, self.dice = scene, wire, dice
        self.gateway = scene.gateway
        self.said: list[str] = []
        self.events = 0
        self.samples: list[Sample] = []
        assert scene.bot.process is not None
        self._process = psutil.Process(scene.bot.process.pid)
        self._clock = Clock()

    async def run(self, seconds: float) -> None:
        """All of it at once, for so long."""
        async with asyncio.TaskGroup() as together:
            talking = together.create_task(self._talk(seconds))
            breaking = together.create_task(self._break())
            measuring = together.create_task(self._measure())
            await asyncio.wait({talking})
            breaking.cancel()
            measuring.cancel()
        self.gateway.answer_well()
        self.wire.disarm()
        await self._connect()

    async def _talk(self, seconds: float) -> None:
        begun = self._clock.monotonic()
        while (passed := self._clock.monotonic() - begun) < seconds:
            while self.events < passed * A_SECOND:
                self.events += 1
                with contextlib.suppress(ConnectionClosed, AssertionError):  # said to the platform, not to the bot
                    await self._one()
            await asyncio.sleep(0.02)

    async def _one(self) -> None:
        gateway, kind = self.gateway, self.dice.random()
        if kind < 0.4:
            self.said.append(f"第{self.events}句")
            await gateway.group_message(GROUP, self.dice.choice((*AGREE, CADRE)), self.said[-1])
        elif kind < 0.7:
            await gateway.group_message(GROUP, 90000022, f"没同意的第{self.events}句")
        elif kind < 0.85:
            word = self.dice.choice(("同意 署名", "撤回 署名", "我的同意", "帮助", "看我的数据", "说点别的"))
            await gateway.private_message(self.dice.choice(list(YOUTHS)), word)
        elif kind < 0.95:
            await gateway.heartbeat()
        elif gateway.connected and kind < 0.955:
            await gateway.raw('{"post_type": ')
        else:
            await gateway.muted(GROUP, 90000022)
        if self.dice.random() < 0.02:
            gateway.script("*", self.dice.choice(BAD))

    async def _break(self) -> None:
        while True:
            await asyncio.sleep(self.dice.uniform(0, 4))
            way = self.dice.choice(("up", "down"))
            self.wire.cut_after(**{way: self.dice.randint(0, 4_000)}, abruptly=self.dice.random() < 0.5)
            with contextlib.suppress(TimeoutError):
                await self.wire.until_cut(5)
            self.wire.disarm()  # what a bad answer broke first must not break the next connection at once, for ever
            await asyncio.sleep(self.dice.uniform(0, 2))
            await self._connect()

    async def _connect(self) -> None:
        while not self.gateway.connected:
            with contextlib.suppress(OSError, EOFError, InvalidHandshake, ConnectionClosed, TimeoutError):
                await self.gateway.connect()

    async def _measure(self) -> None:
        wal = self.scene.bot.folder / "data" / "zhixin.db-wal"
        while True:
            await asyncio.sleep(SAMPLE_EVERY)
            self.samples.append(
                Sample(
                    self._process.memory_info().rss / 2**20,
                    self._process.num_fds(),
                    int((self.scene.bot.folder / TASKS).read_text(encoding="ascii") or 0),
                    wal.stat().st_size / 2**20 if wal.exists() else 0.0,
                )
            )

    # --- afterwards --------------------------------------------------------------------------------------------------

    def compared(self) -> tuple[Sequence[Sample], Sequence[Sample]]:
        """The first quarter after it has settled, and the last quarter."""
        settled = self.samples[int(len(self.samples) * SETTLED_AFTER) :]
        part = max(1, len(settled) // 4)
        return settled[:part], settled[-part:]

    def ages(self) -> float:
        """Seconds that a message waited in the outbox, but for one in a hundred."""
        path = self.scene.bot.folder / "data" / "zhixin.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            waited = database.execute(
                "SELECT sent_at - created_at FROM outbox WHERE state = 'sent' ORDER BY 1"
            ).fetchall()
        return waited[len(waited) * 99 // 100][0] / 1000

    async def check(self) -> None:
        """Each message once or in a told gap, the chain whole, nothing left waiting."""
        store = await self.scene.open_store()
        try:
            async with store.read() as session:
                rows = (await session.execute(select(TalkMessage))).scalars().all()
                texts = Counter([await store.vault.read(session, f"talk_messages:{r.id}:body", r.body) for r in rows])
                gaps = (await session.execute(select(Gap))).scalars().all()
                _, faults = await audit.verify(session, store.vault)
        finally:
            await store.close()
        assert faults == []
        assert max(texts.values()) == 1, "nothing twice"
        assert set(texts) <= set(self.said), "nothing that was not said, and nothing of those who did not agree"
        lost = len(set(self.said) - set(texts))
        untold = any(gap.missing is None for gap in gaps)
        assert lost == 0 or untold or lost <= sum(max(0, (gap.missing or 0) - gap.recovered) for gap in gaps), lost


async def _until_quiet(soak: Soak) -> None:
    """Until what was missed is in or told, and what is unknown was looked at again: nothing waits for a while."""
    path = soak.scene.bot.folder / "data" / "zhixin.db"
    quiet, waiting, kept = 0, -1, -1
    try:
        async with asyncio.timeout(900):
            while quiet < 5:
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
                    waiting = database.execute(WAITING).fetchone()[0]
                    kept = database.execute(KEPT).fetchone()[0]
                quiet = quiet + 1 if waiting == 0 and kept >= len(soak.said) else 0
                await asyncio.sleep(1)
    except TimeoutError:
        pytest.fail(f"{waiting} messages still wait, {len(soak.said) - kept} were neither kept nor told as missing")


async def test_half_an_hour_of_faults_leaves_everything_flat(
    tmp_path: Path, table: FaultTable, request: pytest.FixtureRequest
) -> None:
    minutes = float(str(request.config.getoption("--soak-minutes")))
    scene = await open_scene(tmp_path, kind=ObservedBot)
    try:
        await scene.says(CADRE, "/谈心 开始", in_group=True, expect="●")
        async with Wire(scene.bot.port) as wire:
            await scene.gateway.drop()
            scene.gateway.port = wire.port
            await scene.gateway.connect()
            soak = Soak(scene, wire, random.Random(20261202))
            await soak.run(minutes * 60)
            await _until_quiet(soak)
            await scene.gateway.close()
            assert await asyncio.to_thread(scene.bot.stop) == 0
        early, late = soak.compared()
        rss = [statistics.median(sample.rss for sample in part) for part in (early, late)]
        files = [statistics.median(sample.files for sample in part) for part in (early, late)]
        tasks = [statistics.median(sample.tasks for sample in part) for part in (early, late)]
        wal = max(sample.wal for sample in soak.samples)
        figure = f"RSS {rss[0]:.0f} → {rss[1]:.0f} MiB, files {files[0]:.0f} → {files[1]:.0f}, tasks {tasks[0]:.0f} → "
        figure += f"{tasks[1]:.0f}, WAL ≤ {wal:.1f} MiB, outbox age p99 {soak.ages():.0f} s"
        size = f"{minutes:.0f} min, {soak.events} events, {wire.cuts} drops"
        table.row(test="C2 soak", size=size, figure=figure)
        await soak.check()
        assert scene.bot.read_log().count(" ERROR ") == 0, "nothing broke"
        assert soak.events >= minutes * 60 * A_SECOND * 0.95, "the rate was held"
        assert rss[1] <= rss[0] * 1.05
        assert abs(files[1] - files[0]) <= 5
        assert abs(tasks[1] - tasks[0]) <= 5
        assert wal < 64
        assert soak.ages() < 300
    finally:
        await close_scene(scene)
