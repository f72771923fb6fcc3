"""One due item that fails keeps no other waiting."""

from datetime import timedelta

import pytest

from bot.core.each import each
from bot.schedule import ticks
from bot.store.store import Store
from bot.store.unit import Unit
from tests.databases import NOW


async def test_what_follows_a_failing_item_is_done_and_only_that_one_is_left(store: Store) -> None:
    done: list[int] = []

    async def work(unit: Unit, item: int) -> int:
        if item == 1:
            raise RuntimeError("broken")
        done.append(item)
        return 1

    assert await each(store, NOW, [1, 2, 3], work, "item") == 2
    assert done == [2, 3]


async def test_one_crisis_that_fails_does_not_silence_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    async def due(*_: object, **__: object) -> list[int]:
        return [1, 2]

    async def tick(_unit: Unit, crisis_id: int) -> int:
        looked.append(crisis_id)
        if crisis_id == 1:
            raise RuntimeError("broken")
        return 1

    monkeypatch.setattr(ticks, "due_crises", due)
    monkeypatch.setattr(ticks, "tick_crisis", tick)
    assert await ticks.tick_crises(store, NOW + timedelta(hours=1)) == 1
    assert looked == [1, 2]
