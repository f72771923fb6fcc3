"""规定, 免除, 同办: who may set what, what it changes in a window and what not (R2.8, R6.9, R6.11, P40, A3)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.chat.text import labels
from bot.clock import SHANGHAI, ManualClock
from bot.core.feature import features
from bot.core.reads.officers import OfficerAmbiguous, OfficerNotFound
from bot.core.rules.five_ones import NUMBER, Slot, Window
from bot.core.rules.people import Actor, CadreKind, Grant, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.confirm import OwnActivity, took_part
from bot.features.activity.acts.end import end_activity
from bot.features.activity.acts.joint import add_cadre, drop_cadre
from bot.features.activity.reads.kinds import kind_words
from bot.features.five_ones.acts.quota import set_quota
from bot.features.five_ones.acts.waive import expire_waivers, undo_waiver, waive
from bot.features.five_ones.reads.progress import Progress, done_in, progress
from bot.features.five_ones.reads.waivers import waivers
from bot.features.five_ones.rules.quota import QuotaFaultKind, QuotaFile
from bot.features.five_ones.rules.waiver import WaiverNotFound, WaiverNumber, WaiverOwn, WaiverReason
from bot.features.five_ones.tables import QuotaVersion, QuotaWaiver
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

DONE = "沿河边捡了两公里垃圾，来了9人"
WHY = "病假两周"
FILE: dict[str, Any] = {
    "org": "S01",
    "from": "2026-01-01",
    "plan": {"name": "某省1+100工作实施方案", "version": "2026版", "date": date(2026, 3, 20)},
    "full_time": {"kinds": ["实事", "团课", "谈心"], "number": 5, "months": 2},
    "part_time": {"kinds": ["团课", "志愿服务"]},
    "organ": {"kinds": ["机关开放", "面对面", "集中志愿服务", "工作分享", "自主设计"]},
}


class Tree:
    """A province, a city and a county below it, and another county; with admins, two cadres and a youth."""

    store: Store
    province: OrgUnit
    city: OrgUnit
    county: OrgUnit
    other: OrgUnit
    admin: Actor
    city_admin: Actor
    other_admin: Actor
    cadre: Actor
    part_time: Actor
    youth: Actor


@pytest_asyncio.fixture
async def tree(any_store: Store) -> Tree:
    found = Tree()
    found.store = any_store
    found.province = await make_org(any_store, "某省团委", OrgLevel.PROVINCE)
    found.city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY, found.province)
    found.county = await make_org(any_store, "清河县团委", OrgLevel.COUNTY, found.city)
    found.other = await make_org(any_store, "白石县团委", OrgLevel.COUNTY, found.city)
    async with any_store.unit() as unit:
        await unit.session.execute(update(OrgUnit).where(OrgUnit.id == found.province.id).values(code="S01"))
    found.admin = await make_person(any_store, found.county, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    found.city_admin = await make_person(any_store, found.city, "何立", number="30002", roles=(Role.ORGAN_ADMIN,))
    found.other_admin = await make_person(any_store, found.other, "苏娜", number="30003", roles=(Role.ORGAN_ADMIN,))
    found.cadre = await make_cadre(any_store, found.county)
    found.part_time = await make_person(
        any_store, found.county, "周敏", number="10002", roles=(Role.CADRE,), cadre_kind=CadreKind.PART_TIME
    )
    chat = await make_chat(any_store, found.county, found.cadre)
    found.youth = await make_youth(any_store, found.county, cadre=found.cadre, chat=chat)
    return found


async def do(store: Store, act: Any, *args: Any, **how: Any) -> Any:
    async with store.unit() as unit:
        return await act(unit, *args, **how)


async def put(tree: Tree, **changed: Any) -> Any:
    told = {key: value for key, value in {**FILE, **changed}.items() if value is not None}
    slots = {word: slot for slot, word in labels()["slot"].items()}
    return await do(tree.store, set_quota, told, kind_words(), slots)


async def stands(tree: Tree, actor: Actor) -> Progress:
    async with tree.store.read() as session:
        return await progress(session, actor, Workdays(), now=tree.store.clock.now())


async def least(tree: Tree, actor: Actor) -> int:
    (window,) = (await stands(tree, actor)).windows
    return window.state.least


async def rows(store: Store, table: Any, *where: Any) -> list[Any]:
    async with store.read() as session:
        return list((await session.execute(select(table).where(*where))).scalars())


async def audited(store: Store, action: str) -> int:
    return len(await rows(store, AuditEntry, AuditEntry.action == action))


# --- what a province sets --------------------------------------------------------------------------------------------


@pytest.mark.rule("P40")
@pytest.mark.parametrize("number", [8, 6, 4, 0, -5, "5", True, 5.5])
async def test_no_file_sets_another_number_and_the_attempt_is_logged(tree: Tree, number: object) -> None:
    faults = await put(tree, full_time={"kinds": ["实事"], "number": number})
    assert [fault.kind for fault in faults] == [QuotaFaultKind.RAISED]
    assert await rows(tree.store, QuotaVersion) == []
    assert await audited(tree.store, "quota.refused") == 1


@pytest.mark.rule("P40")
@pytest.mark.parametrize("subject", ["full_time", "seconded", "part_time", "organ"])
async def test_no_file_sets_another_window(tree: Tree, subject: str) -> None:
    kinds = FILE["organ"]["kinds"] if subject == "organ" else ["实事"]
    faults = await put(tree, **{subject: {"kinds": kinds, "months": 1}})
    assert [fault.kind for fault in faults] == [QuotaFaultKind.RAISED]
    assert await rows(tree.store, QuotaVersion) == []


@pytest.mark.rule("P40")
async def test_a_city_and_a_county_set_nothing_and_the_attempt_is_logged(tree: Tree) -> None:
    for count, org in enumerate((tree.city, tree.county), start=1):
        faults = await put(tree, org=org.code)
        assert [fault.kind for fault in faults] == [QuotaFaultKind.NOT_PROVINCE]
        assert await audited(tree.store, "quota.refused") == count
    assert await rows(tree.store, QuotaVersion) == []


@pytest.mark.rule("P40", "P41")
@pytest.mark.parametrize("key", ["photos", "check_in", "report", "照片"])
async def test_photos_check_ins_and_reports_cannot_be_demanded(tree: Tree, key: str) -> None:
    for told in ({key: True}, {"full_time": {"kinds": ["实事"], key: 3}}):
        assert QuotaFaultKind.UNKNOWN_KEY in [fault.kind for fault in await put(tree, **told)]
    assert await rows(tree.store, QuotaVersion) == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"org": None}, QuotaFaultKind.MISSING),
        ({"org": "S99"}, QuotaFaultKind.UNKNOWN_ORG),
        ({"from": None}, QuotaFaultKind.MISSING),
        ({"from": "明年"}, QuotaFaultKind.WRONG_KIND),
        ({"plan": None}, QuotaFaultKind.MISSING),
        ({"plan": {"name": "方案", "date": "2026-03-20"}}, QuotaFaultKind.MISSING),
        ({"plan": {"name": "方案" * 60, "version": "1", "date": "2026-03-20"}}, QuotaFaultKind.TOO_LONG),
        ({"plan": {"name": "【机密】方案", "version": "1", "date": "2026-03-20"}}, QuotaFaultKind.SECRET),
        ({"full_time": 5}, QuotaFaultKind.WRONG_KIND),
        ({"full_time": {}}, QuotaFaultKind.MISSING),
        ({"full_time": {"kinds": ["刷视频"]}}, QuotaFaultKind.UNKNOWN_WORD),
        ({"full_time": {"kinds": ["实事", "实事"]}}, QuotaFaultKind.TWICE),
        ({"full_time": None, "part_time": None, "organ": None}, QuotaFaultKind.MISSING),
    ],
)
async def test_what_is_wrong_in_a_file_is_named_and_nothing_is_written(
    tree: Tree, changed: dict[str, Any], kind: QuotaFaultKind
) -> None:
    assert [fault.kind for fault in await put(tree, **changed)] == [kind]
    assert await rows(tree.store, QuotaVersion) == []
    assert await audited(tree.store, "quota.set") == 0


async def test_a_version_cites_its_plan_and_reaches_every_cadre_below(tree: Tree) -> None:
    assert isinstance(await put(tree), QuotaFile)
    (window,) = (await stands(tree, tree.cadre)).windows
    assert (window.rule.plan_version, window.rule.plan_day) == ("2026版", date(2026, 3, 20))
    assert window.rule.kinds == ("practical_help", "league_lesson", "talk")
    assert window.state.least == NUMBER
    (quarter,) = (await stands(tree, tree.part_time)).windows
    assert quarter.rule.kinds == ("league_lesson", "volunteering")


async def test_without_a_plan_the_notice_itself_holds_and_a_plan_does_not_reach_another_province(tree: Tree) -> None:
    there = await make_org(tree.store, "另一省团委", OrgLevel.PROVINCE)
    cadre = await make_cadre(tree.store, there, "韩梅", "10009")
    await put(tree)
    (window,) = (await stands(tree, cadre)).windows
    assert (window.rule.plan, len(window.rule.kinds)) == ("", NUMBER)


async def test_38_a_version_that_begins_in_a_window_holds_from_the_next_one(tree: Tree, clock: ManualClock) -> None:
    await put(tree)
    now = clock.now().astimezone(SHANGHAI)
    soon = (now + timedelta(days=2)).date()
    told = {**FILE["plan"], "version": "新版"}
    assert isinstance(await put(tree, **{"from": soon, "plan": told}), QuotaFile)
    clock.advance(timedelta(days=3))
    assert (await stands(tree, tree.cadre)).windows[0].rule.plan_version == "2026版"
    window = (await stands(tree, tree.cadre)).windows[0].state.window
    clock.advance(datetime.combine(window.last, now.timetz()) + timedelta(days=1) - clock.now())
    assert (await stands(tree, tree.cadre)).windows[0].rule.plan_version == "新版"


async def test_what_has_begun_is_not_changed_backwards(tree: Tree, clock: ManualClock) -> None:
    await put(tree)
    for day in ("2026-01-01", "2025-12-31", clock.now().date().isoformat()):
        assert [fault.kind for fault in await put(tree, **{"from": day})] == [QuotaFaultKind.NOT_LATER]


# --- waivers ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P40")
@pytest.mark.parametrize("number", ["8次", "6次", "0次", "-3次", "+9次", "一百次"])
async def test_a_waiver_is_never_more_than_the_number_nor_a_raise(tree: Tree, number: str) -> None:
    with pytest.raises(WaiverNumber):
        await do(tree.store, waive, tree.admin, f"林晓舟 {number} 病假两周")
    assert await rows(tree.store, QuotaWaiver) == []


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    "words", ["林晓舟", "林晓舟 2次", "林晓舟 2次 假", "林晓舟 电话13800138000", f"林晓舟 {'忙' * 101}"]
)
async def test_a_waiver_has_a_reason_that_says_no_more_than_it_must(tree: Tree, words: str) -> None:
    with pytest.raises(WaiverReason):
        await do(tree.store, waive, tree.admin, f"林晓舟{words}")
    assert await rows(tree.store, QuotaWaiver) == []


@pytest.mark.rule("P13")
async def test_whom_another_organ_answers_for_is_not_found(tree: Tree) -> None:
    for words in ("林晓舟 2次 病假两周", "没有这人 2次 病假两周"):
        with pytest.raises(OfficerNotFound):
            await do(tree.store, waive, tree.other_admin, words)
    with pytest.raises(OfficerNotFound):
        await do(tree.store, undo_waiver, tree.other_admin, "林晓舟")


async def test_nobody_waives_their_own(tree: Tree) -> None:
    both = await make_person(tree.store, tree.county, "韩梅", number="10009", roles=(Role.ORGAN_ADMIN, Role.CADRE))
    with pytest.raises(WaiverOwn):
        await do(tree.store, waive, both, "韩梅 2次 病假两周")
    await do(tree.store, waive, tree.city_admin, "韩梅 2次 病假两周")
    assert await least(tree, both) == 3


async def test_of_two_of_one_name_it_is_asked_which(tree: Tree) -> None:
    await make_cadre(tree.store, tree.other, number="10009")
    with pytest.raises(OfficerAmbiguous):
        await do(tree.store, waive, tree.city_admin, "林晓舟 2次 病假两周")


async def test_a_waiver_lowers_this_window_of_this_cadre_only(tree: Tree, clock: ManualClock) -> None:
    said = await do(tree.store, waive, tree.admin, "林晓舟 两次 病假两周")
    assert (said.fewer, len(said.windows), said.told) == (2, 1, True)
    assert (await least(tree, tree.cadre), await least(tree, tree.part_time)) == (3, NUMBER)
    assert await audited(tree.store, "quota.waived") == 1
    clock.advance(timedelta(days=62))
    assert await least(tree, tree.cadre) == NUMBER


async def test_without_a_number_the_whole_window_is_waived_and_a_later_one_takes_its_place(tree: Tree) -> None:
    await do(tree.store, waive, tree.admin, "林晓舟 抽调防汛")
    assert await least(tree, tree.cadre) == 0
    await do(tree.store, waive, tree.city_admin, "林晓舟 1次 抽调防汛")
    assert await least(tree, tree.cadre) == 4
    assert len(await rows(tree.store, QuotaWaiver, QuotaWaiver.undone_at.is_(None))) == 1


async def test_an_undone_waiver_is_over_and_cannot_be_undone_twice(tree: Tree) -> None:
    await do(tree.store, waive, tree.admin, "林晓舟 2次 病假两周")
    await do(tree.store, undo_waiver, tree.admin, "林晓舟")
    assert await least(tree, tree.cadre) == NUMBER
    with pytest.raises(WaiverNotFound):
        await do(tree.store, undo_waiver, tree.admin, "林晓舟")


@pytest.mark.rule("P13")
async def test_the_list_of_waivers_is_of_the_own_organ_and_below(tree: Tree) -> None:
    await do(tree.store, waive, tree.admin, "林晓舟 2次 病假两周")
    seen = []
    for actor in (tree.admin, tree.city_admin, tree.other_admin, tree.cadre):
        async with tree.store.read() as session:
            said = await waivers(session, tree.store.vault, actor, now=tree.store.clock.now())
            seen.append([(line.fewer, line.reason) for line in said.lines])
    own = [(2, WHY)]
    assert seen == [own, own, [], []]


async def test_waivers_run_out_three_years_after_their_window_and_not_before(tree: Tree, clock: ManualClock) -> None:
    await do(tree.store, waive, tree.admin, "林晓舟 2次 病假两周")
    clock.advance(timedelta(days=3 * 365 - 30))
    assert await do(tree.store, expire_waivers, RetentionPeriods(), 10) == 0
    clock.advance(timedelta(days=100))
    assert await do(tree.store, expire_waivers, RetentionPeriods(), 10) == 1


# --- kinds of cadre --------------------------------------------------------------------------------------------------


async def test_37_a_kind_that_changes_in_a_window_changes_the_window_and_everything_in_it_counts(
    tree: Tree, clock: ManualClock
) -> None:
    """Done in October as a part-time cadre, in November as a full-time one, and part-time again in December."""
    clock.advance(datetime(2026, 10, 10, 10, tzinfo=SHANGHAI) - clock.now())
    await held(tree, tree.cadre, clock)
    clock.advance(datetime(2026, 11, 24, 10, tzinfo=SHANGHAI) - clock.now())
    await held(tree, tree.cadre, clock)
    for kind, window, counted in (
        (CadreKind.FULL_TIME, Window(date(2026, 11, 1), date(2026, 12, 31)), 1),
        (CadreKind.PART_TIME, Window(date(2026, 10, 1), date(2026, 12, 31)), 2),
        (CadreKind.SECONDED, Window(date(2026, 11, 1), date(2026, 12, 31)), 1),
    ):
        now_is = Actor(tree.cadre.person_id, None, (Grant(Role.CADRE, tree.county.id, kind),))
        (one,) = (await stands(tree, now_is)).windows
        assert (one.state.window, one.state.counted, one.state.least) == (window, counted, NUMBER)


async def held(tree: Tree, cadre: Actor, clock: ManualClock, **how: Any) -> int:
    """An activity of this minute that a youth confirms."""
    ref = await make_activity(tree.store, cadre, starts=-timedelta(hours=3), **how)
    await do(tree.store, end_activity, cadre, ref, DONE)
    await do(tree.store, took_part, tree.youth, ref)
    return ref


# --- together --------------------------------------------------------------------------------------------------------


async def counted(tree: Tree, cadre: Actor) -> int:
    window = Window(date(2020, 1, 1), date(2040, 12, 31))
    async with tree.store.read() as session:
        found = await done_in(session, cadre.person_id or 0, window, tree.store.clock.now())
    return sum(item.confirmed.value == "yes" for item in found)


async def test_36_45_one_activity_of_two_cadres_counts_once_for_each(tree: Tree, clock: ManualClock) -> None:
    ref = await held(tree, tree.cadre, clock)
    assert await counted(tree, tree.part_time) == 0
    await do(tree.store, add_cadre, tree.cadre, ref, "周敏")
    assert (await do(tree.store, add_cadre, tree.cadre, ref, "周敏")).again
    assert (await counted(tree, tree.cadre), await counted(tree, tree.part_time)) == (1, 1)
    await do(tree.store, drop_cadre, tree.part_time, ref, None)
    assert (await counted(tree, tree.cadre), await counted(tree, tree.part_time)) == (1, 0)


async def test_45_nobody_claims_an_activity_of_somebody_else(tree: Tree, clock: ManualClock) -> None:
    ref = await held(tree, tree.cadre, clock)
    there = await make_cadre(tree.store, tree.other, "韩梅", "10009")
    for who, act, more in (
        (tree.part_time, add_cadre, ("周敏",)),
        (tree.part_time, drop_cadre, (None,)),
        (tree.part_time, drop_cadre, ("林晓舟",)),
        (there, add_cadre, ("韩梅",)),
        (tree.cadre, add_cadre, ("韩梅",)),
        (tree.cadre, add_cadre, ("林晓舟",)),
        (tree.cadre, add_cadre, ("小赵",)),
        (tree.cadre, drop_cadre, ("周敏",)),
    ):
        with pytest.raises(Refusal):
            await do(tree.store, act, who, ref, *more)
    assert await counted(tree, tree.part_time) == await counted(tree, there) == 0


@pytest.mark.rule("P39")
async def test_32_the_word_of_a_cadre_who_took_part_does_not_confirm(tree: Tree, clock: ManualClock) -> None:
    ref = await make_activity(tree.store, tree.cadre, starts=-timedelta(hours=3))
    await do(tree.store, end_activity, tree.cadre, ref, DONE)
    await do(tree.store, add_cadre, tree.cadre, ref, "周敏")
    young = Actor(tree.part_time.person_id, None, (*tree.part_time.grants, Grant(Role.YOUTH, tree.county.id)))
    with pytest.raises((OwnActivity, Refusal)):
        await do(tree.store, took_part, young, ref)
    assert await counted(tree, tree.part_time) == 0


async def test_36_the_start_decides_the_window_across_the_end_of_the_year(tree: Tree, clock: ManualClock) -> None:
    clock.advance(datetime(2027, 1, 1, 2, tzinfo=SHANGHAI) - clock.now())
    await held(tree, tree.cadre, clock)  # began 31 December 23:00
    async with tree.store.read() as session:
        for window, count in (
            (Window(date(2026, 11, 1), date(2026, 12, 31)), 1),
            (Window(date(2027, 1, 1), date(2027, 2, 28)), 0),
        ):
            assert len(await done_in(session, tree.cadre.person_id or 0, window, clock.now())) == count


def test_every_source_tells_of_many_cadres_at_once() -> None:
    assert [one for feature in features() for one in feature.five_ones if not callable(one.read)] == []
    assert len(Slot) == NUMBER
