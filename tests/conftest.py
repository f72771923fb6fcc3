"""Shared by all tests: nonebug without a loop of its own.

nonebug's session fixtures are coroutines of the session's loop, while our tests have one loop each; what they do is
done here without a loop. NoneBot's start-up hooks are not run: who needs them starts a whole bot.
"""

import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.said import Said, Shown

settings.register_profile("any", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")
"""Property tests see the same examples on every run, and no loaded machine is too slow for them."""


pytest_plugins = ["tests.played", "tests.databases", "tests.compiled", "tests.faults.report", "tests.processes"]


@pytest.fixture(scope="session", autouse=True)
def after_nonebot_init(_nonebot_init: None) -> None:
    """In place of nonebug's coroutine of the same name."""


@pytest.fixture(scope="session", autouse=True)
def nonebug_init(after_nonebot_init: None) -> None:
    """In place of nonebug's coroutine of the same name."""


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a third of the time tests wait for a disk, a child or a browser."""
    return (os.cpu_count() or 1) + 1


def pytest_assertrepr_compare(left: object, right: object) -> list[str] | None:
    """What was said instead."""
    if isinstance(left, Shown) and isinstance(right, Said):
        return [f"{left.template} == {right!r}", f"its fields: {left.data!r}", f"its words: {left}"]
    return None


@pytest.fixture(scope="session", autouse=True)
def without_pauses() -> Iterator[None]:
    """Two seconds between two questions for a history; the gateway of a test needs no rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.channels.backfill.PAUSE_SECONDS", 0.0)
        yield


LONG_FIRST = (
    "tests/faults/test_soak",
    "tests/contracts/test_authorisation",
    "tests/e2e/",
    "tests/browser/",
    "tests/faults/",
)
"""Files with few but long tests begin first, so that no processor waits for the last of them at the end."""


ON_SQLITE_BY_DAY = re.compile(r"tests/(plugins|chat)/|tests/features/\w+/test_chat")
"""What people see and type is the same on both databases; what is under it is tested on both for every commit."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the order but for the long ones."""
    for item in items:
        if ON_SQLITE_BY_DAY.match(item.nodeid) and "postgresql" in item.nodeid.rpartition("[")[2]:
            item.add_marker(pytest.mark.nightly)
    place = {prefix: number for number, prefix in enumerate(LONG_FIRST)}

    def rank(item: pytest.Item) -> int:
        return next((place[prefix] for prefix in LONG_FIRST if item.nodeid.startswith(prefix)), len(place))

    items.sort(key=rank)
