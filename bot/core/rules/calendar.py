"""日历条目: what a feature has to show in the calendar of a cadre or of an organ."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

BEHIND: Final = timedelta(days=31)
AHEAD: Final = timedelta(days=366)
"""How far back and how far ahead a calendar looks."""


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """谁的日历: of one person in office, or, with ``org_id``, of the organ that this person administers."""

    person_id: int
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """日历条目: ``uid`` stays the same for ever, ``revision`` rises with each change (RFC 5545, SEQUENCE).

    ``title`` and ``place`` are somebody's own words; where they name a youth, ``plain`` is said and no place.
    Without a time, ``starts`` and ``ends`` are days, the last one included. ``note``: what else is said, ours.
    """

    uid: str
    revision: int
    made_at: datetime
    starts: datetime | date
    ends: datetime | date
    title: str
    plain: str
    place: str = ""
    note: str = ""
    cancelled: bool = False
