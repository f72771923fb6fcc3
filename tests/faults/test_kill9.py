"""D1 and C1: a whole bot killed or stopped in the middle of everything; what was shown is there, once, afterwards."""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed

from bot.core.tables import Consent, Receipt
from bot.features.talk.tables import Gap, TalkMessage
from bot.store.store import Store
from tests.e2e.scene import AGREE, CADRE, GROUP, Scene, close_scene, open_scene
from tests.faults.conftest import FaultTable, Scale
from tests.faults.drill import Drill, examine
from tests.gateway import private
from tests.processes import DrilledBot

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(1800)]

SEED = 20261124
GONE_WITHIN = 15.0
TICK = 0.2
"""Seconds between two looks of the schedule."""
PAUSE = 0.05
"""Seconds between two pages of a history."""
SPEAKERS = (*AGREE, CADRE)
EACH_TIME = 40
"""Things said between two starts; half of them in the talk, of which the history tells the last fifty messages."""
WAITING = "SELECT count(*) FROM outbox WHERE state IN ('ready', 'leased') OR (state = 'unknown' AND cls = 'L')"


async def reaches(reached: Callable[[], bool], timeout: float) -> None:
    """Ask the database of another process until it is so; it tells nobody when."""
    async with asyncio.timeout(timeout):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@dataclass(slots=True)
class Load:
    """People who never stop: words in the talk, commands, consents given and taken back, events delivered twice."""

    scene: Scene
    noted: Drill
    dice: random.Random
    said: dict[str, int] = field(default_factory=dict)
    """What was said in the talk, and at which second."""
    consents: int = 0
    left: int = 0
    """How much is still said until the process is started again: what waits must not grow from start to start."""
    in_gaps: int = 0

    async def goes_on(self) -> None:
        """Until cancelled."""
        gateway, dice = self.scene.gateway, self.dice
        while True:
            gateway.delay = dice.choice((0.0, 0.0, 0.01, 0.03))
            if self.left:
                self.left -= 1
                with suppress(ConnectionClosed):  # said all the same: the platform's history has it
                    await self._one()
            await asyncio.sleep(dice.uniform(0, 0.02))  # people take their time

    async def _one(self) -> None:
        gateway, dice = self.scene.gateway, self.dice
        match dice.randrange(6):
            case 0 | 1 | 2:
                text = f"第{len(self.said)}句"
                self.said[text] = gateway.now()
                await gateway.group_message(GROUP, dice.choice(SPEAKERS), text)
            case 3:
                await self.noted.note(dice.choice(AGREE))
            case 4:
                self.consents += 1
                await gateway.private_message(AGREE[0], "撤回 署名" if self.consents % 2 else "同意 署名")
            case 5 if self.noted.events:
                await self.noted.again(dice.choice(list(self.noted.events)))
            case _:
                pass

    def rows(self, statement: str) -> int:
        """Ask the database from outside."""
        path = self.scene.bot.folder / "data" / "zhixin.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as connection:
            return connection.execute(statement).fetchone()[0]

    def missing(self) -> int:
        """Messages that the database does not hold yet."""
        return len(self.said) - self.rows("SELECT count(*) FROM talk_messages")

    async def begins(self) -> None:
        """Let people speak again; if much is missing, once it was brought in."""
        if self.missing() > EACH_TIME // 2:
            with suppress(TimeoutError):
                await reaches(lambda: self.missing() <= 0, 20)
        self.left = EACH_TIME

    async def drains(self) -> None:
        """Wait until what was missed is brought in (or told as a gap) and nothing waits to be sent."""
        with suppress(TimeoutError):
            await reaches(lambda: self.missing() <= 0, 20)
        await reaches(lambda: self.rows(WAITING) == 0, 60)


@asynccontextmanager
async def under_load(folder: Path, dice: random.Random) -> AsyncIterator[Load]:
    """A bot, a talk, and people who go on until the block ends; then everything is brought to rest and examined."""
    kind = partial(DrilledBot, about={"cadre": CADRE, "tick": TICK, "pause": PAUSE})
    scene = await open_scene(folder, kind=kind)
    try:
        await scene.says(CADRE, "/谈心 开始 夜班", in_group=True, expect="●")
        load = Load(scene, Drill(scene.gateway, CADRE), dice)
        going = asyncio.create_task(load.goes_on())
        try:
            yield load
        finally:
            going.cancel()
            await asyncio.wait({going})
        scene.gateway.delay = 0
        await load.drains()
        await scene.gateway.close()
        assert await asyncio.to_thread(scene.bot.stop) == 0
        store = await scene.open_store()
        try:
            await holds(store, load)
        finally:
            await store.close()
    finally:
        await close_scene(scene)


