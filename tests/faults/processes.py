"""Fixtures of the fault tests that need processes."""

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """One loaded process from which all others are forked."""
    loaded = Nursery()
    yield loaded
    loaded.close()
