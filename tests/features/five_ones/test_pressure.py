"""层层加码: an attempt at another number is refused and logged, a demand that is told of gets the clause (R6.9)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import ColumnElement, func, select

from bot.core.rules.people import CadreKind, Role
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.five_ones.rules.pressure import asks_for_another_number, tells_of_a_demand
from bot.features.five_ones.tables import QuotaVersion
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_person
from tests.said import Refused, Said
from tests.voices_built import make_county

ADMIN, CITY, CADRE, PART_TIME, ZHAO = "30001", "30002", "10001", "10005", "20001"
ORDERS = (
    "把我们县专职的指标改成两个月8次",
    "知心，把我们县专职的指标改成两个月 8 次",
    "兼职干部的次数提高到每季度十次",
    "活动频次调到每月3次",
    "五个一改成每月六次",
    "全县干部任务数定为每季度12次",
    "请上调机关指标到8次",
)
DEMANDS = (
    "领导让我们每月报10次",
    "团区委群里让每周打卡一次，这算不算加码",
    "书记要求每个月搞八次活动",
    "上级规定每周上报3次台账",
    "县里硬性要求天天打卡 联系青年",
    "部门让我们两个月办10场活动",
    "单位摊派任务，每季度谈心二十次",
    "这是不是层层加码",
)
NEITHER = (
    "我这季度几次了",
    "这个月办了三次活动",
    "老师让我们每天跑步两次",
    "每周五打球，要来吗",
    "想学画画，每周一次就行",
    "把时间改成周六下午两点",
    "今晚七点在清溪社区打球，帮我发个通知",
    "我想许个愿，想要一个篮球",
    "公司每月加班十次，太累了",
    "妈妈让我每周打三次电话",
)


async def count(store: Store, table: type, *where: ColumnElement[bool]) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    talkers = await Talkers.open(store)
    county = await make_county(store)
    kind = CadreKind.PART_TIME
    await make_person(store, county.org, "周敏", number=PART_TIME, roles=(Role.CADRE,), cadre_kind=kind)
    return talkers


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", NEITHER)
def test_other_talk_is_neither(words: str) -> None:
    assert not asks_for_another_number(words)
    assert not tells_of_a_demand(words)


@pytest.mark.parametrize("words", ORDERS)
def test_an_order_to_the_bot_is_no_tale(words: str) -> None:
    assert asks_for_another_number(words)
    assert not tells_of_a_demand(words)


@pytest.mark.parametrize("words", DEMANDS)
def test_a_tale_of_a_demand_is_no_order(words: str) -> None:
    assert tells_of_a_demand(words)
    assert not asks_for_another_number(words)


# --- refused and logged ----------------------------------------------------------------------------------------------


@pytest.mark.rule("P40")
@pytest.mark.parametrize("words", ORDERS)
@pytest.mark.parametrize("who", [ADMIN, CITY, CADRE])
async def test_nobody_changes_the_number_in_the_chat_and_the_attempt_is_logged(talk, store, who, words):
    [said] = await talk.says(who, words)
    assert said == Said("five_ones/target_fixed", number=5, organ=who != CADRE)
    assert await count(store, AuditEntry, AuditEntry.action == "quota.refused") == 1
    assert await count(store, QuotaVersion) == 0


async def test_a_youth_and_a_stranger_are_told_nothing_of_it_and_nothing_is_logged(talk, store):
    for who in (ZHAO, "66666"):
        assert (await talk.says(who, ORDERS[0]))[0] == Refused("not_allowed", needs="holder")
    assert await count(store, AuditEntry, AuditEntry.action == "quota.refused") == 0


# --- told of a demand ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P40")
@pytest.mark.parametrize(("who", "months"), [(CADRE, [2]), (PART_TIME, [3]), (ADMIN, []), (ZHAO, [])])
async def test_the_clause_and_ones_own_number_are_told_and_the_level_above_is_offered(talk, who, months):
    [said] = await talk.says(who, DEMANDS[0])
    assert said == Said("five_ones/pressed", months=months, number=5, office=who != ZHAO, org="甘泉市团委")


@pytest.mark.rule("P23", "P38")
async def test_telling_of_it_leaves_no_row_and_sends_nothing(talk, store):
    before = [await count(store, table) for table in (EventKey, OutboxMessage, Prompt, AnonymousVoice, AuditEntry)]
    await talk.says(PART_TIME, DEMANDS[1])
    after = [await count(store, table) for table in (EventKey, OutboxMessage, Prompt, AnonymousVoice, AuditEntry)]
    assert after == before


@pytest.mark.rule("P23", "P40")
@pytest.mark.parametrize("yes", ["反映", "1", "匿名反映"])
async def test_one_word_passes_it_on_without_a_name(talk, store, yes):
    await talk.says(PART_TIME, DEMANDS[1])
    said = await talk.says(PART_TIME, yes)
    assert Said("anonymous/received", org="甘泉市团委") in said
    assert await count(store, AnonymousVoice) == 1
    await talk.says(PART_TIME, yes)  # once more sends nothing more
    assert await count(store, AnonymousVoice) == 1


@pytest.mark.parametrize("no", ["3", "不发了", "算了"])
async def test_a_no_sends_nothing(talk, store, no):
    await talk.says(PART_TIME, DEMANDS[1])
    await talk.says(PART_TIME, no)
    await talk.says(PART_TIME, "1")
    assert await count(store, AnonymousVoice) == 0


async def test_what_lay_for_half_an_hour_is_gone(talk, store):
    await talk.says(PART_TIME, DEMANDS[1])
    talk.advance(timedelta(minutes=31))
    await talk.says(PART_TIME, "1")
    assert await count(store, AnonymousVoice) == 0


async def test_the_word_alone_asks_for_the_words(talk):
    assert (await talk.says(PART_TIME, "反映"))[0] == Said("anonymous/say", org="甘泉市团委")
    assert (await talk.says(PART_TIME, DEMANDS[0]))[0] == Said("anonymous/send", org="甘泉市团委")


@pytest.mark.parametrize("words", [DEMANDS[0], ORDERS[0]])
async def test_words_that_a_question_waits_for_are_its_answer(talk, store, words):
    await talk.says(ZHAO, "心声")
    said = await talk.says(ZHAO, words)
    assert not any(one in (Said("five_ones/pressed"), Said("five_ones/target_fixed")) for one in said)
    assert await count(store, AuditEntry, AuditEntry.action == "quota.refused") == 0
