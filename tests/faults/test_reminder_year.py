"""A year of reminders with the process dying at every step: each occurrence is accounted for, none comes twice."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.clock import ManualClock
from bot.core.feature import Look
from bot.features.reminder.acts.carry_out import Due, due_now, send_due
from bot.features.reminder.rules.reminder import OccurrenceState
from bot.features.reminder.tables import ReminderOccurrence
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.dying import Dies, Process
from tests.faults.whole import Whole
from tests.harness import FakeChannel
from tests.people_built import make_cadre, make_chat, make_org
from tests.reminders_built import make_reminder
from tests.ticking import do_due

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]
GROUP = "888"
TICK = "inside the transaction that hands it to the sender"
KILLS = (TICK, *(one for one in Dies if one is not Dies.NOWHERE))
LATE = (timedelta(), timedelta(minutes=1), timedelta(hours=3), timedelta(hours=14))
"""How long after the hour the bot is there: mostly at once."""


class Killed(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Year:
    """One bot after the other on one database, and what the group has seen."""

    store: Store
    living: dict[str, Process]
    channel: FakeChannel

    @property
    def clock(self) -> ManualClock:
        return cast(ManualClock, self.store.clock)

    async def dies(self, where: str) -> None:
        """A process looks, sends and ends there."""
        if where == TICK:
            async with self.store.read() as session:
                due = await due_now(session, Look(self.clock.now()))
            for one in due:
                with pytest.raises(Killed):
                    await self._killed_at(one)
            return
        await do_due(self.store, self.clock.now(), "reminder")
        await self.process(Dies(where))
        self.clock.advance(timedelta(seconds=31))

    async def _killed_at(self, due: Due) -> None:
        async with self.store.unit() as unit:
            await send_due(unit, due, Look(self.clock.now()))
            raise Killed

    async def lives(self) -> None:
        """A process looks and sends whatever it finds."""
        for _look in range(3):
            await do_due(self.store, self.clock.now(), "reminder")
            await self.process(Dies.NOWHERE)
            self.clock.advance(timedelta(seconds=31))

    async def process(self, dies: Dies) -> None:
        bot = SimpleNamespace(store=self.store, clock=self.clock, adapter=self.channel)
        self.living["now"] = process = Process(cast(Whole, cast(Any, bot)), dies)
        await process.run()


async def test_each_occurrence_of_a_year_is_accounted_for_and_none_comes_twice(
    any_store: Store, scale: Scale[int], table: FaultTable, dying_writer: dict[str, Process]
) -> None:
    store, chance = any_store, random.Random(20261201)
    days = scale(45 if store.engines.is_sqlite else 15, 365)
    kills = days * 760 // 365
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre, GROUP)
    await make_reminder(store, cadre, chat, "每天12:00 看团课")
    year = Year(store, dying_writer, FakeChannel())
    begin = year.clock.now().replace(hour=12, minute=0)
    planned = Counter(chance.randrange(days) for _ in range(kills))
    twice = 0
    for day in range(days):
        late = chance.choices(LATE, (70, 15, 10, 5))[0]
        year.clock.advance(begin + timedelta(days=day) + late - year.clock.now())
        before = len(year.channel.shown[GROUP])
        for _kill in range(planned[day]):
            await year.dies(chance.choice(KILLS))
        await year.lives()
        twice += max(0, len(year.channel.shown[GROUP]) - before - 1)
    year.clock.advance(timedelta(hours=13))
    await do_due(store, year.clock.now(), "reminder")
    async with store.read() as session:
        rows = (await session.execute(select(ReminderOccurrence).order_by(ReminderOccurrence.due_at))).scalars().all()
    over = [row for row in rows if row.due_at <= year.clock.now()]
    states = Counter(row.state for row in over)
    kind = "SQLite" if store.engines.is_sqlite else "PostgreSQL"
    figure = f"{', '.join(f'{count} {state}' for state, count in sorted(states.items()))}; {twice} twice"
    table.row(test=f"O1 a year of reminders ({kind})", size=f"{days} days, {kills} kills", figure=figure)
    assert [row.due_at for row in over] == [begin + timedelta(days=day) for day in range(days)]
    assert twice == 0
    assert not states.keys() & {OccurrenceState.PLANNED, OccurrenceState.HANDED}
    assert all(row.why for row in over if row.state == OccurrenceState.MISSED)
    arrived = states[OccurrenceState.SENT] + states[OccurrenceState.LATE]
    seen = len(year.channel.shown[GROUP])
    assert arrived <= seen <= arrived + states[OccurrenceState.UNSURE]
