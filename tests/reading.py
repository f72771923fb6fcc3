"""Audited reads in tests: read and logged in one unit; the router's way is in ``tests/chat/test_audited.py``."""

from collections.abc import Awaitable
from typing import Any

from bot.core.acts.log_reading import log_reading
from bot.core.reads.audited import Seen
from bot.core.rules.people import Actor
from bot.store.unit import Unit


async def logged(unit: Unit, actor: Actor, read: Awaitable[Any]) -> Any:
    """What this actor is shown once the reading is logged."""
    found = await read
    return await log_reading(unit, actor, found) if isinstance(found, Seen) else found
