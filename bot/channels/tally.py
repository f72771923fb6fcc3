"""What the recorder counts in memory between two flushes, and how it is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import update

from bot.clock import SHANGHAI
from bot.core.rules.message import Incoming
from bot.features.talk.tables import Gap, Talk
from bot.store.chat import ChatDay
from bot.store.dialect import upsert
from bot.store.unit import Unit

LONGEST_BACKLOG: Final = timedelta(minutes=5)
"""A message that seems to be older when it is its turn was said by a platform whose clock is behind."""


@dataclass(slots=True)
class Tally:
    """One open talk: ``last_at`` says that there is something to write, ``heard`` how far the talk was heard."""

    not_stored: int = 0
    failed: int = 0
    failed_from: datetime | None = None
    last_at: datetime | None = None
    heard: datetime | None = None

    def hears(self, incoming: Incoming, now: datetime) -> None:
        """A message is looked at. What counts is when it was said: behind it others may stand unread."""
        said = said_at(incoming, now)
        self.last_at, self.heard = now, said if self.heard is None else max(self.heard, said)

    def misses(self, incoming: Incoming, now: datetime) -> None:
        """A message could not be looked at or stored."""
        self.misses_at(said_at(incoming, now), now)

    def misses_at(self, said: datetime, now: datetime) -> None:
        """The same, of a message of which no more is known."""
        self.not_stored += 1
        self.failed += 1
        self.last_at, self.failed_from = now, said if self.failed_from is None else min(self.failed_from, said)

    def add(self, older: "Tally") -> None:
        """Take back what could not be written."""
        self.not_stored += older.not_stored
        self.failed += older.failed
        self.failed_from = older.failed_from or self.failed_from
        self.hold(older)

    def hold(self, older: "Tally") -> None:
        """Keep how far it was heard for the next time."""
        self.last_at, self.heard = self.last_at or older.last_at, self.heard or older.heard


def said_at(incoming: Incoming, now: datetime) -> datetime:
    """When a message was said, by our clock: its own time, unless that cannot be."""
    if not incoming.sent_at:
        return now
    return min(now, max(datetime.fromtimestamp(incoming.sent_at, SHANGHAI), now - LONGEST_BACKLOG))


async def write_days(unit: Unit, days: Mapping[tuple[int, date], int]) -> None:
    """Add to the messages of each chat and day."""
    for (chat_id, day), number in days.items():
        row = upsert(unit.session, ChatDay).values(chat_id=chat_id, day=day, messages=number)
        await unit.session.execute(
            row.on_conflict_do_update(index_elements=["chat_id", "day"], set_={"messages": ChatDay.messages + number})
        )


async def write_tallies(unit: Unit, tallies: Iterable[tuple[int, Tally, datetime | None]]) -> None:
    """Add to the talks; the last value is how far each was heard, None: no further than before."""
    for talk_id, tally, heard in tallies:
        there = await unit.session.execute(
            update(Talk)
            .where(Talk.id == talk_id)
            .values(not_stored=Talk.not_stored + tally.not_stored, last_activity_at=heard or Talk.last_activity_at)
            .returning(Talk.id)
            .execution_options(synchronize_session=False)
        )
        if there.scalar_one_or_none() is not None and tally.failed:
            began = tally.failed_from or unit.now
            unit.session.add(Gap(talk_id=talk_id, why="failed", from_at=began, to_at=unit.now, missing=tally.failed))
