"""Audited reads in tests: read and logged in one unit; the router's way is in ``tests/chat/test_audited.py``."""

from collections.abc import Awaitable
from typing import Any

import pytest

from bot.core.acts.log_reading import log_reading
from bot.core.reads.audited import Seen
from bot.core.rules.people import Actor
from bot.store.sealing import Vault
from bot.store.unit import Unit


async def logged(unit: Unit, actor: Actor, read: Awaitable[Any]) -> Any:
    """What this actor is shown once the reading is logged."""
    found = await read
    return await log_reading(unit, actor, found) if isinstance(found, Seen) else found


def watch_opening(vault: Vault, monkeypatch: pytest.MonkeyPatch, table: str) -> set[str]:
    """The rows of a table of which something is opened from now on, by their ids."""
    rows: set[str] = set()
    plain = vault.open_bytes

    def open_bytes(place: str, sealed: bytes) -> bytes | None:
        at, row, _ = place.split(":")
        if at == table:
            rows.add(row)
        return plain(place, sealed)

    monkeypatch.setattr(vault, "open_bytes", open_bytes)
    return rows
