"""机关进度, 机关活动: own and below to the county, no names, no ranking, small numbers hidden (R2.1, A13, P13)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.clock import ManualClock
from bot.core.reads.orgs import NotALeadingOrgan
from bot.core.rules.five_ones import NUMBER, Slot
from bot.core.rules.people import Actor, CadreKind, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.change import cancel_activity
from bot.features.activity.acts.confirm import took_part
from bot.features.activity.acts.end import end_activity
from bot.features.activity.acts.joint import add_cadre
from bot.features.activity.acts.sign_up import sign_up
from bot.features.five_ones.acts.waive import waive
from bot.features.five_ones.reads.organ import OrganProgress, organ_progress
from bot.features.five_ones.reads.progress import progress
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.activities_built import make_organ_activity
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said, fields

DONE = "沿河边捡了两公里垃圾，来了9人"
ADMIN, CITY, CADRE, ZHAO = "30001", "30002", "10001", "20001"
WORDS = "开放日 周六9:00 团县委 走进团县委"


class Tree:
    """A city, two counties below it with a grassroots committee, admins, a cadre with a group and a youth."""

    store: Store
    city: OrgUnit
    county: OrgUnit
    other: OrgUnit
    admin: Actor
    city_admin: Actor
    cadre: Actor
    youth: Actor


@pytest_asyncio.fixture
async def tree(any_store: Store) -> Tree:
    return await build(any_store)


async def build(store: Store) -> Tree:
    found = Tree()
    found.store = store
    found.city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    found.county = await make_org(store, "清河县团委", OrgLevel.COUNTY, found.city)
    found.other = await make_org(store, "白石县团委", OrgLevel.COUNTY, found.city)
    found.admin = await make_person(store, found.county, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    found.city_admin = await make_person(store, found.city, "何立", number=CITY, roles=(Role.ORGAN_ADMIN,))
    found.cadre = await make_cadre(store, found.county, number=CADRE)
    chat = await make_chat(store, found.county, found.cadre)
    found.youth = await make_youth(store, found.county, number=ZHAO, cadre=found.cadre, chat=chat)
    return found


async def do(store: Store, act: Any, *args: Any, **how: Any) -> Any:
    async with store.unit() as unit:
        return await act(unit, *args, **how)


async def seen(tree: Tree, actor: Actor, page: int = 1) -> OrganProgress:
    async with tree.store.read() as session:
        return await organ_progress(session, actor, Workdays(), page, now=tree.store.clock.now())


async def held(tree: Tree, *slots: Slot, confirmed: bool = True, process: bool = True) -> list[int]:
    """Works of the county's organ that are over."""
    refs = []
    for slot in slots:
        ref = await make_organ_activity(tree.store, tree.admin, tree.county, slot, starts=-timedelta(hours=3))
        if process:
            await do(tree.store, end_activity, tree.admin, ref, DONE)
        if confirmed and process:
            await do(tree.store, took_part, tree.youth, ref)
        refs.append(ref)
    return refs


# --- what counts -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P39")
async def test_an_organs_work_counts_only_over_with_process_and_a_youths_word(tree: Tree, clock: ManualClock) -> None:
    await make_organ_activity(tree.store, tree.admin, tree.county, Slot.SHARING)  # to come
    await held(tree, Slot.OPEN_DAY, process=False)
    await held(tree, Slot.FACE_TO_FACE, confirmed=False)
    [gone] = [await make_organ_activity(tree.store, tree.admin, tree.county, Slot.OPEN_DAY)]
    await do(tree.store, cancel_activity, tree.admin, gone, None)
    own = (await seen(tree, tree.admin)).own
    assert (own.counted, own.waiting, own.slots) == (0, 1, ())


