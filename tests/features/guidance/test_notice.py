"""指导基层, clause by clause of the notice's first section: R1.1 to R1.11, R2.3 (the rules each name theirs)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor, CadreKind, OrgLevel, Role
from bot.features.activity.rules.activity import ActivityNotFound
from bot.features.activity.tables import Activity
from bot.features.guidance.acts.enter import GuidanceActivityOpen, GuidanceActivityTied, enter_guidance
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.rules.checklist import GuidanceGroup
from bot.features.guidance.rules.reminding import GuidanceStage, stage_of
from bot.features.guidance.tables import GuidanceAssignment, GuidanceEntry
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.guidance_built import make_guided
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said, fields
from tests.ticking import do_due

CADRE, ADMIN, YOUTH = "10001", "30001", "20001"
DONE = "在清溪社区讲了团史，来了12人"


@dataclass(frozen=True, slots=True)
class Scene:
    store: Store
    talk: Talkers
    org: OrgUnit
    street: OrgUnit
    cadre: Actor
    chat: Chat

    async def to(self, month: int, day: int, hour: int = 10, year: int = 2027) -> datetime:
        self.talk.advance(datetime(year, month, day, hour, tzinfo=SHANGHAI) - self.store.clock.now())
        return self.store.clock.now()

    async def held(self, *, ended: bool = True) -> int:
        ref = await make_activity(self.store, self.cadre, self.chat, starts=timedelta(hours=1), kind="league_lesson")
        self.talk.advance(timedelta(hours=4))
        if ended:
            await self.talk.says(CADRE, f"结束活动 A{ref} {DONE}")
        return ref

    async def enters(self, words: str, actor: Actor | None = None) -> int:
        async with self.store.unit() as unit:
            return (await enter_guidance(unit, actor or self.cadre, words)).done

    async def entries(self) -> Sequence[GuidanceEntry]:
        async with self.store.read() as session:
            return (await session.execute(select(GuidanceEntry))).scalars().all()

    async def reminded(self) -> int:
        await do_due(self.store, self.store.clock.now(), "guidance.remind")
        async with self.store.read() as session:
            mine = OutboxMessage.idem_key.startswith("guidance:")
            return (await session.execute(select(func.count()).select_from(OutboxMessage).where(mine))).scalar_one()


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    org = await make_org(store)
    street = await make_org(store, "清溪街道团工委", OrgLevel.GRASSROOTS, org)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await make_youth(store, org, "小赵", YOUTH, cadre=cadre, chat=chat)
    return Scene(store, await Talkers.open(store), org, street, cadre, chat)


# --- an activity that stands for an item -----------------------------------------------------------------------------


@pytest.mark.rule("R1.9", "R1.11", "R2.3", "P41")
async def test_an_activity_stands_for_an_item_with_its_own_day_and_process(scene: Scene) -> None:
    await scene.to(6, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    ref = await scene.held()
    scene.talk.advance(timedelta(days=2))
    assert await scene.enters(f"主题团课 A{ref}") == 1
    [entry] = await scene.entries()
    assert (entry.on.month, entry.on.day, entry.process) == (6, 1, None)
    lines = fields((await scene.talk.says(CADRE, "指导"))[0])["lines"]
    assert [line["process"] for line in lines if line["days"]] == [DONE]


@pytest.mark.rule("R2.3")
async def test_it_counts_once_in_the_five_ones_and_for_one_item_only(scene: Scene) -> None:
    await scene.to(6, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    ref = await scene.held()
    await scene.talk.says(YOUTH, f"参加了 A{ref}")
    before = fields((await scene.talk.says(CADRE, "进度"))[0])["windows"]
    await scene.enters(f"主题团课 A{ref} 讲完一起讨论了半小时")
    assert fields((await scene.talk.says(CADRE, "进度"))[0])["windows"] == before
    with pytest.raises(GuidanceActivityTied):
        await scene.enters(f"一起学习讲话 A{ref}")
    assert len(await scene.entries()) == 1


async def test_one_that_is_not_over_without_a_process_or_of_another_year_stands_for_nothing(scene: Scene) -> None:
    await scene.to(12, 30, year=2026)
    last_year = await scene.held()
    await scene.to(6, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    without = await scene.held(ended=False)
    for ref in (last_year, without):
        with pytest.raises(GuidanceActivityOpen):
            await scene.enters(f"主题团课 A{ref}")
    assert await scene.entries() == []


@pytest.mark.rule("P13")
async def test_another_ones_activity_is_not_found(scene: Scene) -> None:
    await scene.to(6, 1)
    ref = await scene.held()
    stranger = await make_cadre(scene.store, await make_org(scene.store, "临山县团委"), "苏娜", "10009")
    await make_guided(scene.store, stranger, scene.street)
    for number in (ref, ref + 1):
        with pytest.raises(ActivityNotFound):
            await scene.enters(f"主题团课 A{number}", stranger)


async def test_the_item_stays_done_when_its_activity_is_gone(scene: Scene) -> None:
    await scene.to(6, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    ref = await scene.held()
    await scene.enters(f"主题团课 A{ref}")
    async with scene.store.unit() as unit:
        await unit.session.delete(
            (await unit.session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()
        )
    [entry] = await scene.entries()
    assert entry.activity_id is None
    assert (await scene.talk.says(CADRE, "指导"))[0] == Said("guidance/progress")


# --- reminders -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("R1.2", "R1.9")
@pytest.mark.parametrize("year", range(2026, 2036))
def test_there_are_four_reminders_a_year_and_none_outside_the_window(year: int) -> None:
    checklist = checklist_of(year)
    days = [checklist.first + timedelta(days=n) for n in range(-40, (checklist.last - checklist.first).days + 40)]
    told = [stage_of(checklist, day) for day in days]
    assert list(dict.fromkeys(stage for stage in told if stage)) == [
        *(GuidanceStage.START, GuidanceStage.MIDDLE, GuidanceStage.LESSON, GuidanceStage.LAST_MONTH),
    ]
    assert all(checklist.first <= day <= checklist.last for day, stage in zip(days, told, strict=True) if stage)


@pytest.mark.rule("R1.2", "K4")
async def test_who_has_chosen_nobody_is_reminded_at_the_start_once_and_nobody_else_hears(scene: Scene) -> None:
    await scene.to(3, 1)
    assert await scene.reminded() == 1
    assert await scene.reminded() == 1
    async with scene.store.read() as session:
        mine = select(OutboxMessage.person_id).where(OutboxMessage.idem_key.startswith("guidance:"))
        assert list((await session.execute(mine)).scalars()) == [scene.cadre.person_id]


async def test_who_has_chosen_is_not_reminded_at_the_start_but_of_what_is_open_later(scene: Scene) -> None:
    await scene.to(3, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    assert await scene.reminded() == 0
    await scene.to(6, 15)
    assert await scene.reminded() == 1
    await scene.to(8, 26)
    assert await scene.reminded() == 2
    await scene.to(9, 1)
    assert await scene.reminded() == 3


@pytest.mark.rule("R1.9")
async def test_a_lesson_that_was_held_is_not_reminded_of(scene: Scene) -> None:
    await scene.to(8, 26)
    await make_guided(scene.store, scene.cadre, scene.street)
    await scene.enters(f"主题团课 {DONE}")
    assert await scene.reminded() == 0


async def test_who_has_done_everything_hears_nothing(scene: Scene) -> None:
    await scene.to(9, 1)
    await make_guided(scene.store, scene.cadre, scene.street)
    for item in checklist_of(2027).items:
        await scene.enters(f"{item.name} {DONE}")
    assert await scene.reminded() == 0


@pytest.mark.rule("R1.1")
@pytest.mark.parametrize(
    ("kind", "told"), [(CadreKind.FULL_TIME, 2), (CadreKind.PART_TIME, 1), (CadreKind.SECONDED, 1)]
)
async def test_below_the_leading_organs_only_full_time_cadres_are_asked(
    scene: Scene, kind: CadreKind, told: int
) -> None:
    below = await make_cadre(scene.store, scene.street, "苏娜", "10002")
    async with scene.store.unit() as unit:
        await unit.swap(RoleGrant, RoleGrant.person_id == below.person_id, cadre_kind=kind.value)
    await scene.to(3, 1)
    assert await scene.reminded() == told


# --- what the organ sees ---------------------------------------------------------------------------------------------


@pytest.mark.rule("R1.2", "K4")
async def test_an_organ_sees_how_many_cadres_have_chosen_and_are_done_and_no_name(scene: Scene) -> None:
    async def counts() -> list[tuple[int, int, int, int]]:
        [said] = await scene.talk.says(ADMIN, "集中活动 指导基层")
        assert said == Said("campaign/shown")
        return [(one["all"], one["done"], one["planned"], one["missing"]) for one in fields(said)["levels"]]

    await scene.to(6, 1)
    assert await counts() == [(1, 0, 0, 1)]
    await make_guided(scene.store, scene.cadre, scene.street)
    assert await counts() == [(1, 0, 1, 0)]
    for item in checklist_of(2027).items:
        await scene.enters(f"{item.name} {DONE}")
    assert await counts() == [(1, 1, 0, 0)]
    [said] = await scene.talk.says(CADRE, "集中活动 指导基层")
    assert (fields(said)["line"]["mine"], fields(said)["levels"]) == ("done", [])


# --- the checklist ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("R1.3", "R1.5", "R1.6", "R1.7", "R1.8")
@pytest.mark.parametrize(
    ("group", "keys"),
    [
        (GuidanceGroup.PLAN, ["work_plan"]),
        (
            GuidanceGroup.TOGETHER,
            ["study_speeches", "org_life_meeting", "oath_renewal", "volunteering", "theme_day"],
        ),
        (GuidanceGroup.GUIDE, ["guide_meeting", "guide_review", "guide_models", "guide_posts"]),
        (GuidanceGroup.LESSON, ["lesson"]),
        (GuidanceGroup.ROUTINE, ["routine"]),
    ],
)
def test_what_the_notice_names_is_in_the_list_of_any_year(group: GuidanceGroup, keys: list[str]) -> None:
    assert [item.key for item in checklist_of(2027).items if item.group is group] == keys
    assert [item.key for item in checklist_of(2017).items if item.group is group] == keys


@pytest.mark.rule("R1.1", "R1.2")
async def test_a_year_has_one_choice_and_the_next_year_begins_anew(scene: Scene) -> None:
    await scene.to(6, 1)
    await scene.talk.says(CADRE, "联系基层 清溪")
    await scene.talk.says(CADRE, "指导 选 清溪")
    await scene.talk.says(CADRE, "指导 选 清溪")
    await scene.to(3, 2, year=2028)
    assert (await scene.talk.says(CADRE, "指导"))[0] == Said("guidance/to_choose", year=2028)
    await scene.talk.says(CADRE, "指导 选 清溪")
    async with scene.store.read() as session:
        years = (await session.execute(select(GuidanceAssignment.year).order_by(GuidanceAssignment.year))).scalars()
        assert list(years) == [2027, 2028]
