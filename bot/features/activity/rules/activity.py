"""活动: states, seats, the waiting list, check-in windows, and what makes an activity count (R2.9, P35, P38, P39)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.refusal import Refusal

USUAL_LENGTH: Final = timedelta(hours=2)
"""How long an activity lasts where nobody says an end (commands.md)."""
LONGEST: Final = timedelta(days=31)
MOST_SEATS: Final = 9_999
MAX_PLACE: Final = 40
MAX_TOPIC: Final = 100
MAX_PROCESS: Final = 500
MAX_REASON: Final = 100
CODE_BEFORE: Final = timedelta(minutes=30)
CODE_AFTER: Final = timedelta(hours=2)
CODE_RENEWED: Final = timedelta(minutes=10)
TRIES: Final = 5
TRIES_WITHIN: Final = timedelta(minutes=10)
COME_WITHIN: Final = timedelta(minutes=10)
"""So long after its announcement a bare 来 in the group means it."""
HOLD: Final = timedelta(hours=12)
"""A seat that somebody was moved up to waits so long for whoever cannot be reached; less near the start."""
NEAR: Final = timedelta(hours=2)
"""So near the start whoever is moved up is told and need not answer."""
CONFIRM_LIFE: Final = timedelta(days=7)
LATE_AFTER: Final = timedelta(days=7)
"""Entered later than this after its end it is marked 补录 (P39)."""
QUIET_FROM: Final = 22
QUIET_TO: Final = 8


class ActivityState(StrEnum):
    """活动状态: announced, over with its process given, or cancelled."""

    OPEN = "open"
    ENDED = "ended"
    CANCELLED = "cancelled"


class PartState(StrEnum):
    """参加状态: sign-up is not attendance, attendance is not confirmation. Who leaves has no state: nothing is kept."""

    SIGNED_UP = "signed_up"
    WAITING = "waiting"
    CHECKED_IN = "checked_in"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


SEATED: Final = (PartState.SIGNED_UP, PartState.CHECKED_IN)
"""States that take a seat."""
COMING: Final = (PartState.SIGNED_UP, PartState.WAITING, PartState.CHECKED_IN)
"""States that hang on what becomes of the activity."""


class Field(StrEnum):
    """活动的一项: what can be said of an activity, and changed."""

    KIND = "kind"
    TIME = "time"
    PLACE = "place"
    TOPIC = "topic"
    SEATS = "seats"
    PROCESS = "process"
    PRESENT = "present"


class ActivityNotFound(Refusal):
    """No such activity, or none of one's own; the two read alike."""

    code = "activity.not_found"


class WhichOwn(Refusal):
    """None of one's own, or several, can be meant; field ``refs``."""

    code = "activity.which_own"


class ActivityOver(Refusal):
    """It has begun, is over or was cancelled; fields ``ref``, ``state``."""

    code = "activity.over"


class ActivityWrongTime(Refusal):
    """An end before its start, or too long; fields ``most_days``."""

    code = "activity.wrong_time"


class ActivityPast(Refusal):
    """A start that has passed, for something that is still to come."""

    code = "activity.past"


class ActivityTooLong(Refusal):
    """More words than fit; fields ``what``, ``most``."""

    code = "activity.too_long"


class ActivityPrivate(Refusal):
    """A phone, identity or bank number in what everybody reads (P6)."""

    code = "activity.private"


class ActivitySecret(Refusal):
    """A secrecy marking (P37)."""

    code = "activity.secret"


class ActivityWrongSeats(Refusal):
    """No number of seats; field ``most``."""

    code = "activity.wrong_seats"


def seats_left(capacity: int | None, seated: int) -> int | None:
    """Free seats; None where nobody limits them, zero where more sit than there are seats (a lowered cap)."""
    return None if capacity is None else max(0, capacity - seated)


def new_part(capacity: int | None, seated: int, waiting: int) -> PartState:
    """A seat, or the end of the waiting list: nobody overtakes who waits."""
    free = seats_left(capacity, seated)
    if free is None or (free > 0 and waiting == 0):
        return PartState.SIGNED_UP
    return PartState.WAITING


def to_promote(capacity: int | None, seated: int, waiting: int) -> int:
    """How many of those who wait get a seat now."""
    free = seats_left(capacity, seated)
    return waiting if free is None else min(free, waiting)


def can_join(state: ActivityState, starts_at: datetime, now: datetime) -> bool:
    """Whether seats are still given: until it begins."""
    return state is ActivityState.OPEN and now < starts_at


def hold_until(starts_at: datetime, now: datetime, limit: timedelta = HOLD) -> datetime:
    """Until when a seat is kept for whoever could not be told of it: half the time to the start at most."""
    return now + min(limit, max(timedelta(), (starts_at - now) / 2))


def code_from(starts_at: datetime) -> datetime:
    """From when on a code is given out."""
    return starts_at - CODE_BEFORE


def code_until(ends_at: datetime) -> datetime:
    """Until when a code is valid, that very instant included."""
    return ends_at + CODE_AFTER


def can_check_in(state: ActivityState, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether codes of it are given out and taken; its process may have been entered meanwhile."""
    return state is not ActivityState.CANCELLED and code_from(starts_at) <= now <= code_until(ends_at)


def renews(made_at: datetime, now: datetime) -> bool:
    """Whether asking again gives a new code; the old one stays valid until its end."""
    return now - made_at >= CODE_RENEWED or now < made_at


def is_late(ends_at: datetime, entered_at: datetime) -> bool:
    """补录: more than seven days after the end, exactly seven are in time."""
    return entered_at - ends_at > LATE_AFTER


def in_quiet_hours(now: datetime) -> bool:
    """Between 22:00 and 08:00."""
    return now.hour >= QUIET_FROM or now.hour < QUIET_TO


def morning(now: datetime) -> datetime:
    """When the quiet hours around ``now`` end."""
    day = now.date() if now.hour < QUIET_TO else now.date() + timedelta(days=1)
    return datetime.combine(day, time(QUIET_TO), now.tzinfo)


def tells_at_once(starts_at: datetime, now: datetime) -> bool:
    """Whether a promotion is told although it is night: by the morning it would have begun (P22)."""
    return in_quiet_hours(now) and starts_at <= morning(now)


@dataclass(frozen=True, slots=True)
class Plan:
    """活动安排: what an announcement says; None: not said yet, or (``seats``) without a limit."""

    kind: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str | None = None
    topic: str | None = None
    seats: int | None = None

    def missing(self) -> Sequence[Field]:
        """What must still be asked for, in the order in which it is."""
        told = {Field.KIND: self.kind, Field.TIME: self.starts_at, Field.PLACE: self.place, Field.TOPIC: self.topic}
        return [field for field, value in told.items() if not value]


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Refuses ``activity.wrong_time``."""
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise ActivityWrongTime(most_days=LONGEST.days)
