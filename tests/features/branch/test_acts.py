"""记支部 on both databases: the own branches only, a day and a process, and what stays how long (6.3, P20)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Workdays
from bot.features.branch.acts.enter import enter_meeting, expire_meetings, expire_process
from bot.features.branch.reads.routine import BranchNotFound, BranchUnclear, branch_routine
from bot.features.branch.rules.routine import BranchDayMissing, BranchItemUnknown, BranchProcessShort
from bot.features.branch.tables import BranchMeeting
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person

HELD = "支部大会 昨天 在三楼会议室讨论新团员发展，到会 15 人"


@dataclass(frozen=True, slots=True)
class Scene:
    org: OrgUnit
    branch: OrgUnit
    other: OrgUnit
    secretary: Actor


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Scene:
    org = await make_org(any_store)
    branch = await make_org(any_store, "快递支部", OrgLevel.BRANCH, org)
    other = await make_org(any_store, "外卖支部", OrgLevel.BRANCH, org)
    secretary = await make_person(any_store, branch, "周敏", number="40001", roles=(Role.SECRETARY,))
    return Scene(org, branch, other, secretary)


async def enter(store: Store, actor: Actor, words: str = HELD):
    async with store.unit() as unit:
        return await enter_meeting(unit, actor, words, Workdays())


async def count(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(BranchMeeting))).scalar_one()


async def test_who_is_no_secretary_enters_nothing(any_store: Store, scene: Scene):
    cadre = await make_cadre(any_store, scene.org, "林晓舟", "10001")
    with pytest.raises(BranchNotFound):
        await enter(any_store, cadre)
    async with any_store.read() as session:
        assert (await branch_routine(session, cadre, now=any_store.clock.now())).branches == ()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("打球 昨天 在三楼会议室讨论", BranchItemUnknown),
        ("外卖支部 支部大会 昨天 在三楼会议室讨论", BranchItemUnknown),
        ("支部大会 在三楼会议室讨论新团员", BranchDayMissing),
        ("支部大会 明天 在三楼会议室讨论新团员", BranchDayMissing),
        ("支部大会 昨天", BranchProcessShort),
    ],
)
async def test_another_branch_no_item_no_day_and_no_process_are_refused(
    any_store: Store, scene: Scene, words: str, refusal: type[Refusal]
):
    with pytest.raises(refusal):
        await enter(any_store, scene.secretary, words)
    assert await count(any_store) == 0


@pytest.mark.rule("R1.5")
async def test_what_was_held_is_no_longer_due(any_store: Store, scene: Scene):
    done = await enter(any_store, scene.secretary)
    assert (done.branch, done.held, done.times) == (scene.branch.name, 1, 1)
    async with any_store.read() as session:
        (shown,) = (await branch_routine(session, scene.secretary, now=any_store.clock.now())).branches
    assert {line.held: line.missing for line in shown.lines if line.held} == {1: 0}


async def test_of_several_branches_the_name_comes_first(any_store: Store, scene: Scene):
    async with any_store.unit() as unit:
        unit.session.add(
            RoleGrant(person_id=scene.secretary.person_id, org_id=scene.other.id, role="secretary", since=unit.now)
        )
    both = Actor(
        scene.secretary.person_id,
        scene.secretary.account_id,
        (*scene.secretary.grants, scene.secretary.grants[0].__class__(Role.SECRETARY, scene.other.id)),
    )
    with pytest.raises(BranchUnclear):
        await enter(any_store, both)
    assert (await enter(any_store, both, f"{scene.other.name} {HELD}")).branch == scene.other.name


async def test_words_go_after_a_year_and_the_rest_after_three(any_store: Store, clock: ManualClock, scene: Scene):
    await enter(any_store, scene.secretary)
    assert await expired(any_store) == (0, 0)
    clock.advance(timedelta(days=367))
    assert await expired(any_store) == (1, 0)
    clock.advance(timedelta(days=2 * 366))
    assert await expired(any_store) == (0, 1)
    assert await count(any_store) == 0


async def expired(store: Store) -> tuple[int, int]:
    async with store.unit() as unit:
        words = await expire_process(unit, RetentionPeriods(), 10)
        return words, await expire_meetings(unit, RetentionPeriods(), 10)
