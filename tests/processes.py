"""Bots that are forked instead of loaded: a start takes a fifth of the time, so that many of them can be killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.live import LiveBot, Process
from tests.nursery import Nursery


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Iterator[Nursery]:
    """The process from which all others are forked; it is begun when the first is asked for."""
    LiveBot.nursery = Nursery()
    yield LiveBot.nursery
    LiveBot.nursery.close()
    LiveBot.nursery = None


class OperatorsBot(LiveBot):
    """Started by an interpreter of its own, as an operator does."""

    nursery = None


class DrilledBot(LiveBot):
    """A whole bot that knows the drill's command; ``about`` is what differs from ``zhixin run``."""

    def __init__(self, folder: Path, *, about: dict[str, Any], **env: str) -> None:
        super().__init__(folder, **env)
        self.about = about

    @override
    def begin(self) -> Process:
        return self.fork("tests.faults.children:drilled_bot", self.log, self.about)
