"""What a look for due reminders costs: a million rules of which a thousand are due, and a hundred thousand people told.

``python -m tests.bench.reminders [--rules N] [--postgresql]``; a million rows of each table take a minute to make.
"""

import argparse
import asyncio
import statistics
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nonebot
from loguru import logger
from sqlalchemy import func, insert, select, text

from bot import garbage
from bot.core.feature import Look
from bot.core.rules.people import Actor
from bot.features.reminder.acts.carry_out import Due, due_now, send_due
from bot.features.reminder.acts.moved import settled
from bot.features.reminder.acts.plan import plan_next
from bot.features.reminder.reads.reminder import words_place
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.bench.activities import opened, rows
from tests.bench.database import Database, Embedded, Server
from tests.bench.report import Figure, limited, show
from tests.databases import NOW
from tests.people_built import make_cadre, make_org
from tests.plans import Asked, asked_of, scanned

RULES: Final = 1_000_000
DUE: Final = 1_000
EACH_GROUP: Final = 100
"""Youths of a group: 1,000 groups are 100,000 people."""
LOOK_MOST, PLANNED_MOST = 1.0, 5.0
"""The promises, in seconds."""
DUE_AT: Final = NOW + timedelta(hours=10)
LOOKS: Final = 5
CHUNK: Final = 10_000
HISTORY: Final = 0.2
"""Of the rules, so many have an occurrence behind them."""


async def groups(store: Store, org: OrgUnit, cadre: Actor) -> list[int]:
    """A thousand linked groups."""
    found = [
        {"id": new_id(), "channel": "qq", "bot_id": "30003", "native_id": str(900_000_000 + n), "state": "linked"}
        | {"org_id": org.id, "owner_id": owner(cadre), "linked_at": NOW}
        for n in range(DUE)
    ]
    await rows(store, Chat, found)
    return [one["id"] for one in found]


async def filled(store: Store, rules: int) -> None:
    """So many rules with their next occurrence, of which a thousand, each of a group of its own, are due."""
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chats = await groups(store, org, cadre)
    keys, sealed, ids = await words(store)
    made: list[dict[str, Any]] = []
    planned: list[dict[str, Any]] = []
    for n in range(rules):
        due = n < DUE
        reminder_id = ids[n] if due else new_id()
        made.append(
            {"id": reminder_id, "ref": 10_000 + n, "owner_id": owner(cadre), "chat_id": chats[n] if due else None}
            | {"cheerful": False, "said": "每天 20:00", "begins_at": NOW, "key_id": keys[n] if due else 1}
            | {"words": sealed[n] if due else None, "state": "going", "version": 1, "made_at": NOW}
        )
        at = DUE_AT if due else DUE_AT + timedelta(minutes=1 + n % 500_000)
        planned.append(_occurrence(reminder_id, at, chats[n] if due else owner(cadre), "planned"))
        if n % int(1 / HISTORY) == 0:
            planned.append(_occurrence(reminder_id, NOW - timedelta(days=1), owner(cadre), "sent"))
    async with store.engines.writer.begin() as connection:  # one transaction, so that each page is written once
        if store.engines.is_sqlite:
            await connection.execute(text("PRAGMA cache_size = -2000000"))
        for table, values in ((Reminder, made), (ReminderOccurrence, planned)):
            for start in range(0, len(values), CHUNK):
                await connection.execute(insert(table), values[start : start + CHUNK])
    async with store.engines.writer.begin() as connection:
        await connection.execute(text("ANALYZE"))


def owner(cadre: Actor) -> int:
    """Whose they are."""
    assert cadre.person_id is not None
    return cadre.person_id


def _occurrence(reminder_id: int, at: datetime, place: int, state: str) -> dict[str, Any]:
    told = {"id": new_id(), "reminder_id": reminder_id, "version": 1, "due_at": at, "goes_at": at, "place": place}
    return told | {"state": state, "estimated": False}


