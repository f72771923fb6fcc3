"""提醒 as it is typed: what is read, what is asked, what is refused, and what goes out when."""

from datetime import datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.port import Delivery, Outcome
from bot.clock import SHANGHAI
from bot.core.acts.offices import end_roles
from bot.core.rules.people import Actor, Role
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said, fields
from tests.ticking import do_due

TOGETHER, ONLINE = "今晚一起看团课", "每月最后一个周五 20:00"
CADRE, ZHAO, GROUP = "10001", "20001", "888"


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
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def zhao(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)


async def reminders(store: Store) -> list[Reminder]:
    async with store.read() as session:
        return list((await session.execute(select(Reminder))).scalars())


async def test_a_reminder_is_set_for_the_group_where_it_was_typed(talk: Talkers, store: Store, chat: Chat) -> None:
    said = await talk.says(CADRE, f"/提醒 新建 每周五晚上8点 {TOGETHER}", group=GROUP)
    line = fields(said[0])["line"]
    assert (line["when"], line["words"], len(line["coming"])) == ("每周五 20:00", TOGETHER, 3)
    assert await reminders(store) != []


# --- time passes ------------------------------------------------------------------------------------------------------


async def goes_to(talk: Talkers, at: datetime) -> None:
    """The bot runs until then: its ticks look, its sender sends."""
    talk.advance(at - talk.clock.now())
    for _look in range(2):  # after a long time off the first look finds what was missed
        await do_due(talk.store, talk.clock.now(), "reminder")
    await talk.sender.pump()


async def set_in_group(talk: Talkers, text: str) -> int:
    """A reminder of the group; its number."""
    said = await talk.says(CADRE, f"/提醒 新建 {text}", group=GROUP)
    assert said == [Said("reminder/set")], said
    return fields(said[0])["line"]["ref"]


async def became_of(store: Store) -> list[tuple[str, str | None]]:
    """State and reason of every occurrence, in the order in which they were due."""
    async with store.read() as session:
        rows = await session.execute(select(ReminderOccurrence).order_by(ReminderOccurrence.due_at))
        return [(row.state, row.why) for row in rows.scalars()]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the 24th is a Tuesday, on which these tests begin at 10:00."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


DUE = Said("reminder/due")


def times(talk: Talkers, where: str, what: Said = DUE) -> int:
    """How often it was said there."""
    return sum(one == what for one in talk.shown(where))


async def test_it_goes_out_once_and_the_next_one_is_planned(talk: Talkers, store: Store, chat: Chat) -> None:
    await set_in_group(talk, "每天20:00 看团课")
    await goes_to(talk, at(24, 19, 59))
    assert times(talk, GROUP) == 0
    await goes_to(talk, at(24, 20))
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 1
    assert await became_of(store) == [("sent", None), ("planned", None)]


async def test_what_is_due_at_one_minute_in_one_place_is_one_message(talk: Talkers, chat: Chat) -> None:
    await set_in_group(talk, "每天20:00 看团课")
    await set_in_group(talk, "每天20:00 带水杯")
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 1
    assert len(fields(talk.last(GROUP))["lines"]) == 2


async def test_in_the_night_a_group_is_left_alone_until_eight(talk: Talkers, store: Store, chat: Chat) -> None:
    said = await talk.says(CADRE, "/提醒 新建 每天23:00 早点睡", group=GROUP)
    assert said == [Said("reminder/set", night=True)]
    await goes_to(talk, at(24, 23, 30))
    assert times(talk, GROUP) == 0
    await goes_to(talk, at(25, 8))
    assert times(talk, GROUP) == 1
    assert fields(talk.last(GROUP))["lines"][0]["late"] == "", "it is on time"


async def test_ones_own_keeps_its_minute_in_the_night_too(talk: Talkers, store: Store, zhao: Actor) -> None:
    assert await talk.says(ZHAO, "提醒我 今晚11点半 关灯睡觉") == [Said("reminder/set", night=False)]
    await goes_to(talk, at(24, 23, 30))
    assert talk.last(ZHAO) == Said("reminder/due", own=True)
    [one] = await reminders(store)
    assert (one.state, await became_of(store)) == ("over", [("sent", None)])


async def test_missed_by_an_hour_it_comes_late_and_says_so(talk: Talkers, store: Store, chat: Chat) -> None:
    await set_in_group(talk, "每天12:00 吃饭")
    await goes_to(talk, at(24, 13))
    assert fields(talk.last(GROUP))["lines"][0]["late"] != ""
    assert await became_of(store) == [("late", None), ("planned", None)]


async def test_missed_by_a_day_its_owner_hears_so_and_the_group_does_not(
    talk: Talkers, store: Store, chat: Chat
) -> None:
    await set_in_group(talk, "11月25日9:00 集合")
    await goes_to(talk, at(26, 9))
    assert times(talk, GROUP) == 0
    assert talk.last(CADRE) == Said("reminder/missed")
    assert await became_of(store) == [("missed", "down")]


