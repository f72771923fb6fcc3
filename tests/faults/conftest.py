"""Sizes and figures of the fault tests.

A test that has a size for every commit and a longer one for the night is marked with both words:

    pytestmark = [pytest.mark.ci, pytest.mark.nightly]

    async def test_drops(scale, table) -> None:
        drops = scale(20, 500)
        ...
        table.row(test="N1 WS drops", size=f"{drops} drops", figure="pending unknown within 3 ms")

``nightly`` alone is for what has no short size. A plain test needs neither mark.
"""

from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.faults.dying import dying_writer
from tests.faults.report import PROPERTY, is_nightly

__all__ = ["dying_writer"]
T = TypeVar("T")
Scale = Callable[[T, T], T]


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Callable[[T, T], T]:
    """``scale(ci, nightly)``: the first in a normal run, the second with ``pytest -m nightly``."""
    long = is_nightly(request.config)

    def chosen(ci: T, nightly: T) -> T:
        return nightly if long else ci

    return chosen


class FaultTable:
    """Lines of the table that the run prints at its end."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def row(self, *, test: str, size: str, figure: str) -> None:
        """One line; its result is that of the test which writes it. Write it before what may fail, and again after."""
        self._node.user_properties[:] = [
            (name, value)
            for name, value in self._node.user_properties
            if not (name == PROPERTY and isinstance(value, dict) and value["test"] == test)
        ]
        self._node.user_properties.append((PROPERTY, {"test": test, "size": size, "figure": figure}))


@pytest.fixture
def table(request: pytest.FixtureRequest) -> FaultTable:
    """Where a test writes what it measured."""
    return FaultTable(request.node)
