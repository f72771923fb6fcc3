"""集中活动: what is on, who has what still missing, and an activity as a part of it; counts only (R3, P13, P38)."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI
from bot.core.installation import Installation
from bot.core.reads.campaigns import campaigns
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.forget import expire_figures
from bot.features.activity.tables import Activity
from bot.features.campaign.tables import CampaignPart
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said, fields

CADRE, COLLEAGUE, ADMIN, CITY, YOUTH, FOREIGN = "10001", "10002", "30001", "30002", "20001", "19999"


class Scene:
    talk: Talkers
    store: Store
    county: OrgUnit
    cadre: Actor
    chat: Chat
    youth: Actor

    async def to(self, year: int, month: int, day: int, hour: int = 10) -> None:
        self.talk.advance(datetime(year, month, day, hour, tzinfo=SHANGHAI) - self.store.clock.now())

    async def held(self, kind: str, *, confirmed: bool = True, cadre: Actor | None = None) -> int:
        """An activity that is over; with a youth's word if ``confirmed``."""
        ref = await make_activity(self.store, cadre or self.cadre, self.chat, starts=timedelta(hours=1), kind=kind)
        self.talk.advance(timedelta(hours=4))
        by = CADRE if cadre is None else COLLEAGUE
        await self.talk.says(by, f"结束活动 A{ref} 沿河边捡了两公里垃圾，来了9人")
        if confirmed:
            await self.talk.says(YOUTH, f"参加了 A{ref}")
        return ref

    async def shown(self, who: str, name: str) -> dict[str, Any]:
        [said] = await self.talk.says(who, f"集中活动 {name}")
        assert said == Said("campaign/shown")
        return fields(said)

    async def levels(self, who: str, name: str) -> list[tuple[str | None, int, int, int, int]]:
        told = (await self.shown(who, name))["levels"]
        return [(one["level"], one["all"], one["done"], one["planned"], one["missing"]) for one in told]


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    found = Scene()
    found.store, found.talk = store, await Talkers.open(store)
    city = await make_org(store, "云山市团委", OrgLevel.CITY)
    found.county = await make_org(store, "清河县团委", OrgLevel.COUNTY, city)
    await make_org(store, "临山县团委", OrgLevel.COUNTY, city)
    await make_org(store, "清溪街道团工委", OrgLevel.GRASSROOTS, found.county)
    other = await make_org(store, "远海县团委")
    found.cadre = await make_cadre(store, found.county)
    found.chat = await make_chat(store, found.county, found.cadre)
    await make_cadre(store, other, "周敏", FOREIGN)
    await make_person(store, found.county, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await make_person(store, city, "何老师", number=CITY, roles=(Role.ORGAN_ADMIN,))
    found.youth = await make_youth(store, found.county, "小赵", YOUTH, cadre=found.cadre, chat=found.chat)
    return found


async def parts(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(CampaignPart))).scalar_one()


@pytest.mark.parametrize("who", [CADRE, ADMIN, CITY])
async def test_everybody_in_office_sees_what_is_on_and_what_comes(scene: Scene, who: str) -> None:
    [said] = await scene.talk.says(who, "集中活动")
    lines = fields(said)["lines"]
    assert [line["on"] for line in lines] == [True, False, False]
    assert lines[0]["duty"] == "organ"


async def test_a_youth_is_not_asked_for_it(scene: Scene) -> None:
    assert await scene.talk.says(YOUTH, "集中活动") == [Refused("not_allowed")]


