"""What 机关进度 and a list of names cost: the same statements for any number, and nothing for what lies behind."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, insert, select

from bot.clock import ManualClock
from bot.core.rules.workdays import Workdays
from bot.features.activity.reads.list import NAMES
from bot.features.activity.tables import Activity, ActivityPart
from bot.features.five_ones.reads.organ import organ_progress
from bot.store.base import new_id
from bot.store.delivery import AuditEntry
from bot.store.people import Person
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.bench.activities import province
from tests.contracts.test_costs import EVERY, LEEWAY, SLACK, steps
from tests.databases import NOW
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.plugins.test_cost import Counted
from tests.said import Said, fields

CADRE: Final = "10001"
MANY: Final = 10_000


@asynccontextmanager
async def opened(path: Path, template: Path, masters: MasterKeys) -> AsyncIterator[Store]:
    shutil.copyfile(template, path)
    store = await Store.open(f"sqlite+aiosqlite:///{path}", masters=masters, clock=ManualClock(NOW))
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.rule("P30")
async def test_the_progress_of_organs_costs_the_same_statements_for_any_number_and_nothing_for_its_history(
    tmp_path: Path, sqlite_template: Path, masters: MasterKeys
) -> None:
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    for cadres, years in ((40, 1), (40, 8), (120, 1)):
        async with opened(tmp_path / f"{cadres}.{years}.db", sqlite_template, masters) as store:
            admin = await province(store, years, cadres_=cadres, youths_=2)
            counted = Counted(store)
            async with store.read() as session:
                with steps(store) as work:
                    said = await organ_progress(session, admin, Workdays(), 1, now=NOW)
            assert said.cadres == cadres
            taken[cadres, years] = counted.statements, work[0] * EVERY
    assert len({statements for statements, _ in taken.values()}) == 1, taken
    assert taken[40, 8][1] <= taken[40, 1][1] * LEEWAY + SLACK, taken


async def signed_up(store: Store, ref: int, count: int) -> None:
    """So many more; their names are sealed like that of somebody who is there."""
    async with store.engines.writer.begin() as connection:
        activity = (await connection.execute(select(Activity.id).where(Activity.ref == ref))).scalar_one()
        like = (await connection.execute(select(Person.__table__).where(Person.is_youth))).mappings().first()
        assert like is not None
        people = [dict(like) | {"id": new_id()} for _ in range(count)]
        parts = [
            {"id": new_id(), "activity_id": activity, "person_id": one["id"], "state": "signed_up", "position": at}
            | {"since": NOW, "in_calendar": False, "entry_due": False}
            for at, one in enumerate(people)
        ]
        for begins in range(0, count, 1_000):
            await connection.execute(insert(Person), people[begins : begins + 1_000])
            await connection.execute(insert(ActivityPart), parts[begins : begins + 1_000])


@pytest.mark.rule("P15")
async def test_ten_thousand_names_are_read_by_the_page_and_only_those_shown_are_logged(store: Store) -> None:
    talk = await Talkers.open(store)
    org = await make_org(store)
    cadre = await make_cadre(store, org, number=CADRE)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", "20001", cadre=cadre, chat=chat)
    costs: dict[int, int] = {}
    for count in (NAMES * 2, MANY):
        ref = await make_activity(store, cadre, chat)
        await signed_up(store, ref, count)
        for page in (1, count // NAMES):
            counted, before = Counted(store), await reads(store)
            [said] = await talk.says(CADRE, f"名单 A{ref} {page}")
            costs[count] = counted.statements
            assert said == Said("activity/list", total=count, page=page, pages=count // NAMES)
            assert len(fields(said)["seated"]) == NAMES
            assert await reads(store) - before == NAMES
    assert costs[MANY] <= costs[NAMES * 2] + 1, costs


async def reads(store: Store) -> int:
    async with store.read() as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "read.activity")
        return (await session.execute(query)).scalar_one()
