"""These tests use SQLite without its thread."""

from collections.abc import Iterator

import pytest

from tests.inline import inline_sqlite


@pytest.fixture(scope="module", autouse=True)
def _inline() -> Iterator[None]:
    with inline_sqlite():
        yield
