"""Notices that something new has come: the first few one by one, what follows in one (P22)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Unpack

from bot.core.rules.say import Say
from bot.store.outbox import Sending
from bot.store.unit import Unit

TOGETHER: Final = timedelta(minutes=30)
"""What is too much for notices of its own is told once in this time."""


@dataclass(frozen=True, slots=True)
class MoreArrived(Say):
    """To somebody who was told of several new things already: there are more, to be seen in 待办."""

    template: ClassVar[str] = "common/more_arrived"


@dataclass(frozen=True, slots=True)
class MoreChanged(Say):
    """To somebody who was told of several changes already: more of what they have has changed."""

    template: ClassVar[str] = "common/more_changed"


async def tell_change(unit: Unit, person_id: int, say: Say, **how: Unpack[Sending]) -> bool:
    """Tell a person what somebody has done to a thing that they have, or once that there is more of it."""
    if unit.speaker_id is None:
        return await unit.push_person(person_id, say, **how)
    return await tell_arrival(unit, person_id, say, of="change", more=MoreChanged(), **how)


async def tell_arrival(
    unit: Unit, person_id: int, say: Say, *, of: str, more: Say | None = None, **how: Unpack[Sending]
) -> bool:
    """Tell a person of one new thing of this kind, or once that there are more; False when they have no account."""
    if not unit.crowd.full((of, person_id, unit.speaker_id), unit.now):
        return await unit.push_person(person_id, say, **how)
    slot = int(unit.now.timestamp() // TOGETHER.total_seconds())
    end = unit.now + TOGETHER - timedelta(seconds=unit.now.timestamp() % TOGETHER.total_seconds())
    later = how.get("not_before") or end
    # Hashed: who brings much to whom is nobody's business.
    key = "more:" + unit.vault.mac("dedup", "more", of, person_id, unit.speaker_id or 0, slot).hex()
    return await unit.push_person(person_id, more or MoreArrived(), idem_key=key, not_before=max(later, end))
