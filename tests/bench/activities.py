"""What people wait for with many activities: a sign-up among 1,000, 200 sign-ups in one second, an organ's progress."""

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nonebot
from loguru import logger
from sqlalchemy import func, insert, select

from bot import garbage
from bot.clock import ManualClock
from bot.core.rules.five_ones import Slot
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.workdays import Workdays
from bot.features.activity.tables import Activity, ActivityPart
from bot.features.five_ones.reads.organ import organ_progress
from bot.store.base import Base, new_id
from bot.store.chat import Contact
from bot.store.migrate import upgrade
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.bench.database import Database, Embedded
from tests.bench.report import Figure, limited, show
from tests.bench.wishes import ADMIN, CADRE, TIMES, Taken, measured
from tests.databases import NOW
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

SIGNED_UP: Final = 1_000
AT_ONCE: Final = 200
CADRES, YOUTHS, YEARS = 1_000, 100, 2
A_YEAR: Final = 30
"""Activities and talks of a cadre in a year."""
TIMES_COMMAND, ALL_WITHIN, ORGAN_MOST = 1.3, 3.0, 1_000.0
"""The promises: of an ordinary command's time, seconds, milliseconds."""
ORGAN_TIMES: Final = 5


async def rows(store: Store, table: type[Base], values: list[dict[str, Any]]) -> None:
    """Many rows by one statement each thousand."""
    for start in range(0, len(values), 1_000):
        async with store.engines.writer.begin() as connection:
            await connection.execute(insert(table), values[start : start + 1_000])


async def signed_up(store: Store) -> tuple[int, int]:
    """An activity that 1,000 have signed up to and another with nobody; their numbers. Youth 20000 is free."""
    org = await make_org(store, "清河县团委")
    cadre = await make_cadre(store, org, "林晓舟", CADRE)
    chat = await make_chat(store, org, cadre)
    for n in range(AT_ONCE + 1):
        await make_youth(store, org, f"小{n}", f"2{n:04}", cadre=cadre, chat=chat)
    full = await make_activity(store, cadre, chat)
    empty = await make_activity(store, cadre, chat, starts=timedelta(days=5))
    people = [_person(org) for _ in range(SIGNED_UP)]
    await rows(store, Person, people)
    async with store.read() as session:
        activity = (await session.execute(select(Activity.id).where(Activity.ref == full))).scalar_one()
    parts = [_part(activity, one["id"], "signed_up", n) for n, one in enumerate(people)]
    await rows(store, ActivityPart, parts)
    return full, empty


def _person(org: OrgUnit, *, youth: bool = True) -> dict[str, Any]:
    told = {"id": new_id(), "state": "active", "name": b"-", "org_id": org.id, "is_youth": youth, "key_id": 1}
    return told | {"created_at": NOW, "age_band": "adult" if youth else None, "reminders_off": False}


def _part(activity_id: int, person_id: int, state: str, position: int) -> dict[str, Any]:
    told = {"id": new_id(), "activity_id": activity_id, "person_id": person_id, "state": state}
    return told | {"position": position, "since": NOW}


