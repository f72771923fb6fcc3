"""Reactions: every feature that declared one is told, in the order of the features; nobody else is."""

from dataclasses import dataclass

import pytest

from bot.core.acts import react
from bot.core.acts.react import happened
from bot.core.feature import Feature, Reaction
from bot.store.store import Store
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Moved:
    """Something moved."""

    what: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Something ended."""


async def test_whoever_declared_a_reaction_is_told_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []

    async def first(unit: Unit, event: Moved) -> None:
        told.append(("first", event.what))

    async def second(unit: Unit, event: Moved) -> None:
        told.append(("second", event.what))

    async def other(unit: Unit, event: Ended) -> None:
        told.append(("other", 0))

    declared = (
        Feature("a", reactions=(Reaction(Moved, first), Reaction(Ended, other))),
        Feature("b"),
        Feature("c", reactions=(Reaction(Moved, second),)),
    )
    monkeypatch.setattr(react, "features", lambda: declared)
    async with store.unit() as unit:
        await happened(unit, Moved(7))
    assert told == [("first", 7), ("second", 7)]
