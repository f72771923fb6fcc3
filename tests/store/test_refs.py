"""References: scattered, unique, and longer when the short ones are half used."""

import pytest
from sqlalchemy import insert, select

import bot.store.refs as refs
from bot.store.chat import RefNumber
from bot.store.refs import RefsExhausted, new_ref
from bot.store.store import Store


async def use(store: Store, numbers: range, letter: str = "W") -> None:
    """These references are in use."""
    async with store.unit() as unit:
        await unit.session.execute(insert(RefNumber), [{"letter": letter, "number": n} for n in numbers])


async def draw(store: Store, count: int, letter: str = "W") -> list[int]:
    async with store.unit() as unit:
        return [await new_ref(unit, letter) for _ in range(count)]


async def test_references_are_unique_and_scattered(any_store: Store) -> None:
    drawn = await draw(any_store, 60)
    assert len(set(drawn)) == 60
    assert all(1000 <= number <= 9999 for number in drawn)
    assert drawn != sorted(drawn)
    assert max(drawn) - min(drawn) > 4500, "60 numbers that span less than half are no draw"
    async with any_store.read() as session:
        assert set((await session.execute(select(RefNumber.number))).scalars()) == set(drawn)


async def test_what_is_used_is_never_given_again_and_longer_ones_come(store: Store) -> None:
    await use(store, range(1000, 10_000))
    assert min(await draw(store, 40)) >= 10_000


async def test_another_letter_has_its_own_numbers(store: Store) -> None:
    await use(store, range(1000, 10_000))
    assert max(await draw(store, 20, "V")) <= 9999


async def test_the_last_free_numbers_are_found_and_then_it_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refs, "WIDTHS", (1, 2))
    monkeypatch.setattr(refs, "TRIES", 1000)
    assert sorted(await draw(store, 99)) == list(range(1, 100))
    with pytest.raises(RefsExhausted):
        await draw(store, 1)