async def test_five_works_of_one_kind_are_the_number_and_the_missing_kinds_are_shown(tree: Tree) -> None:
    await held(tree, *[Slot.OPEN_DAY] * NUMBER)
    own = (await seen(tree, tree.admin)).own
    assert (own.counted, own.enough, own.slots) == (NUMBER, True, (Slot.OPEN_DAY,))
    assert own.missing == tuple(Slot)[1:]


async def test_36_an_organs_work_counts_for_the_organ_and_for_the_cadre_who_took_part_once_each(tree: Tree) -> None:
    [ref] = await held(tree, Slot.OPEN_DAY)
    assert await counted(tree) == 0

    await do(tree.store, add_cadre, tree.admin, ref, "林晓舟")
    assert await counted(tree) == 1
    assert (await seen(tree, tree.admin)).own.counted == 1


async def counted(tree: Tree) -> int:
    async with tree.store.read() as session:
        (window,) = (await progress(session, tree.cadre, Workdays(), now=tree.store.clock.now())).windows
    return window.state.counted


async def test_the_last_quarter_does_not_count(tree: Tree, clock: ManualClock) -> None:
    await held(tree, Slot.OPEN_DAY)
    clock.advance(timedelta(days=93))
    assert (await seen(tree, tree.admin)).own.counted == 0


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("P13")
async def test_a_county_sees_itself_and_a_city_every_county_below_in_the_order_of_the_tree(tree: Tree) -> None:
    await held(tree, Slot.OPEN_DAY, Slot.SHARING)
    assert (await seen(tree, tree.admin)).organs == 0
    city = await seen(tree, tree.city_admin)
    assert city.own.name == tree.city.name
    assert [(line.name, line.counted) for line in city.lines] == [(tree.county.name, 2), (tree.other.name, 0)]
    assert dict(city.lacking)[Slot.FACE_TO_FACE] == 2
    assert dict(city.lacking)[Slot.OPEN_DAY] == 1


async def test_grassroots_committees_and_branches_are_no_organs_of_the_five(tree: Tree) -> None:
    below = await make_org(tree.store, "清溪街道团工委", OrgLevel.GRASSROOTS, tree.county)
    assert (await seen(tree, tree.admin)).organs == 0
    admin = await make_person(tree.store, below, "韩梅", number="30009", roles=(Role.ORGAN_ADMIN,))

    with pytest.raises(NotALeadingOrgan):
        await seen(tree, admin)


async def test_a_system_without_cities_and_counties_has_its_own_line(tree: Tree) -> None:
    system = await make_org(tree.store, "某系统团委", OrgLevel.PROVINCE)
    admin = await make_person(tree.store, system, "韩梅", number="30009", roles=(Role.ORGAN_ADMIN,))
    assert (await seen(tree, admin)).organs == 0


async def make_cadres(tree: Tree, org: OrgUnit, count: int) -> Sequence[Actor]:
    return [
        await make_person(tree.store, org, f"干部{n}", roles=(Role.CADRE,), cadre_kind=CadreKind.PART_TIME)
        for n in range(count)
    ]


@pytest.mark.rule("P30")
async def test_fewer_than_five_cadres_below_their_number_are_not_shown(tree: Tree) -> None:
    await make_cadres(tree, tree.county, 3)  # four with the one there
    found = await seen(tree, tree.city_admin)
    assert (found.cadres, found.below.total, dict(found.below.cells)) == (4, None, {})
    await make_cadres(tree, tree.county, 1)
    found = await seen(tree, tree.city_admin)
    assert (found.cadres, found.below.total, dict(found.below.cells)) == (5, 5, {tree.county.name: 5})


@pytest.mark.rule("P30")
async def test_a_small_county_is_never_what_is_left_of_the_sum(tree: Tree) -> None:
    await make_cadres(tree, tree.county, 6)
    await make_cadres(tree, tree.other, 1)
    found = await seen(tree, tree.city_admin)
    assert (found.below.total, dict(found.below.cells)) == (8, {})


