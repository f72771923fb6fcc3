"""我的青年 and 我的谈心: a list of names is a read of each person on it; who is who; how youths can come (P15, P5)."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said

CADRE, OTHER, ZHAO, KAI = "10001", "10002", "20001", "20002"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


async def reads(store: Store, action: str) -> list[int]:
    async with store.read() as session:
        rows = await session.execute(select(AuditEntry.subject_id).where(AuditEntry.action == action))
        return sorted(subject for subject in rows.scalars() if subject is not None)


# --- who was read ----------------------------------------------------------------------------------------------------


async def test_a_refused_or_empty_list_reads_nobody(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await talk.says(CADRE, "我的青年")
    await talk.says(CADRE, "我的谈心")
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre)
    for words in ("我的青年 2", "我的谈心 没这个人"):
        await talk.says(CADRE, words)
    for words in ("我的青年", "我的谈心"):
        await talk.says(ZHAO, words)
    assert (await reads(store, "read.youths"), await reads(store, "read.talks")) == ([], [])


@pytest.mark.rule("P15")
async def test_each_youth_on_the_page_can_see_that_the_list_was_read_and_no_other(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    youths = [await make_youth(store, org, f"青年{n:02}", f"3{n:04}", cadre=cadre) for n in range(21)]
    await talk.says(CADRE, "我的青年 2")
    (last,) = await reads(store, "read.youths")
    assert last in {y.person_id for y in youths}
    number = next(f"3{n:04}" for n, y in enumerate(youths) if y.person_id == last)
    other = next(f"3{n:04}" for n, y in enumerate(youths) if y.person_id != last)
    seen = (await talk.says(number, "谁看过我的数据"))[0]
    assert seen == Said("rights/reads", lines=[{"read": {"action": "read.youths"}}])
    assert (await talk.says(other, "谁看过我的数据"))[0] == Said("rights/reads", lines=[])


async def test_a_list_of_talks_is_a_read_of_its_youths_once_a_time(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    zhao = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)
    await make_consent(store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    for _ in range(2):
        talk.advance(timedelta(minutes=1))
        await talk.says(CADRE, "/谈心 开始 夜班", group="888")
        await talk.says(ZHAO, "最近夜班多", group="888")
        await talk.says(CADRE, "/谈心 结束 聊了夜班", group="888")
    assert "小赵" in (await talk.says(CADRE, "我的谈心"))[0]
    assert await reads(store, "read.talks") == [zhao.person_id]
    seen = (await talk.says(ZHAO, "谁看过我的数据"))[0]
    assert seen == Said("rights/reads", lines=[{"read": {"action": "read.talks"}}])


# --- who is who ------------------------------------------------------------------------------------------------------


async def test_two_of_one_name_are_told_apart_by_when_and_through_which_group_and_nothing_else(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chats = [await make_chat(store, org, cadre, number) for number in ("888", "999")]
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chats[0], last_contact=timedelta(days=21))
    talk.advance(timedelta(hours=1))
    await make_youth(store, org, "小赵", KAI, cadre=cadre, chat=chats[1])
    async with store.read() as session:
        refs = dict((await session.execute(select(Contact.chat_id, Contact.ref))).all())
    for words in ("记谈心 小赵 聊了夜班", "我的谈心 小赵"):
        answer = (await talk.says(CADRE, words))[0]
        assert f"小赵 #K{refs[chats[0].id]}，11 月 3 日 10:00 加入，群尾号 888" in answer
        assert f"小赵 #K{refs[chats[1].id]}，11 月 24 日 11:00 加入，群尾号 999" in answer
        assert not any(told in answer for told in (ZHAO, KAI))
        bare = re.sub(r"K\d+", "", answer)  # a reference is drawn at random and may hold any digits
        assert not any(age in bare for age in ("18", "14"))
    assert f"小赵（K{refs[chats[0].id]}，11 月 3 日 10:00 加入，群尾号 888）" in (await talk.says(CADRE, "我的青年"))[0]


async def test_who_came_through_a_group_that_is_gone_is_told_by_the_day(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    for number in (ZHAO, KAI):
        await make_youth(store, org, "小赵", number, cadre=cadre, chat=chat)
    await talk.says(CADRE, "/解除关联", group="888")
    answer = (await talk.says(CADRE, "我的谈心 小赵"))[0]
    assert "11 月 24 日 10:00 加入" in answer
    assert "888" not in answer


# --- how youths can come ---------------------------------------------------------------------------------------------


async def test_an_empty_list_sends_nobody_to_link_what_is_linked(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_cadre(store, org, "吴建平", OTHER)
    assert (await talk.says(CADRE, "我的青年"))[0] == Said("contact/youths", count=0, groups=0, co_hosted=0)
    await talk.says(CADRE, "/关联本群", group="888")
    owner = (await talk.says(CADRE, "我的青年"))[0]
    assert owner == Said("contact/youths", count=0, groups=1)
    assert "/关联本群" not in owner
    await talk.says(OTHER, "/关联本群", group="888")
    co_host = (await talk.says(OTHER, "我的青年"))[0]
    assert co_host == Said("contact/youths", count=0, groups=0, co_hosted=1)