async def holds(store: Store, load: Load) -> None:
    """The invariants of reliability section 14."""
    seed = f"seed {SEED}"
    kept = await examine(store, load.noted)
    assert kept.faults == [], seed
    assert {state.split()[1] for state in kept.states} <= {"sent", "unknown", "failed"}, f"{seed}: {kept.states}"
    async with store.read() as session:
        rows = (await session.execute(select(TalkMessage))).scalars().all()
        texts = Counter([await store.vault.read(session, f"talk_messages:{r.id}:body", r.body) for r in rows])
        gaps = (await session.execute(select(Gap))).scalars().all()
        receipts = set((await session.execute(select(Receipt.number))).scalars())
        consents = (await session.execute(select(Consent).where(Consent.scope == "named_use"))).scalars().all()
    assert texts <= Counter(load.said.keys()), f"{seed}: each message once"
    lost = [
        text
        for text, at in load.said.items()
        if text not in texts
        and not any(g.missing != 0 and g.from_at.timestamp() - 1 <= at <= g.to_at.timestamp() for g in gaps if g.to_at)
    ]
    told = [(g.why, g.from_at, g.to_at, g.missing, g.recovered) for g in gaps]
    assert lost == [], f"{seed}: stored once, or in a gap that is told: {[(x, load.said[x]) for x in lost]}, {told}"
    load.in_gaps = len(load.said) - sum(texts.values())
    shown = "\n".join(one.text for one in load.scene.gateway.shown[private(AGREE[0])])
    numbers = set(re.findall(r"\b[A-Z]-\d{8}-\d{4}", shown))
    assert numbers, "receipts were shown"
    assert numbers <= receipts, f"{seed}: no receipt without its effect"
    assert sum(c.withdrawn_at is None for c in consents) <= 1, seed


async def end_and_begin(load: Load, end: Callable[[], int | None], expect: int | None) -> tuple[float, float]:
    """At some moment the process ends, and is started again: seconds until it was gone, and until it is connected."""
    loop, scene = asyncio.get_running_loop(), load.scene
    await load.begins()
    await asyncio.sleep(load.dice.uniform(0.05, 0.5))  # that moment
    begun = loop.time()
    assert await asyncio.to_thread(end) == expect, f"seed {SEED}"
    await scene.gateway.drop()
    gone = loop.time()
    await scene.restart()
    return gone - begun, loop.time() - gone


def figure(load: Load) -> str:
    gaps = f", {load.in_gaps} in gaps" if load.in_gaps else ""
    return f"{len(load.said)} messages once each{gaps}, {len(load.noted.events)} commands, 0 receipts without effect"


async def test_killed_at_any_moment_nothing_shown_is_lost_and_nothing_is_double(
    tmp_path: Path, scale: Scale[int], table: FaultTable
) -> None:
    kills = scale(30, 200)
    async with under_load(tmp_path, random.Random(SEED)) as load:
        times = [await end_and_begin(load, load.scene.bot.kill, None) for _ in range(kills)]
    longest = max(start for _, start in times)
    table.row(test="D1 kill -9", size=f"{kills} kills", figure=f"{figure(load)}; ready again within {longest:.1f} s")


async def test_told_to_stop_in_the_middle_of_everything_it_is_gone_in_time_and_loses_nothing(
    tmp_path: Path, scale: Scale[int], table: FaultTable
) -> None:
    stops = scale(5, 50)
    async with under_load(tmp_path, random.Random(SEED)) as load:
        times = [await end_and_begin(load, load.scene.bot.stop, 0) for _ in range(stops)]
    longest = max(gone for gone, _ in times)
    table.row(test="C1 SIGTERM", size=f"{stops} stops", figure=f"{figure(load)}; gone within {longest:.1f} s")
    assert longest < GONE_WITHIN
