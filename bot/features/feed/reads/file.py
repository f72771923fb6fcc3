"""日历文件 of a subscription (RFC 5545): local time with its zone, read-only, the same bytes for the same calendar."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from bot.clock import SHANGHAI
from bot.core.rules.calendar import CalendarEntry
from bot.core.shipped import labels

PRODUCT: Final = "-//Zhixin//Calendar//ZH"
ZONE: Final = "Asia/Shanghai"
AGAIN: Final = timedelta(hours=6)
"""How often a program that subscribes may ask."""


def calendar_file(entries: Iterable[CalendarEntry], *, organ: bool) -> bytes:
    """All entries as one file."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", labels()["calendar_name"]["organ" if organ else "own"])
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add_component(_zone())
    for one in entries:
        calendar.add_component(_event(one))
    return calendar.to_ical()


def etag(content: bytes) -> str:
    """What names exactly these bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _zone() -> Timezone:
    """One offset: there was no summer time since 1991."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", datetime(1992, 1, 1))  # noqa: DTZ001 - the zone's own beginning is said without one
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(one: CalendarEntry) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", one.made_at.astimezone(UTC))
    event.add("sequence", one.revision)
    event.add("dtstart", _local(one.starts))
    # a day is said by the one after it; the end of a span of time by itself
    event.add("dtend", _local(one.ends) if isinstance(one.ends, datetime) else one.ends + timedelta(days=1))
    event.add("summary", one.title)
    if one.place:
        event.add("location", one.place)
    if one.note:
        event.add("description", one.note)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if isinstance(one.starts, datetime) else "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _local(when: datetime | date) -> datetime | date:
    return when.astimezone(SHANGHAI) if isinstance(when, datetime) else when