async def test_who_has_reached_the_number_or_is_waived_is_not_below(tree: Tree) -> None:
    await make_cadres(tree, tree.county, 5)
    assert (await seen(tree, tree.admin)).below.total == 6
    await do(tree.store, waive, tree.admin, "林晓舟 抽调防汛")
    assert (await seen(tree, tree.admin)).below.total == 5


@pytest.mark.rule("K3", "K4", "P13")
async def test_no_name_of_anybody_is_in_it(tree: Tree) -> None:
    await make_cadres(tree, tree.county, 9)
    await held(tree, Slot.OPEN_DAY)
    shown = repr(await seen(tree, tree.city_admin))
    for name in ("小赵", "林晓舟", "干部", "吴建平"):
        assert name not in shown


async def test_below_comes_page_by_page(tree: Tree) -> None:
    for n in range(10):
        await make_org(tree.store, f"第{n}县团委", OrgLevel.COUNTY, tree.city)
    first, second = [await seen(tree, tree.city_admin, page) for page in (1, 2)]
    assert (first.pages, len(first.lines), len(second.lines)) == (2, 10, 2)


# --- who comes -------------------------------------------------------------------------------------------------------


async def test_youths_of_the_organs_cadres_may_come_and_others_read_that_there_is_none(tree: Tree) -> None:

    there = await make_cadre(tree.store, tree.other, "韩梅", "10009")
    stranger = await make_youth(tree.store, tree.other, "阿凯", "20009", cadre=there)
    ref = await make_organ_activity(tree.store, tree.admin, tree.county, Slot.OPEN_DAY)
    await do(tree.store, sign_up, tree.youth, ref, None, private=True)
    with pytest.raises(Refusal) as refused:
        await do(tree.store, sign_up, stranger, ref, None, private=True)
    assert refused.value.code == "activity.not_found"


# --- chat ------------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    talkers = await Talkers.open(store)
    await build(store)
    return talkers


async def test_the_organ_is_asked_which_of_the_five_and_its_cadres_may_tell_their_groups(talk: Talkers) -> None:
    assert await talk.says(CADRE, f"机关活动 {WORDS}") == [Refused("not_allowed", needs="organ")]
    assert await talk.says(ADMIN, f"机关活动 {WORDS}") == [Said("activity/which_slot", usual="open_day")]
    [made] = await talk.says(ADMIN, "1")
    assert made == Said("activity/made", slot="open_day")
    ref = f"A{fields(made)['line']['ref']}"
    assert (await talk.says(ZHAO, f"/邀请 {ref}", group="888"))[0] == Refused("not_allowed", needs="cadre")
    await talk.says(CADRE, f"/邀请 {ref}", group="888")
    assert talk.last("888") == Said("activity/invited", organ="清河县团委")
    assert await talk.says(ZHAO, f"报名 {ref}") == [Said("activity/signed_up")]


async def test_its_admin_ends_it_and_reads_the_progress_in_the_chat(talk: Talkers) -> None:
    await talk.says(ADMIN, f"机关活动 {WORDS}")
    [made] = await talk.says(ADMIN, "1")
    ref = f"A{fields(made)['line']['ref']}"
    await talk.says(ZHAO, f"报名 {ref}")
    talk.advance(timedelta(days=7))
    await talk.says(ADMIN, f"结束活动 {ref} {DONE}")
    assert fields((await talk.says(ADMIN, "机关进度"))[0])["own"]["waiting"] == 1
    await talk.says(ZHAO, f"参加了 {ref}")
    [shown] = await talk.says(ADMIN, "机关进度")
    assert shown == Said("five_ones/organ", own={"counted": 1, "slots": ["open_day"]}, organs=0)
    for who, code in ((CADRE, "not_allowed"), (ZHAO, "not_allowed")):
        assert await talk.says(who, "机关进度") == [Refused(code, needs="organ")]
    assert await talk.says(ADMIN, "/机关进度", group="888") == [Said("common/say_privately")]
