"""工作小组 on both databases: provinces and cities only, led by the leadership, people of the own tree (R2.12)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from bot.clock import ManualClock
from bot.core.reads.officers import OfficerNotFound
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.retention import RetentionPeriods
from bot.features.working_group.acts.expire import expire_groups
from bot.features.working_group.acts.run import add_person, add_task, end_group, make_group, take_out
from bot.features.working_group.reads.groups import WorkingGroupLine, WorkingGroups, working_groups
from bot.features.working_group.rules.working_group import (
    WorkingGroupExists,
    WorkingGroupLeader,
    WorkingGroupLevel,
    WorkingGroupNotFound,
    WorkingGroupUnclear,
    WorkingGroupWords,
)
from bot.features.working_group.tables import WorkingGroup
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.people_built import make_org, make_person


@dataclass(frozen=True, slots=True)
class City:
    org: OrgUnit
    county: OrgUnit
    admin: Actor
    leader: Actor


@pytest_asyncio.fixture
async def city(any_store: Store) -> City:
    org = await make_org(any_store, "甘泉市团委", OrgLevel.CITY)
    county = await make_org(any_store, "清河县团委", parent=org)
    other = await make_org(any_store, "临泉市团委", OrgLevel.CITY)
    await make_person(any_store, other, "何立", number="30009", roles=(Role.CADRE,))
    await make_person(any_store, county, "苏娜", number="30003", roles=(Role.CADRE,))
    leader = await make_person(any_store, org, "周敏", number="30002", roles=(Role.CADRE,))
    async with any_store.unit() as unit:
        mine = RoleGrant.person_id == leader.person_id
        await unit.session.execute(update(RoleGrant).where(mine).values(is_leadership=True))
    admin = await make_person(any_store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    return City(org, county, admin, leader)


async def do(store: Store, act, actor: Actor, words: str):
    async with store.unit() as unit:
        return await act(unit, actor, words)


async def seen(store: Store, actor: Actor) -> tuple[WorkingGroupLine, ...] | None:
    async with store.read() as session:
        told = await working_groups(session, store.vault, actor)
    return told.groups if isinstance(told, WorkingGroups) else None


async def test_a_county_has_no_working_groups_and_nobody_below_may_make_one(any_store: Store, city: City):
    of_the_county = await make_person(any_store, city.county, "何洁", number="30008", roles=(Role.ORGAN_ADMIN,))
    for actor in (of_the_county, city.leader):
        with pytest.raises(WorkingGroupLevel):
            await do(any_store, make_group, actor, "资源对接组 周敏")
        assert await seen(any_store, actor) is None


async def test_the_leader_is_of_the_leadership_and_of_the_own_tree(any_store: Store, city: City):
    with pytest.raises(WorkingGroupLeader):
        await do(any_store, make_group, city.admin, "资源对接组 苏娜")
    for name in ("何立", "没这人", ""):
        with pytest.raises(OfficerNotFound):
            await do(any_store, make_group, city.admin, f"资源对接组 {name}")
    assert await seen(any_store, city.admin) == ()


async def test_a_group_has_a_leader_people_and_tasks(any_store: Store, city: City):
    assert (await do(any_store, make_group, city.admin, "资源对接组 周敏")).told
    assert not (await do(any_store, add_person, city.admin, "苏娜")).again
    assert (await do(any_store, add_person, city.admin, "资源对接组 苏娜")).again
    await do(any_store, add_task, city.admin, "联系青联，凑旧书")
    group = next(iter(await seen(any_store, city.admin) or ()))
    assert (len(group.people), len(group.tasks)) == (1, 1)
    await do(any_store, take_out, city.admin, "苏娜")
    with pytest.raises(OfficerNotFound):
        await do(any_store, take_out, city.admin, "苏娜")
    group = next(iter(await seen(any_store, city.admin) or ()))
    assert group.people == ()


async def test_with_several_groups_the_name_comes_first(any_store: Store, city: City):
    await do(any_store, make_group, city.admin, "资源组 周敏")
    with pytest.raises(WorkingGroupExists):
        await do(any_store, make_group, city.admin, "资源组 周敏")
    await do(any_store, make_group, city.admin, "资源组二 周敏")
    with pytest.raises(WorkingGroupUnclear):
        await do(any_store, add_task, city.admin, "凑旧书")
    await do(any_store, add_task, city.admin, "资源组二：凑旧书")
    tasks = [(len(group.name), len(group.tasks)) for group in await seen(any_store, city.admin) or ()]
    assert sorted(tasks) == [(3, 0), (4, 1)]


@pytest.mark.parametrize("task", ["", "长" * 201, "【秘密】文件的事", "找 13800138000"])
async def test_a_task_that_no_list_may_hold_is_refused(any_store: Store, city: City, task: str):
    await do(any_store, make_group, city.admin, "资源组 周敏")
    with pytest.raises(WorkingGroupWords):
        await do(any_store, add_task, city.admin, f"资源组 {task}")


async def test_an_ended_group_is_not_shown_and_goes_after_three_years(any_store: Store, clock: ManualClock, city: City):
    await do(any_store, make_group, city.admin, "资源组 周敏")
    await do(any_store, end_group, city.admin, "资源组")
    assert await seen(any_store, city.admin) == ()
    with pytest.raises(WorkingGroupNotFound):
        await do(any_store, add_person, city.admin, "苏娜")
    assert await expired(any_store) == 0
    clock.advance(timedelta(days=4 * 366))
    assert await expired(any_store) == 1
    async with any_store.read() as session:
        assert (await session.execute(select(func.count()).select_from(WorkingGroup))).scalar_one() == 0


async def expired(store: Store) -> int:
    async with store.unit() as unit:
        return await expire_groups(unit, RetentionPeriods(), 10)
