"""日历文件 (.ics): an activity as an entry of a calendar (RFC 5545); a later SEQUENCE replaces the one before it."""

from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event

from bot.core.shipped import labels
from bot.features.activity.reads.activity import ActivityLine
from bot.features.activity.reads.kinds import entry_words
from bot.features.activity.rules.activity import ActivityState

NAME: Final = "A{}.ics"
PRODUCT: Final = "-//Zhixin//Activities//ZH"


def entry(line: ActivityLine, activity_id: int, revision: int, now: datetime) -> bytes:
    """What, when and where, and that nobody has to come; no name of anybody. Cancelled: the entry says so."""
    event = Event()
    event.add("uid", f"activity-{activity_id}@zhixin")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", revision)
    event.add("dtstart", line.starts_at.astimezone(UTC))
    event.add("dtend", line.ends_at.astimezone(UTC))
    event.add("summary", line.topic or labels()["activity_kind"][line.kind])
    if line.place:
        event.add("location", line.place)
    event.add("description", entry_words().format(ref=f"A{line.ref}"))
    event.add("status", "CANCELLED" if line.state is ActivityState.CANCELLED else "CONFIRMED")
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
