"""Every declared tick isolates its items, and none keeps another from running (D2)."""

from dataclasses import replace
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.core.feature import Look, Tick, features
from bot.core.installation import Installation
from bot.schedule.runner import Schedule
from bot.schedule.ticks import DueWork, all_ticks
from bot.store.store import Store
from bot.store.unit import Unit

DECLARED = [tick for feature in features() for tick in feature.ticks]
OPEN = {"office_hours": False, "daily": None}
"""Whatever hour it is."""


def test_a_tick_is_named_after_its_feature_and_no_name_is_there_twice() -> None:
    for feature in features():
        assert {tick.name.partition(".")[0] for tick in feature.ticks} <= {feature.name}
    assert len({tick.name for tick in DECLARED}) == len(DECLARED)


@pytest.mark.parametrize("tick", DECLARED, ids=lambda tick: tick.name)
async def test_one_item_that_fails_keeps_no_other_waiting(store: Store, clock: ManualClock, tick: Tick[Any]) -> None:
    """The declared tick with two due items of which the first breaks, whatever it was to do."""
    tried: list[str] = []

    async def due(_session: Any, _look: Look) -> list[str]:
        return ["breaks", "goes on"]

    async def each(_unit: Unit, item: str, _look: Look) -> int:
        tried.append(item)
        if item == "breaks":
            raise ZeroDivisionError
        return 0

    work = DueWork(store, replace(tick, due=due, each=each, **OPEN), Installation())
    for _ in range(2):
        await work(clock.now())
    assert tried[:2] == ["breaks", "goes on"]
    assert tried[2:] == (["breaks"] if tick.every else ["breaks", "goes on"]), "the next wake tries what failed again"


@pytest.mark.parametrize("tick", DECLARED, ids=lambda tick: tick.name)
async def test_a_tick_that_cannot_look_keeps_no_other_from_running(
    store: Store, clock: ManualClock, tick: Tick[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    works = all_ticks(store)
    for name, work in works.items():
        if isinstance(work, DueWork):

            async def due(_session: Any, _look: Look, name: str = name) -> list[Any]:
                looked.append(name)
                if name == tick.name:
                    raise ZeroDivisionError
                return []

            monkeypatch.setattr(work, "_tick", replace(work._tick, due=due, **OPEN))
    await Schedule(clock, works).tick()
    assert set(looked) == {one.name for one in DECLARED}
