"""Every form of 何时 and every row of the table of commands, typed: into the group by its cadre and by the organ, in
private for oneself; who may not gets nothing.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor, Role
from bot.features.reminder.reads.templates import read_templates, shipped_templates
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said, fields
from tests.ticking import do_due

WEEKDAYS = "一二三四五六日"
TEMPLATES = ["团课", "志愿服务日", "网络主题团日", "五个一", "季度报告", "开放日", "集中服务月", "最美青春故事"]
CADRE, ADMIN, ZHAO, GROUP = "10001", "10009", "20001", "888"


def times(talk: Talkers, where: str, what: Said) -> int:
    """How often it was said there."""
    return sum(one == what for one in talk.shown(where))


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


FORMS = (
    ("11月26日15:00", "2026-11-26 15:00"),
    ("每天 8:30", "2026-11-25 08:30 2026-11-26 08:30 2026-11-27 08:30"),
    ("工作日 8:30", "2026-11-25 08:30 2026-11-26 08:30 2026-11-27 08:30"),
    ("每周五 20:00", "2026-11-27 20:00 2026-12-04 20:00 2026-12-11 20:00"),
    ("每周一三五 7:30", "2026-11-25 07:30 2026-11-27 07:30 2026-11-30 07:30"),
    ("每周一三五7:30", "2026-11-25 07:30 2026-11-27 07:30 2026-11-30 07:30"),
    ("每两周周三 19:00", "2026-11-25 19:00 2026-12-09 19:00 2026-12-23 19:00"),
    ("每月1日 9:00", "2026-12-01 09:00 2027-01-01 09:00 2027-02-01 09:00"),
    ("每月1号和15号 9:00", "2026-12-01 09:00 2026-12-15 09:00 2027-01-01 09:00"),
    ("每月最后一天", "2026-11-30 09:00 2026-12-31 09:00 2027-01-31 09:00"),
    ("每月最后一个周五", "2026-11-27 09:00 2026-12-25 09:00 2027-01-29 09:00"),
    ("每月最后一个工作日 9:00", "2026-11-30 09:00 2026-12-31 09:00 2027-01-29 09:00"),
    ("每季度最后一周周一 9:00", "2026-12-28 09:00 2027-03-29 09:00 2027-06-28 09:00"),
    ("每年5月4日前3个工作日 9:00", "2027-04-28 09:00 2028-04-27 09:00 2029-04-27 09:00"),
    ("每月31日", "2026-11-30 09:00 2026-12-31 09:00 2027-01-31 09:00"),
    ("每年2月29日", "2027-02-28 09:00 2028-02-29 09:00 2029-02-28 09:00"),
    ("农历正月十五 9:00", "2027-02-20 09:00"),
    ("每年农历正月十五 9:00", "2027-02-20 09:00 2028-02-09 09:00 2029-02-27 09:00"),
    ("农历每月十五", "2026-12-23 09:00 2027-01-22 09:00 2027-02-20 09:00"),
    ("每周五 20:00 到12月5日", "2026-11-27 20:00 2026-12-04 20:00"),
    ("每周五 20:00 共2次", "2026-11-27 20:00 2026-12-04 20:00"),
)


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


@pytest_asyncio.fixture
async def admin(store: Store, org: OrgUnit) -> Actor:
    return await make_person(store, org, "顾宁", number=ADMIN, roles=(Role.ORGAN_ADMIN,))


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


async def planned(store: Store) -> list[datetime]:
    async with store.read() as session:
        rows = await session.execute(
            select(ReminderOccurrence.due_at).where(ReminderOccurrence.state == "planned").order_by("due_at")
        )
        return list(rows.scalars())


async def the_only(store: Store) -> Reminder:
    async with store.read() as session:
        return (await session.execute(select(Reminder))).scalar_one()


# --- 提醒 新建 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "dues"), FORMS)
@pytest.mark.parametrize("order", ["{when} 看团课", "看团课 {when}"])
async def test_each_form_is_set_and_its_receipt_names_the_next_dates(
    talk: Talkers, store: Store, chat: Chat, when: str, dues: str, order: str
) -> None:
    said = await talk.says(CADRE, "/提醒 新建 " + order.format(when=when), group=GROUP)
    assert said == [Said("reminder/set")], said
    line = fields(said[0])["line"]
    wanted = [at(" ".join(pair)) for pair in zip(dues.split()[::2], dues.split()[1::2], strict=True)]
    assert line["words"] == "看团课"
    assert len(line["coming"]) == len(wanted)
    assert await planned(store) == wanted[:1]
    for one, due in zip(line["coming"], wanted, strict=True):
        assert WEEKDAYS[due.weekday()] in one["said"]


@pytest.mark.parametrize("who", [CADRE, ADMIN])
@pytest.mark.parametrize(("group", "own"), [(GROUP, False), (None, True)])
async def test_it_belongs_to_the_place_where_it_was_typed(
    talk: Talkers, store: Store, chat: Chat, admin: Actor, who: str, group: str | None, own: bool
) -> None:
    assert await talk.says(who, "/提醒 新建 每周五20:00 看团课", group=group) == [Said("reminder/set")]
    assert ((await the_only(store)).chat_id is None) == own
    talk.advance(timedelta(days=3, hours=10))
    await do_due(store, talk.clock.now(), "reminder")
    await talk.sender.pump()
    place, elsewhere = (who, GROUP) if own else (GROUP, who)
    assert talk.last(place) == Said("reminder/due", own=own)
    assert Said("reminder/due") not in talk.shown(elsewhere)


async def test_it_ends_after_so_many_times_and_goes_out_no_more(talk: Talkers, store: Store, chat: Chat) -> None:
    await talk.says(CADRE, "/提醒 新建 每天20:00 看团课 共2次", group=GROUP)
    talk.advance(timedelta(hours=11))
    for _day in range(5):
        await do_due(store, talk.clock.now(), "reminder")
        await talk.sender.pump()
        talk.advance(timedelta(days=1))
    assert times(talk, GROUP, Said("reminder/due")) == 2
    assert (await the_only(store)).state == "over"


@pytest.mark.parametrize("words", ["每周八 开会", "25:00 开会", "2月30日9:00 开会", "昨天9:00 开会", "每3分钟 喝水"])
async def test_what_cannot_be_sets_nothing_and_offers_what_can(
    talk: Talkers, store: Store, cadre: Actor, words: str
) -> None:
    [said] = await talk.says(CADRE, f"/提醒 新建 {words}")
    assert said == Said("reminder/part", asking="when")
    assert fields(said)["why"].startswith("no_")
    assert await planned(store) == []


# --- the other rows ---------------------------------------------------------------------------------------------------


ROWS = (
    ("停 {ref}", Said("reminder/stopped")),
    ("开 {ref}", Said("reminder/set", changed=True)),
    ("改 {ref} 每周六9:00", Said("reminder/set", changed=True)),
    ("改 {ref} 带上笔记本", Said("reminder/set", changed=True)),
    ("这次不发 {ref}", Said("reminder/skipped")),
    ("跳过 {ref}", Said("reminder/skipped")),
    ("列表", Said("reminder/list")),
    ("模板", Said("reminder/templates", asked=True)),
    ("用 团课", Said("reminder/set")),
    ("删 {ref}", Said("reminder/deleted")),
)


@pytest.mark.parametrize("who", [CADRE, ADMIN])
@pytest.mark.parametrize("group", [None, GROUP])
async def test_each_row_works_in_the_group_and_in_private_for_its_host_and_for_the_organ(
    talk: Talkers, chat: Chat, admin: Actor, who: str, group: str | None
) -> None:
    [first] = await talk.says(CADRE, "/提醒 新建 每周五20:00 看团课", group=GROUP)
    ref = f"R{fields(first)['line']['ref']}"
    for words, said in ROWS:
        assert await talk.says(who, "/提醒 " + words.format(ref=ref), group=group) == [said], words


@pytest.mark.parametrize("group", [None, GROUP])
async def test_a_youth_and_another_cadre_change_nothing_by_any_row(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat, group: str | None
) -> None:
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    far = await make_org(store, "石湾县团委")
    await make_person(store, far, "田野", number="10002", roles=(Role.CADRE, Role.ORGAN_ADMIN))
    [first] = await talk.says(CADRE, "/提醒 新建 每周五20:00 看团课", group=GROUP)
    ref = f"R{fields(first)['line']['ref']}"
    before = (await the_only(store)).version
    for who in (ZHAO, "10002", "99999"):
        for words, said in ROWS:
            if "{ref}" in words:
                assert said not in await talk.says(who, "/提醒 " + words.format(ref=ref), group=group)
    kept = await the_only(store)
    assert (kept.version, kept.state, len(await planned(store))) == (before, "going", 1)


async def test_for_oneself_anybody_known_and_nobody_in_a_group(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    assert Said("reminder/set") not in await talk.says("99999", "/提醒我 明天下午3点 复查")
    assert Said("reminder/set") not in await talk.says(ZHAO, "/提醒我 明天下午3点 复查", group=GROUP)
    assert await planned(store) == []
    assert await talk.says(ZHAO, "/提醒我 明天下午3点 复查") == [Said("reminder/set")]
    assert await planned(store) == [at("2026-11-25 15:00")]


async def test_a_word_about_one_that_there_is_not_is_answered_alike(talk: Talkers, cadre: Actor) -> None:
    for words, _said in ROWS:
        if "{ref}" in words:
            assert await talk.says(CADRE, "/提醒 " + words.format(ref="R9999")) == [Refused("reminder.not_found")]


# --- 模板 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["团课", "志愿服务日", "网络主题团日", "五个一", "季度报告", "开放日", "集中服务月", "最美青春故事"]
)
async def test_each_template_has_its_time_and_its_text(talk: Talkers, store: Store, chat: Chat, name: str) -> None:
    [said] = await talk.says(CADRE, f"/提醒 用 {name}", group=GROUP)
    assert said == Said("reminder/set")
    assert fields(said)["line"]["words"] == shipped_templates().by_name[name].text
    assert len(await planned(store)) == 1


def test_an_organ_replaces_them_and_a_time_that_reads_in_no_single_way_stops_the_start(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('["读书会"]\nwhen = "每周三19:00"\ntext = "带一本书来"\n', encoding="utf-8")
    assert list(read_templates(own).by_name) == ["读书会"]
    own.write_text('["读书会"]\nwhen = "每天7点"\ntext = "带一本书来"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="读书会"):
        read_templates(own)
