"""进度 <A>: whether one activity counts, and what is missing yet; numbers of confirmations only from five up (P38)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import LEAST_PEOPLE
from bot.features.activity.reads.activity import ActivityLine, counts_of, find_organised, line_of
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.rules.integrity import Note
from bot.store.sealing import Vault


class StillMissing(StrEnum):
    """还差什么: it has not begun, its process, one youth's word; or nothing."""

    BEGIN = "begin"
    PROCESS = "process"
    CONFIRMATION = "confirmation"
    NOTHING = "nothing"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Standing(Say):
    """How one activity stands; ``confirmed`` None: fewer than five, so no number is shown."""

    template: ClassVar[str] = "activity/standing"
    line: ActivityLine
    missing: StillMissing
    confirmed: int | None
    late: bool
    asks: bool
    notes: tuple[Note, ...]
    explained: bool


async def standing_of(session: AsyncSession, vault: Vault, actor: Actor, number: int, now: datetime) -> Standing:
    """For who organises it."""
    activity = await find_organised(session, actor, number)
    counts = await counts_of(session, activity.id)
    confirmed = counts[PartState.CONFIRMED]
    if activity.state == ActivityState.CANCELLED:
        missing = StillMissing.CANCELLED
    elif activity.state == ActivityState.OPEN:
        missing = StillMissing.BEGIN if now < activity.starts_at else StillMissing.PROCESS
    else:
        missing = StillMissing.NOTHING if confirmed else StillMissing.CONFIRMATION
    return Standing(
        await line_of(session, vault, activity, now),
        missing,
        confirmed if confirmed >= LEAST_PEOPLE else None,
        activity.late,
        activity.settled_at is None,
        tuple(Note(note) for note in activity.notes.split()),
        activity.explained is not None,
    )