async def words(store: Store) -> tuple[list[int], list[bytes], list[int]]:
    """Keys, sealed words and ids of the thousand that go out."""
    keys: list[int] = []
    sealed: list[bytes] = []
    ids = [new_id() for _ in range(DUE)]
    async with store.unit() as unit:
        for one in ids:
            keys.append(await unit.vault.new_key(unit.session, f"reminder:{one}"))
            sealed.append(await unit.seal(keys[-1], words_place(one), "今晚一起看团课"))
    return keys, sealed, ids


async def million(folder: Path, database: Database, rules: int) -> list[Figure]:
    """A look, its plans, and what it finds carried out."""
    store = await opened(folder, database, "reminders")
    try:
        await filled(store, rules)
        garbage.settle()
        look = Look(DUE_AT, limit=DUE)
        waits, found = list[float](), list[Due]()
        for _ in range(LOOKS):
            begun = time.perf_counter()
            async with store.read() as session:
                found = await due_now(session, look)
            waits.append(time.perf_counter() - begun)
            assert len(found) == DUE
        with asked_of(store) as asked:
            async with store.read() as session:
                await due_now(session, look)
                await settled(session, look)
            async with store.unit(now=DUE_AT) as unit:
                await send_due(unit, found[0], look)
        scans = await scans_of(store, asked)
        begun = time.perf_counter()
        for one in found[1:]:
            async with store.unit(now=DUE_AT) as unit:
                assert await send_due(unit, one, look)
        spent = time.perf_counter() - begun
        async with store.read() as session:
            handed = select(func.count()).select_from(ReminderOccurrence).where(ReminderOccurrence.state == "handed")
            assert (await session.execute(handed)).scalar_one() == DUE
    finally:
        await store.close()
    people = f"{DUE:,} groups of {EACH_GROUP}, one transaction each"
    return [
        limited(f"a look among {rules:,} rules, {DUE:,} due", statistics.median(waits), LOOK_MOST, "s", ""),
        limited("statements of it that read a table from end to end", len(scans), 0, "", "; ".join(scans)[:80]),
        limited(f"{DUE * EACH_GROUP:,} people: handed to the sender and planned anew", spent, None, "s", people),
    ]


async def scans_of(store: Store, asked: dict[str, Asked]) -> list[str]:
    """The statements for which one of the two tables is read from end to end."""
    found: list[str] = []
    async with store.engines.reader.connect() as connection:
        for words_, one in asked.items():
            tables = {table for table, _index in await scanned(connection, one)}
            found += [words_] if tables & {"reminders", "reminder_occurrences"} else []
    return found


async def planning(folder: Path, database: Database) -> list[Figure]:
    """The next occurrences for a hundred thousand people: of a thousand groups."""
    store = await opened(folder, database, "planning")
    try:
        await filled(store, DUE)
        async with store.unit(now=DUE_AT) as unit:
            found = (await unit.session.execute(select(Reminder))).scalars().all()
            begun = time.perf_counter()
            for one in found:
                await plan_next(unit, one, DUE_AT, Look(DUE_AT).workdays)
            spent = time.perf_counter() - begun
    finally:
        await store.close()
    people, each = f"{DUE:,} groups of {EACH_GROUP}", f"{spent / DUE * 1000:.2f} ms each"
    return [limited(f"{DUE * EACH_GROUP:,} people planned, {people}", spent, PLANNED_MOST, "s", each)]


async def reminders(database: Database | None = None, rules: int = RULES) -> list[Figure]:
    """All of it."""
    with TemporaryDirectory(prefix="zhixin-reminders-") as folder:
        here = database or Embedded()
        return [*await million(Path(folder), here, rules), *await planning(Path(folder), here)]


if __name__ == "__main__":
    asked_for = argparse.ArgumentParser(description=__doc__)
    asked_for.add_argument("--rules", type=int, default=RULES)
    asked_for.add_argument("--postgresql", action="store_true")
    chosen = asked_for.parse_args()
    logger.remove()
    nonebot.init()
    begun_at = time.perf_counter()
    used = Server() if chosen.postgresql else Embedded()
    try:
        told = asyncio.run(reminders(used, chosen.rules))
    finally:
        used.stop()
    show(told, f"{used.name}, on this machine", seconds=time.perf_counter() - begun_at)
    sys.exit(0 if all(one.verdict != "miss" for one in told) else 1)
