"""What became of something that one person sent to another: it waits, or it did not arrive. Nobody is left to guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.rules.say import Say
from bot.store.outbox import Outgoing
from bot.store.unit import Unit

LATE: Final = timedelta(minutes=10)
"""So long something may wait for a bot that is away before whoever sent it is told."""


@dataclass(frozen=True, slots=True)
class StillWaits(Say):
    """To who sent something: no bot that the other one knows is connected; it goes out once one is."""

    template: ClassVar[str] = "common/still_waits"
    what: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class NotArrived(Say):
    """To who sent something: the platform did not take it, and it is not tried again."""

    template: ClassVar[str] = "common/not_arrived"
    what: str


async def tell_waits(unit: Unit, row: Outgoing) -> bool:
    """Tell its sender, once, that this still waits."""
    return await _tell(unit, row, StillWaits(row.by[1], row.since), "waits") if row.by is not None else False


async def tell_lost(unit: Unit, row: Outgoing) -> bool:
    """Tell its sender, once, that this did not arrive."""
    return await _tell(unit, row, NotArrived(row.by[1]), "lost") if row.by is not None else False


async def _tell(unit: Unit, row: Outgoing, say: Say, word: str) -> bool:
    if row.by is None:
        return False
    # Hashed: the row says to whom it goes, and must not lead to the row of what that person sent.
    key = f"{word}:" + unit.vault.mac("dedup", word, row.id).hex()
    return await unit.push_person(row.by[0], say, idem_key=key, priority=2)
