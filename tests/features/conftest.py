"""These tests use SQLite without its thread; property tests of rules see the same examples on every run."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.inline import inline_sqlite

settings.register_profile("rules", deadline=None, derandomize=True)
settings.load_profile("rules")


@pytest.fixture(scope="module", autouse=True)
def _inline() -> Iterator[None]:
    with inline_sqlite():
        yield
