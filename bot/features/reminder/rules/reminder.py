"""提醒 What a reminder is, when it goes out and when it is too late for it (commands.md, Reminders)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.lunar import solar_term
from bot.core.rules.night import in_quiet_hours, morning
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.when import Occurrence, Repeat
from bot.core.rules.workdays import Workdays

MAX_WORDS: Final = 300
MOST_OWN: Final = 50
"""Reminders that one person may have going at once."""
GRACE: Final = timedelta(hours=12)
"""How late an occurrence still goes out; after that its owner is told that it was missed."""
MOST_MISSED: Final = 400
"""Occurrences of one reminder that are entered as missed after a long time off; older ones are only passed over."""
SHOWN: Final = 3
"""Dates that a receipt names."""
GRAVE_DAYS: Final = ((9, 18), (9, 30), (12, 13))
LATE_AFTER: Final = timedelta(minutes=10)
"""What comes later than this says that it is late."""


class ReminderState(StrEnum):
    """提醒的状态: going, stopped for a while, over by itself, or deleted."""

    GOING = "going"
    STOPPED = "stopped"
    OVER = "over"
    DELETED = "deleted"


class OccurrenceState(StrEnum):
    """一次的状态: planned, handed to the sender; then sent, late, missed, skipped or cancelled, with why.

    ``unsure``: nobody can know whether it arrived; it is not said twice (reliability section 6).
    """

    PLANNED = "planned"
    HANDED = "handed"
    SENT = "sent"
    LATE = "late"
    MISSED = "missed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNSURE = "unsure"


class WhyNot(StrEnum):
    """为什么没发: why an occurrence was missed, skipped or cancelled."""

    ASKED = "asked"
    """Somebody said 这次不发."""
    DOWN = "down"
    """The bot was off for longer than the grace."""
    NEWER = "newer"
    """A later occurrence of the same reminder was due as well."""
    CHANGED = "changed"
    STOPPED = "stopped"
    UNREACHED = "unreached"
    """The group or the person cannot be reached."""
    MOVED = "moved"
    """The official workdays of its year put it on another day."""
    GRAVE_DAY = "grave_day"
    """A cheerful text on a day of mourning."""


class ReminderNotFound(NotFound):
    """No such reminder of yours."""

    code = "reminder.not_found"


class ReminderNotHost(Refusal):
    """A group that this person does not look after."""

    code = "reminder.not_host"


class ReminderTooLong(Refusal):
    """Its words are too long."""

    code = "reminder.too_long"


class ReminderTooMany(Refusal):
    """This person has too many going at once."""

    code = "reminder.too_many"


class ReminderSecret(Refusal):
    """Words that carry a secrecy marking."""

    code = "reminder.secret"


class ReminderPrivate(Refusal):
    """Words for a group that hold somebody's private details."""

    code = "reminder.private"


class ReminderPast(Refusal):
    """A time that is over."""

    code = "reminder.past"


class ReminderIsOver(Refusal):
    """It has no occurrence left that could be stopped, started or skipped."""

    code = "reminder.over"


@dataclass(frozen=True, slots=True)
class Timing:
    """什么时候: once at an instant, or again and again."""

    begins_at: datetime
    repeat: Repeat | None = None

    def after(self, moment: datetime, workdays: Workdays) -> Occurrence | None:
        """The next occurrence, strictly later than ``moment``."""
        if self.repeat is not None:
            return self.repeat.after(moment, workdays)
        return Occurrence(self.begins_at) if self.begins_at > moment else None

    def coming(self, moment: datetime, workdays: Workdays, most: int = SHOWN) -> list[Occurrence]:
        """The next ones, at most so many."""
        if self.repeat is not None:
            return self.repeat.coming(moment, workdays, most)
        return [Occurrence(self.begins_at)] if self.begins_at > moment else []


def goes_at(due: datetime, *, to_group: bool) -> datetime:
    """When it goes out: into a group after the quiet hours; for oneself at its minute (P22)."""
    return morning(due) if to_group and in_quiet_hours(due) else due


def is_late(due_out: datetime, now: datetime) -> bool:
    """Whether it comes so late that it says so."""
    return now - due_out > LATE_AFTER


def too_late(due_out: datetime, now: datetime) -> bool:
    """Whether nobody wants it any more."""
    return now - due_out > GRACE


def is_grave_day(on: date) -> bool:
    """礼仪日: a day of mourning, on which nothing cheerful is said: 清明, 9/18, 9/30, 12/13."""
    return (on.month, on.day) in GRAVE_DAYS or (on.month == 4 and on == solar_term(on.year, "清明"))
