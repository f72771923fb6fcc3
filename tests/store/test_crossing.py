"""Two changes whose locks cross: one of them begins anew, and both are stored."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.store.crossing import TRIES, again
from bot.store.delivery import Setting
from bot.store.store import Store


async def crossing(store: Store) -> list[list[str]]:
    """Two units that lock two rows in opposite order, each once the other holds its first; what each saw at last."""
    async with store.unit() as unit:
        unit.session.add_all([Setting(name=name, value="", at=unit.now) for name in "ab"])
    both_hold = asyncio.Barrier(2)
    begun = [0, 0]

    async def change(which: int, first: str, second: str) -> list[str]:
        begun[which] += 1
        async with store.unit() as unit:
            for name in (first, second):
                row = (
                    await unit.session.execute(select(Setting).where(Setting.name == name).with_for_update())
                ).scalar_one()
                row.value = f"{row.value}{which}"
                await unit.session.flush()
                if name == first and begun[which] == 1:
                    await both_hold.wait()
        return []

    await asyncio.gather(again(lambda: change(0, "a", "b")), again(lambda: change(1, "b", "a")))
    async with store.read() as session:
        rows = (await session.execute(select(Setting.value).where(Setting.name.in_(("a", "b"))))).scalars().all()
    assert max(begun) == 2, "one of them was ended and began anew; on a busy machine the other too"
    return [sorted(value) for value in rows]


async def test_both_are_stored_though_one_was_ended(postgres_store: Store) -> None:
    assert await crossing(postgres_store) == [["0", "1"], ["0", "1"]]


@pytest.mark.parametrize(("state", "times"), [("40P01", TRIES), ("40001", TRIES), ("23505", 1), ("", 1)])
async def test_only_what_was_crossed_is_tried_again_and_not_for_ever(state: str, times: int) -> None:
    tried: list[int] = []

    async def work() -> None:
        tried.append(1)
        error = OSError()
        error.sqlstate = state  # type: ignore[attr-defined]
        raise OperationalError("", {}, error)

    with pytest.raises(DBAPIError):
        await again(work)
    assert len(tried) == times