async def test_after_three_days_off_only_the_latest_goes_out_and_the_others_are_accounted_for(
    talk: Talkers, store: Store, chat: Chat
) -> None:
    await set_in_group(talk, "每天12:00 吃饭")
    await goes_to(talk, at(27, 12, 30))
    await goes_to(talk, at(27, 12, 30))
    assert times(talk, GROUP) == 1
    assert [state for state, _why in await became_of(store)] == ["missed", "missed", "missed", "late", "planned"]


async def test_stopped_nothing_goes_out_and_started_it_goes_on(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says(CADRE, f"提醒 停 R{ref}") == [Said("reminder/stopped")]
    await goes_to(talk, at(24, 20, 30))
    assert times(talk, GROUP) == 0
    assert await talk.says(CADRE, f"提醒 开 R{ref}") == [Said("reminder/set", changed=True)]
    await goes_to(talk, at(25, 20))
    assert times(talk, GROUP) == 1


async def test_one_is_skipped_and_the_one_after_it_goes_out(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says(CADRE, f"提醒 这次不发 R{ref}") == [Said("reminder/skipped")]
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 0
    await goes_to(talk, at(25, 20))
    assert times(talk, GROUP) == 1
    assert (await became_of(store))[0] == ("skipped", "asked")


async def test_a_skipped_one_can_be_brought_back(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    await talk.says(CADRE, f"提醒 这次不发 R{ref}")
    assert await talk.says(CADRE, f"提醒 开 R{ref}") == [Said("reminder/set")]
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 1


async def test_a_changed_time_takes_the_old_one_back(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says(CADRE, f"提醒 改 R{ref} 每天21:00") == [Said("reminder/set", changed=True)]
    await goes_to(talk, at(24, 20, 30))
    assert times(talk, GROUP) == 0
    await goes_to(talk, at(24, 21))
    assert fields(talk.last(GROUP))["lines"][0]["words"] == "看团课"
    assert [state for state, _why in await became_of(store)] == ["cancelled", "sent", "planned"]


async def test_changed_words_keep_the_time(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    await talk.says(CADRE, f"提醒 改 R{ref} {TOGETHER}")
    await goes_to(talk, at(24, 20))
    assert fields(talk.last(GROUP))["lines"][0]["words"] == TOGETHER
    assert times(talk, GROUP) == 1


async def test_deleted_its_words_are_gone(talk: Talkers, store: Store, chat: Chat) -> None:
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says(CADRE, f"提醒 删 R{ref}") == [Said("reminder/deleted")]
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 0
    [one] = await reminders(store)
    assert one.words is None
    assert await talk.says(CADRE, f"提醒 停 R{ref}") == [Refused("reminder.not_found")]


async def test_missing_parts_are_asked_one_by_one(talk: Talkers, store: Store, cadre: Actor) -> None:
    assert await talk.says(CADRE, "提醒我 给小赵回话") == [Said("reminder/part", asking="when", why="")]
    assert await talk.says(CADRE, "每天7点") == [Said("reminder/part", asking="when", why="two_half_of_day")]
    assert await talk.says(CADRE, "2") == [Said("reminder/set")]
    [one] = await reminders(store)
    assert one.said == "每天 19:00"


async def test_a_time_alone_asks_for_the_words(talk: Talkers, store: Store, cadre: Actor) -> None:
    assert await talk.says(CADRE, "提醒我 明天下午3点") == [Said("reminder/part", asking="words")]
    assert await talk.says(CADRE, "给小赵回话") == [Said("reminder/set")]


async def test_in_a_group_what_is_missing_is_asked_in_private(talk: Talkers, store: Store, chat: Chat) -> None:
    assert await talk.says(CADRE, "/提醒 新建 看团课", group=GROUP) == [Said("reminder/more_in_private")]
    assert await talk.says(CADRE, "每周五20:00") == [Said("reminder/set")]
    [one] = await reminders(store)
    assert one.chat_id == chat.id


async def test_a_template_comes_at_its_usual_time_or_at_another(talk: Talkers, store: Store, chat: Chat) -> None:
    assert await talk.says(CADRE, "/提醒 用 网络主题团日", group=GROUP) == [Said("reminder/set")]
    assert await talk.says(CADRE, "/提醒 用 团课 每周三15:00", group=GROUP) == [Said("reminder/set")]
    assert {one.said for one in await reminders(store)} == {ONLINE, "每周三 15:00"}
    assert await talk.says(CADRE, "/提醒 用 没有的", group=GROUP) == [Said("reminder/templates", asked=False)]


async def test_nothing_cheerful_comes_on_a_day_of_mourning(talk: Talkers, store: Store, chat: Chat) -> None:
    await talk.says(CADRE, "/提醒 用 志愿服务日 每天9:00", group=GROUP)
    await goes_to(talk, datetime(2026, 12, 12, 9, tzinfo=SHANGHAI))
    before = times(talk, GROUP)
    await goes_to(talk, datetime(2026, 12, 13, 9, tzinfo=SHANGHAI))
    assert times(talk, GROUP) == before
    assert ("skipped", "grave_day") in await became_of(store)
    await goes_to(talk, datetime(2026, 12, 14, 9, tzinfo=SHANGHAI))
    assert times(talk, GROUP) == before + 1


# --- who may ----------------------------------------------------------------------------------------------------------


async def test_a_youth_sets_none_for_the_group(talk: Talkers, store: Store, zhao: Actor) -> None:
    await talk.says(ZHAO, "/提醒 新建 每天20:00 看团课", group=GROUP)
    assert not await reminders(store)


async def test_a_strange_cadre_sets_and_touches_none(talk: Talkers, store: Store, org: OrgUnit, chat: Chat) -> None:
    await make_cadre(store, org, "吴建平", "10002")
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says("10002", "/提醒 新建 每天20:00 看球", group=GROUP) == [Refused("reminder.not_host")]
    for word in ("停", "开", "删", "这次不发"):
        assert await talk.says("10002", f"提醒 {word} R{ref}") == [Refused("reminder.not_found")]
    assert await talk.says("10002", f"提醒 改 R{ref} 每天21:00") == [Refused("reminder.not_found")]
    assert await talk.says("10002", "/提醒 列表", group=GROUP) == [Refused("reminder.not_host")]
    assert (await became_of(store)) == [("planned", None)]


async def test_a_co_host_and_the_organ_may(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor) -> None:
    host = await make_cadre(store, org, "吴建平", "10002")
    await make_person(store, org, "顾宁", number="10003", roles=(Role.ORGAN_ADMIN,))
    await make_chat(store, org, cadre, GROUP, host)
    ref = await set_in_group(talk, "每天20:00 看团课")
    assert await talk.says("10002", f"提醒 停 R{ref}") == [Said("reminder/stopped")]
    assert await talk.says("10003", f"提醒 开 R{ref}") == [Said("reminder/set")]


async def test_somebody_elses_own_reminder_is_nobodys_business(talk: Talkers, store: Store, zhao: Actor) -> None:
    said = await talk.says(ZHAO, "提醒我 明天下午3点 复查")
    ref = fields(said[0])["line"]["ref"]
    assert await talk.says(CADRE, f"提醒 停 R{ref}") == [Refused("reminder.not_found")]
    assert await talk.says(CADRE, "提醒 列表") == [Said("reminder/list", lines=[])]
    assert len(fields((await talk.says(ZHAO, "提醒 列表"))[0])["lines"]) == 1


async def test_a_group_holds_no_private_details(talk: Talkers, store: Store, chat: Chat) -> None:
    said = await talk.says(CADRE, "/提醒 新建 每天20:00 打13812345678找小赵", group=GROUP)
    assert said == [Refused("reminder.private")]
    assert not await reminders(store)


async def test_a_group_that_cannot_be_reached_is_told_to_its_owner_once(
    talk: Talkers, store: Store, chat: Chat
) -> None:
    await set_in_group(talk, "每天20:00 看团课")
    talk.channel.outcomes[GROUP] = [Delivery(Outcome.FAILED), Delivery(Outcome.FAILED)]
    await goes_to(talk, at(24, 20))
    await goes_to(talk, at(25, 20))
    await goes_to(talk, at(26, 20))
    assert times(talk, CADRE, Said("reminder/unreached", group=True)) == 1
    assert [state for state, _why in await became_of(store)] == ["missed", "missed", "sent", "planned"]


async def test_who_leaves_office_leaves_the_groups_reminders_to_a_co_host_and_their_own_to_themselves(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
) -> None:
    host = await make_cadre(store, org, "吴建平", "10002")
    await make_chat(store, org, cadre, GROUP, host)
    ref = await set_in_group(talk, "每天20:00 看团课")
    await talk.says(CADRE, "提醒我 每天21:00 跑步")
    async with store.unit() as unit:
        await end_roles(unit, [cadre.person_id or 0], Role.CADRE)
    await talk.sender.pump()
    assert talk.last("10002") == Said("reminder/taken_over", ref=ref)
    assert {one.ref == ref: one.owner_id for one in await reminders(store)} == {
        True: host.person_id,
        False: cadre.person_id,
    }


async def test_without_anybody_else_the_groups_reminder_stops(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    await set_in_group(talk, "每天20:00 看团课")
    async with store.unit() as unit:
        await end_roles(unit, [cadre.person_id or 0], Role.CADRE)
    [one] = await reminders(store)
    assert one.state == "stopped"
    await goes_to(talk, at(24, 20))
    assert times(talk, GROUP) == 0


TIMED = ["明天下午3点", "明早8点", "下周三15:00", "每周五20:00"]


@pytest.mark.parametrize("when", TIMED)
async def test_a_time_is_an_answer_to_when_and_a_word_that_puts_off_is_none(
    talk: Talkers, store: Store, cadre: Actor, when: str
) -> None:
    await talk.says(CADRE, "提醒我 给小赵回话")
    for later in ("明天再说", "以后再说"):
        assert await talk.says(CADRE, later) == [Said("common/no_hurry")]
    assert await talk.says(CADRE, when) == [Said("reminder/set")]
