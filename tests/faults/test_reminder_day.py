"""A day in which planner and sender are built anew again and again, at each minute of it in the long run: every
reminder comes at its own minute, once. And the tests of reminders hold whatever zone the server is in.
"""

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from bot.clock import SHANGHAI, ManualClock
from bot.features.reminder.tables import ReminderOccurrence
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org
from tests.reminders_built import make_reminder
from tests.said import Said, fields
from tests.ticking import do_due

CADRE, GROUP = "10001", "888"
ROOT = Path(__file__).parents[2]
DAY = datetime(2026, 11, 25, tzinfo=SHANGHAI)
IN_GROUP = {
    "每天8:00 早读": (8, 0),
    "工作日12:30 午休": (12, 30),
    "每周三20:00 团课": (20, 0),
    "每天23:00 早睡": (8, 0),
}
"""In the night a group is left alone: what was set for 23:00 comes in the morning."""
OWN = {"每天0:01 值班": (0, 1), "11月25日3:17 喝水": (3, 17), "每两小时 走走": None, "每天23:59 关灯": (23, 59)}


@pytest.mark.ci
@pytest.mark.nightly
@pytest.mark.timeout(3600)
async def test_built_anew_at_each_minute_every_reminder_comes_at_its_own_and_once(
    any_store: Store, scale: Scale[int], table: FaultTable
) -> None:
    store, step = any_store, scale(20, 1)
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre, GROUP)
    clock = cast(ManualClock, store.clock)
    clock.advance(DAY - timedelta(hours=2) - clock.now())
    for text in IN_GROUP:
        await make_reminder(store, cadre, chat, text)
    for text in OWN:
        await make_reminder(store, cadre, None, text)
    bot = await Talkers.open(store)
    seen: dict[str, list[datetime]] = {}
    shown = {where: len(bot.shown(where)) for where in (GROUP, CADRE)}
    for _minute in range(0, 26 * 60 + step, step):
        bot = await bot.restarted()
        await do_due(store, bot.clock.now(), "reminder")
        await bot.sender.pump()
        for where in (GROUP, CADRE):
            for one in bot.shown(where)[shown[where] :]:
                for line in fields(one)["lines"] if one == Said("reminder/due") else ():
                    seen.setdefault(line["words"], []).append(bot.clock.now())
            shown[where] = len(bot.shown(where))
        bot.advance(timedelta(minutes=step))
    near = timedelta(minutes=step)
    for text, at in (IN_GROUP | OWN).items():
        came = seen[text.split()[1]]
        if at is None:
            assert sum(DAY <= one < DAY + timedelta(days=1) for one in came) == 12, text
        else:
            due = DAY + timedelta(hours=at[0], minutes=at[1])
            assert sum(timedelta() <= one - due < near for one in came) == 1, text
    async with store.read() as session:
        rows = (await session.execute(select(ReminderOccurrence))).scalars().all()
    over = Counter(row.state for row in rows if row.goes_at < bot.clock.now() - timedelta(minutes=step))
    kind = "SQLite" if store.engines.is_sqlite else "PostgreSQL"
    told = ", ".join(f"{count} {state}" for state, count in sorted(over.items()))
    table.row(test=f"O2 a day of restarts ({kind})", size=f"{24 * 60 // step} restarts", figure=told)
    assert set(over) <= {"sent", "late"}
    assert sum(row.state in ("sent", "late") for row in rows) == sum(map(len, seen.values())), "none twice"


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_tests_of_reminders_hold_in_any_zone_of_the_server(zone: str) -> None:
    where = ["tests/features/reminder", "tests/features/feed", "tests/features/digest", "tests/core/rules/when"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *where, "tests/speech/test_times.py"],
        cwd=ROOT,
        env=os.environ | {"TZ": zone},
        capture_output=True,
        text=True,
        timeout=1700,
    )
    assert done.returncode == 0, done.stdout[-3000:]
