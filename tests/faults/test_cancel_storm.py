"""D8: callers are cancelled around their commit; tried again with the same key, each effect is there exactly once."""

import asyncio
import random
from collections import Counter
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.store.store import Store
from bot.store.unit import Redelivered
from tests.faults.conftest import FaultTable, Scale
from tests.faults.numbered import act, look
from tests.patience import PATIENCE

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

SEED = 20261124
AT_ONCE = 12
LONGEST = 0.002
"""Seconds after the beginning of a commit in which its caller is cancelled: a sync takes one to three."""

Plan = tuple["asyncio.Task[None]", float | None]
_plan: ContextVar[list[Plan]] = ContextVar("plan")
"""The task of an act and how long after its commit begins it is cancelled; the commit runs in a task of its own."""


def cancel_at_commit(_connection: Any) -> None:
    """Called when a COMMIT is about to be sent."""
    for task, delay in _plan.get([]):
        if delay is not None:
            asyncio.get_running_loop().call_later(delay, task.cancel)


class Storm:
    """Acts that are cancelled, each at its own moment, and tried again."""

    def __init__(self, store: Store, dice: random.Random) -> None:
        self._store, self._dice = store, dice
        self._tasks = asyncio.Semaphore(AT_ONCE)
        self.seen: Counter[str] = Counter()

    async def one(self, number: int) -> None:
        """Cancel an act before, in or after its commit; twice now and then; then try it again until it is told."""
        async with self._tasks:
            plan: list[Plan] = []
            _plan.set(plan)
            task = asyncio.create_task(act(self._store, number))
            at_commit = self._dice.random() < 0.8
            plan.append((task, self._dice.uniform(0, LONGEST) if at_commit else None))
            if not at_commit:
                asyncio.get_running_loop().call_later(self._dice.uniform(0, LONGEST * AT_ONCE), task.cancel)
            elif self._dice.random() < 0.2:
                plan.append((task, self._dice.uniform(0, LONGEST)))
            (done,) = await asyncio.gather(task, return_exceptions=True)
            _plan.set([])
            if done is None:
                self.seen["came too late"] += 1
                return
            assert isinstance(done, asyncio.CancelledError), f"act {number}, seed {SEED}: {done!r}"
            self.seen["cancelled"] += 1
            try:
                await act(self._store, number)
            except Redelivered:
                self.seen["stored all the same"] += 1

    async def read(self) -> None:
        """A cancelled reader gives its connection back."""
        async with self._tasks:
            task = asyncio.create_task(self._slow_read())
            asyncio.get_running_loop().call_later(self._dice.uniform(0, LONGEST), task.cancel)
            await asyncio.gather(task, return_exceptions=True)

    async def _slow_read(self) -> None:
        async with self._store.read() as session:
            for _ in range(5):
                await session.execute(text("SELECT count(*) FROM event_keys"))


async def until_cancelled(storm: Storm, wanted: int) -> int:
    """Go on until so many were cancelled; returns how many acts that took."""
    begun = 0
    while storm.seen["cancelled"] < wanted:
        numbers = range(begun, begun + wanted - storm.seen["cancelled"])
        begun = numbers.stop
        await asyncio.gather(*(storm.one(n) for n in numbers), *(storm.read() for n in numbers if n % 10 == 0))
    return begun


async def hold_all(store: Store) -> None:
    """Every connection of the pools is there to be had, all at the same moment."""
    writers, readers = (engine.pool.size() for engine in (store.engines.writer, store.engines.reader))  # type: ignore[attr-defined]
    together = asyncio.Barrier(writers + (readers if store.engines.is_sqlite else 0))

    async def write() -> None:
        async with store.unit() as unit:
            await unit.session.execute(text("SELECT 1"))
            await together.wait()

    async def read() -> None:
        async with store.read() as session:
            await session.execute(text("SELECT 1"))
            await together.wait()

    async with asyncio.timeout(PATIENCE):
        shares = [write() for _ in range(writers)]
        if store.engines.is_sqlite:  # on PostgreSQL both share one pool
            shares += [read() for _ in range(readers)]
        await asyncio.gather(*shares)


async def test_cancelled_around_the_commit_and_tried_again_every_effect_is_there_once(
    any_store: Store, scale: Scale[int], table: FaultTable
) -> None:
    event.listen(any_store.engines.writer.sync_engine, "commit", cancel_at_commit)
    storm = Storm(any_store, random.Random(SEED))
    begun = await until_cancelled(storm, scale(300, 3000))
    await hold_all(any_store)
    found = await look(any_store)
    seen = storm.seen
    kind = any_store.engines.writer.dialect.name
    table.row(
        test=f"D8 cancel storm, {kind}",
        size=f"{seen['cancelled']} cancellations in {begun} acts",
        figure=f"{seen['stored all the same']} were stored all the same; each effect once; pool full again",
    )
    assert not found.faults, f"seed {SEED}: {found.faults[:5]}"
    assert found.acts == set(range(begun)), f"seed {SEED}"
    assert 0 < seen["stored all the same"] < seen["cancelled"], f"not around the commit: {seen}"
    for pool in {any_store.engines.writer.pool, any_store.engines.reader.pool}:
        assert pool.checkedout() == 0  # type: ignore[attr-defined]
