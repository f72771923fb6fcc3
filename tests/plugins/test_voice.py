"""心声: said in private, answered by the linked cadre, closed by its author alone (R2.5, R4.2, 6.4)."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.domain.people import Actor, AgeBand, OrgLevel, Role
from bot.store.chat import Chat, Contact
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit
from bot.store.store import Store
from bot.store.voice import Voice, VoiceAnswer
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

CADRE, OTHER, ADMIN, ZHAO, YU = "10001", "10002", "30001", "20001", "20003"
WORDS = "夜班下班没有公交，走回去要一个小时"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def city(store: Store) -> OrgUnit:
    return await make_org(store, "甘泉市团委", OrgLevel.CITY)


@pytest_asyncio.fixture
async def org(store: Store, city: OrgUnit) -> OrgUnit:
    return await make_org(store, parent=city)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


@pytest_asyncio.fixture
async def admin(store: Store, org: OrgUnit) -> Actor:
    return await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def zhao(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def the_voice(store: Store) -> Voice:
    async with store.read() as session:
        return (await session.execute(select(Voice))).scalar_one()


def ref_in(shown: list[str] | str) -> str:
    found = re.search(r"#(V[0-9]+)", shown if isinstance(shown, str) else "\n".join(shown))
    assert found is not None, shown
    return found[1]


async def said(talk: Talkers, words: str = WORDS, who: str = ZHAO, kind: str = "3") -> str:
    shown = await talk.says(who, f"心声 {words}")
    await talk.says(who, kind)
    return ref_in(shown)


# --- saying it -------------------------------------------------------------------------------------------------------


async def test_a_voice_gets_its_number_at_once_and_its_kind_afterwards(talk, store, zhao):
    shown = await talk.says(ZHAO, f"心声 {WORDS}")
    assert "林晓舟" in shown[0]
    assert [line for line in shown[1].splitlines() if line[0] in "①②③"] == ["① 思想困惑", "② 现实关切", "③ 具体困难"]
    assert "具体困难" in (await talk.says(ZHAO, "3"))[0]
    kept = await the_voice(store)
    assert (kept.kind, kept.state, kept.author_id) == ("difficulty", "open", zhao.person_id)
    assert ref_in(shown) == f"V{kept.ref}"
    assert WORDS.encode() not in (kept.text or b"")


async def test_the_cadre_hears_of_it_without_a_word_and_without_a_name(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {WORDS}")
    assert "心声" in talk.last(CADRE)
    assert "小赵" not in talk.last(CADRE)
    assert "公交" not in talk.last(CADRE)


async def test_the_whole_way_from_saying_it_to_closing_it(talk, store, zhao):
    ref = await said(talk)
    assert ref in (await talk.says(CADRE, "心声列表"))[0]
    shown = (await talk.says(CADRE, f"查看心声 {ref}"))[0]
    assert WORDS in shown
    assert "小赵" in shown
    assert await count(store, AuditEntry, AuditEntry.action == "read.voice") == 1
    await talk.says(CADRE, f"回复 {ref} 已经问了公交公司，下周一加一趟")
    assert "林晓舟答复了你的" in talk.shown(ZHAO)[-2]
    assert "下周一加一趟" in talk.shown(ZHAO)[-2]
    assert "有用吗" in talk.last(ZHAO)
    assert (await the_voice(store)).state == "answered"
    assert "办结" in (await talk.says(ZHAO, "1"))[0]
    kept = await the_voice(store)
    assert (kept.state, kept.outcome) == ("closed", "helpful")
    assert "有用" in talk.last(CADRE)
    assert "看了你的心声" in (await talk.says(ZHAO, "谁看过我的数据"))[0]