@pytest.mark.rule("R3.5")
async def test_practical_help_in_the_service_month_is_part_of_it_without_a_word(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "missing"
    ref = await scene.held("practical_help", confirmed=False)
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "planned"
    await scene.talk.says(YOUTH, f"参加了 A{ref}")
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "done"


async def test_another_kind_is_part_of_it_when_the_campaign_is_named_in_either_order(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    ref = await scene.held("recreation")
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "missing"
    assert await scene.talk.says(CADRE, f"集中活动 记 服务月 A{ref}") == [Said("campaign/tied", again=False)]
    assert await scene.talk.says(CADRE, f"集中活动 记 A{ref} 集中服务青年月") == [Said("campaign/tied", again=True)]
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "done"
    assert await parts(scene.store) == 1
    assert await scene.talk.says(CADRE, f"集中活动 撤 A{ref}") == [Said("campaign/untied", count=1)]
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "missing"
    assert await scene.talk.says(CADRE, f"集中活动 撤 A{ref}") == [Said("campaign/untied", count=0)]
    async with scene.store.read() as session:
        mine = select(AuditEntry.action).where(AuditEntry.action.startswith("campaign."))
        assert sorted((await session.execute(mine)).scalars()) == ["campaign.tied", "campaign.untied"]


async def test_it_counts_in_the_five_ones_once_all_the_same(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    ref = await scene.held("recreation")
    before = fields((await scene.talk.says(CADRE, "进度"))[0])
    await scene.talk.says(CADRE, f"集中活动 记 服务月 A{ref}")
    assert fields((await scene.talk.says(CADRE, "进度"))[0])["windows"] == before["windows"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("集中活动 记 服务月 A{ref}", "campaign.outside"),
        ("集中活动 记 春耕 A{ref}", "campaign.unknown"),
        ("集中活动 记 服务月 明天的", "campaign.no_activity"),
        ("集中活动 春耕", "campaign.unknown"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_kept(scene: Scene, words: str, code: str) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    assert await scene.talk.says(CADRE, words.format(ref=ref)) == [Refused(code)]
    assert await parts(scene.store) == 0


@pytest.mark.rule("P13")
async def test_another_ones_activity_reads_like_one_that_does_not_exist(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    foreign = await scene.talk.says(FOREIGN, f"集中活动 记 服务月 A{ref}")
    nobody = await scene.talk.says(FOREIGN, f"集中活动 记 服务月 A{ref + 1}")
    assert foreign == nobody == [Refused("activity.not_found")]


async def test_a_cancelled_one_is_no_part_of_anything(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    ref = await make_activity(scene.store, scene.cadre, scene.chat, kind="practical_help")
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "planned"
    await scene.talk.says(CADRE, f"取消活动 A{ref}")
    assert (await scene.shown(CADRE, "服务月"))["line"]["mine"] == "missing"
    assert await scene.talk.says(CADRE, f"集中活动 记 服务月 A{ref}") == [Refused("campaign.no_activity")]


@pytest.mark.rule("R3.1", "P13")
async def test_an_organ_sees_how_many_below_have_their_open_day_and_no_name(scene: Scene) -> None:
    await scene.to(2027, 5, 4)
    assert await scene.levels(CITY, "开放日") == [("county", 2, 0, 0, 2)]
    assert await scene.levels(ADMIN, "开放日") == []
    assert (await scene.shown(ADMIN, "开放日"))["line"]["mine"] == "missing"
    ref = await scene.held("open_day", confirmed=False)
    assert await scene.levels(CITY, "开放日") == [("county", 2, 0, 1, 1)]
    await scene.talk.says(YOUTH, f"参加了 A{ref}")
    assert await scene.levels(CITY, "开放日") == [("county", 2, 1, 0, 1)]
    assert (await scene.shown(ADMIN, "开放日"))["line"]["mine"] == "done"
    [said] = await scene.talk.says(CITY, "集中活动 开放日")
    assert not {"小赵", "林晓舟", "清河", "临山"} & {
        word for word in ("小赵", "林晓舟", "清河", "临山") if word in said
    }


async def test_an_open_day_of_last_year_is_none_of_this_year(scene: Scene) -> None:
    await scene.to(2027, 5, 4)
    await scene.held("open_day")
    await scene.to(2028, 4, 20)
    assert await scene.levels(CITY, "开放日") == [("county", 2, 0, 0, 2)]


@pytest.mark.rule("R3.2", "R3.5")
async def test_an_organ_sees_how_many_cadres_have_one_its_own_and_below(scene: Scene) -> None:
    colleague = await make_cadre(scene.store, scene.county, "苏娜", COLLEAGUE)
    await scene.to(2026, 12, 28)
    assert await scene.levels(ADMIN, "服务月") == await scene.levels(CITY, "服务月") == [(None, 2, 0, 0, 2)]
    await scene.held("practical_help")
    assert await scene.levels(ADMIN, "服务月") == [(None, 2, 1, 0, 1)]
    async with scene.store.unit() as unit:
        await unit.swap(RoleGrant, RoleGrant.person_id == colleague.person_id, until=unit.now)
    assert await scene.levels(ADMIN, "服务月") == [(None, 1, 1, 0, 0)]
    assert (await scene.shown(CADRE, "服务月"))["levels"] == []


@pytest.mark.rule("R3.3")
async def test_the_steps_of_ones_own_level_are_marked(scene: Scene) -> None:
    spans = (await scene.shown(CITY, "最美青春故事"))["spans"]
    assert [span["mine"] for span in spans] == [False, True, False, False]
    spans = (await scene.shown(CADRE, "最美青春故事"))["spans"]
    assert [span["mine"] for span in spans] == [True, False, False, False]


async def test_a_campaign_of_the_organs_own_file_is_one_like_any_other(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    told = ['["读书月"]', 'name = "读书月"', 'basis = "县里"', 'who = "cadre"', 'kinds = ["sharing"]']
    path.write_text("\n".join([*told, 'from = "11-01"', 'until = "12-15"']), encoding="utf-8")
    here = Installation.of_rules(Workdays(), campaigns(path))
    scene.talk.router._exchange.services = replace(scene.talk.services, installation=here)
    assert (await scene.shown(CADRE, "读书月"))["line"]["mine"] == "missing"
    await scene.held("sharing")
    assert (await scene.shown(CADRE, "读书月"))["line"]["mine"] == "done"


@pytest.mark.rule("P20")
async def test_a_part_goes_with_its_activity(scene: Scene) -> None:
    await scene.to(2026, 12, 28)
    ref = await scene.held("recreation")
    await scene.talk.says(CADRE, f"集中活动 记 服务月 A{ref}")
    scene.talk.advance(timedelta(days=4 * 366))
    async with scene.store.unit() as unit:
        await expire_figures(unit, RetentionPeriods(), 100)
    assert await parts(scene.store) == 0


@pytest.mark.parametrize(
    "words",
    [
        "分享会 周六14:00 清溪社区 最美青春故事 身边的好青年",
        "分享会 周六14:00 清溪社区 身边的好青年，最美青春故事",
        "最美青春故事 分享会 周六14:00 清溪社区",
    ],
)
async def test_whoever_names_a_campaign_when_announcing_announces_a_part_of_it(scene: Scene, words: str) -> None:
    [said] = await scene.talk.says(CADRE, f"/发起 {words}", group="888")
    assert said == Said("activity/announced", campaign=(await scene.shown(CADRE, "最美青春故事"))["line"]["name"])
    assert (await scene.shown(CADRE, "最美青春故事"))["line"]["mine"] == "planned"


async def test_an_organ_names_one_too_and_a_topic_that_is_asked_for_may(scene: Scene) -> None:
    await scene.talk.says(ADMIN, "机关活动 分享会 周六14:00 团县委 最美青春故事")
    [said] = await scene.talk.says(ADMIN, "4")
    assert said == Said("activity/made")
    await scene.talk.says(CADRE, "发起 分享会 周六14:00 清溪社区")
    await scene.talk.says(CADRE, "最美青春故事")
    assert await parts(scene.store) == 2


@pytest.mark.parametrize(
    "words",
    [
        "分享会 周六14:00 清溪社区 听最美青春故事的人聊聊",  # within a phrase
        "志愿服务 周六14:00 清溪社区 服务月",  # not in its window
        "志愿服务 周六14:00 清溪社区 捡垃圾",
    ],
)
async def test_ordinary_words_and_a_time_outside_its_window_make_no_part(scene: Scene, words: str) -> None:
    [said] = await scene.talk.says(CADRE, f"/发起 {words}", group="888")
    assert said == Said("activity/announced", campaign="")
    assert await parts(scene.store) == 0


async def test_what_was_named_by_mistake_is_taken_back_by_a_word(scene: Scene) -> None:
    await scene.talk.says(CADRE, "/发起 分享会 周六14:00 清溪社区 最美青春故事", group="888")
    [said] = await scene.talk.says(CADRE, f"集中活动 撤 A{await newest(scene.store)}")
    assert said == Said("campaign/untied", count=1)
    assert await parts(scene.store) == 0


async def newest(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(Activity.ref).order_by(Activity.id.desc()).limit(1))).scalar_one()
