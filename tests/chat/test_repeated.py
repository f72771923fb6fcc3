"""Whatever one youth can repeat in seconds reaches a cadre as a few notices and one that there are more (P22)."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Refused, Said

CADRE, ME, TIMES, FEW = "10001", "20001", 12, 3


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    org = await make_org(store)
    cadre = await make_cadre(store, org, number=CADRE)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", ME, cadre=cadre, chat=chat)
    return await Talkers.open(store)


async def refs(talk: Talkers, table: type[Voice] | type[Wish]) -> list[int]:
    async with talk.store.read() as session:
        return list((await session.execute(select(table.ref).order_by(table.id))).scalars())


async def told(talk: Talkers) -> int:
    """Notices that the cadre has, with what waits to be told in one."""
    await talk.sender.pump()
    return len(talk.shown(CADRE))


async def test_what_is_said_and_taken_back_again_and_again(talk: Talkers) -> None:
    for number in range(TIMES):
        await talk.says(ME, f"心声 夜班太多了 {number}")
        await talk.says(ME, "4")
    arrived = await told(talk)
    assert arrived == FEW
    for ref in await refs(talk, Voice):
        await talk.says(ME, f"撤回心声 V{ref}")
    assert await told(talk) - arrived <= FEW


async def test_wishes_that_are_withdrawn_again_and_again(talk: Talkers) -> None:
    for number in range(TIMES):
        await talk.says(ME, f"许愿 想要一本书 {number}")
        await talk.says(ME, "2")
    arrived = await told(talk)
    for ref in await refs(talk, Wish):
        await talk.says(ME, f"撤回心愿 W{ref}")
    assert await told(talk) - arrived <= FEW


async def test_a_talk_that_is_asked_for_and_given_up_again_and_again(talk: Talkers) -> None:
    said: list[str] = []
    for _ in range(TIMES):
        said += await talk.says(ME, "找人聊聊 夜班的事")
        await talk.says(ME, "结束聊天")
    assert [one == Refused("relay.too_often") for one in said].count(True) == TIMES - FEW
    asked = [one for one in talk.shown(CADRE) if one == Said("relay/request")]
    assert len(asked) == FEW


async def test_an_organisation_that_is_corrected_again_and_again(talk: Talkers) -> None:
    said = [(await talk.says(ME, f"更正 组织 第{number}支部"))[0] for number in range(TIMES)]
    assert [one == Refused("rights.org_too_often") for one in said].count(True) == TIMES - FEW
    assert len(talk.shown(CADRE)) == FEW


async def test_the_responsible_person_is_asked_once(talk: Talkers) -> None:
    for _ in range(TIMES):
        await talk.says(ME, "联系负责人")
    assert await told(talk) <= 1


@pytest.mark.parametrize("words", ["许愿 一个篮球", "心声 夜班太多了"])
async def test_the_first_few_come_one_by_one(talk: Talkers, words: str) -> None:
    await talk.says(ME, words)
    assert await told(talk) <= 1