async def province(store: Store, years: int, *, cadres_: int = CADRES, youths_: int = YOUTHS) -> Actor:
    """A city with 20 counties, so many cadres with so many youths each, and so many years of activities; its admin."""
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    admin = await make_person(store, city, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    counties = [await make_org(store, f"第{n}县团委", OrgLevel.COUNTY, city) for n in range(20)]
    cadres = [_person(counties[n % 20], youth=False) for n in range(cadres_)]
    youths = [_person(counties[n % 20]) for n in range(cadres_ * youths_)]
    await rows(store, Person, cadres + youths)
    grants = [
        {"id": new_id(), "person_id": one["id"], "org_id": one["org_id"], "role": "cadre", "since": NOW}
        | {"cadre_kind": "full_time" if n % 3 else "part_time", "is_leadership": False}
        for n, one in enumerate(cadres)
    ]
    await rows(store, RoleGrant, grants)
    contacts = [
        {"id": new_id(), "cadre_id": cadres[n // youths_]["id"], "youth_id": one["id"], "ref": 1_000_000 + n}
        | {"since": NOW, "last_contact_at": NOW}
        for n, one in enumerate(youths)
    ]
    await rows(store, Contact, contacts)
    held, parts = [], []
    for n, cadre in enumerate(cadres):
        for at in range(A_YEAR * years):
            starts = NOW - timedelta(days=365 * at / A_YEAR, hours=2)
            activity = _activity(cadre, n * 1_000 + at, starts, Slot.OPEN_DAY if n < 20 and at % 7 == 0 else None)
            held.append(activity)
            if at % 3:
                parts.append(_part(activity["id"], youths[n * youths_ + at % youths_]["id"], "confirmed", at))
    await rows(store, Activity, held)
    await rows(store, ActivityPart, parts)
    return admin


def _activity(cadre: dict[str, Any], ref: int, starts: Any, slot: Slot | None) -> dict[str, Any]:
    told = {"id": new_id(), "ref": 1_000_000 + ref, "cadre_id": cadre["id"], "org_id": cadre["org_id"], "slot": slot}
    told |= {"kind": "volunteering", "state": "ended", "key_id": 1, "starts_at": starts, "made_at": starts}
    told |= {"ends_at": starts + timedelta(hours=1), "ended_at": starts, "settled_at": starts}
    return told | {"late": False, "notes": "", "revision": 0}


async def sign_ups(folder: Path, database: Database) -> list[Figure]:
    """One among 1,000 beside an ordinary command, and 200 at once with pacing off."""
    store = await opened(folder, database, "signups")
    try:
        full, empty = await signed_up(store)
        talk = await Talkers.open(store)
        store.on_wake(talk.sender.wake)  # as in a running bot, which looks into the table when it is told to
        garbage.settle()
        who = "20000"
        words = ("别再提醒", f"报名 A{full}", "恢复提醒", f"取消报名 A{full}")
        await measured(talk, *words, who=who)
        both = await measured(talk, *words, who=who, times=TIMES * 4)
        # In turn, so that whatever else this machine does falls upon both alike.
        plain, taken = Taken(both.waits[::2], both.cpu), Taken(both.waits[1::2], both.cpu)
        begun = time.perf_counter()
        said = [talk.incoming(f"2{n:04}", f"报名 A{empty}") for n in range(1, AT_ONCE + 1)]
        await asyncio.gather(*(talk.deliver(one, woken=True) for one in said))
        spent = time.perf_counter() - begun
        async with store.read() as session:
            query = select(func.count()).select_from(ActivityPart).join(Activity)
            committed = (await session.execute(query.where(Activity.ref == empty))).scalar_one()
    finally:
        await store.close()
    assert committed == AT_ONCE, committed
    times = taken.p50 / plain.p50
    return [
        limited("a command that writes, for comparison: p50", plain.p50, None, "ms", plain.told()),
        limited(f"a sign-up among {SIGNED_UP:,}: p50", taken.p50, None, "ms", taken.told()),
        limited(f"a sign-up among {SIGNED_UP:,}, times that command", times, TIMES_COMMAND, "×", ""),
        limited(f"{AT_ONCE} sign-ups at once, all committed", spent, ALL_WITHIN, "s", ""),
    ]


async def organs(folder: Path, database: Database) -> list[Figure]:
    """An organ's progress over 1,000 cadres, with two years of history and with a quarter of it."""
    found: dict[float, float] = {}
    for years in (1, YEARS):
        store = await opened(folder, database, f"organs{years}")
        try:
            admin = await province(store, years)
            waits: list[float] = []
            for _ in range(ORGAN_TIMES):
                begun = time.perf_counter()
                async with store.read() as session:
                    said = await organ_progress(session, admin, Workdays(), 1, now=NOW)
                waits.append((time.perf_counter() - begun) * 1000)
                assert said.cadres == CADRES
            found[years] = sorted(waits)[len(waits) // 2]
        finally:
            await store.close()
    name = f"机关进度, {CADRES:,} cadres × {YOUTHS} youths × "
    return [
        limited(f"{name}1 year: p50", found[1], ORGAN_MOST, "ms", ""),
        limited(
            f"{name}{YEARS} years: p50", found[YEARS], ORGAN_MOST, "ms", f"{found[YEARS] / found[1]:.2f} × one year"
        ),
    ]


async def opened(folder: Path, database: Database, name: str) -> Store:
    """A new database."""
    await database.prepare(name)
    own = folder / name
    await asyncio.to_thread(own.mkdir)
    url = database.url(own, name)
    await upgrade(url, lock=False)
    return await Store.open(url, masters=MasterKeys.generate(), clock=ManualClock(NOW))


async def activities(database: Database | None = None) -> list[Figure]:
    """All of it."""
    with TemporaryDirectory(prefix="zhixin-activities-") as folder:
        here = database or Embedded()
        return [*await sign_ups(Path(folder), here), *await organs(Path(folder), here)]


if __name__ == "__main__":
    logger.remove()
    nonebot.init()
    begun_at = time.perf_counter()
    told = asyncio.run(activities())
    show(told, "on this machine", seconds=time.perf_counter() - begun_at)
    sys.exit(0 if all(one.verdict != "miss" for one in told) else 1)
