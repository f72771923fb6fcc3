"""Auto-replies are nobody's words, and two programs do not answer each other for ever."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.features.voice.tables import Voice
from bot.store.delivery import Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Said

ME, STRANGER = "20001", "66666"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", ME, cadre=cadre, chat=chat)
    return await Talkers.open(store, paced=True)


async def waiting(talk: Talkers) -> int:
    async with talk.store.read() as session:
        return (
            await session.execute(select(func.count()).select_from(Prompt).where(Prompt.state == "open"))
        ).scalar_one()


@pytest.mark.parametrize(
    "words",
    [
        "[自动回复]您好，我现在有事不在，一会再和您联系。",
        "【自动回复】1",
        " [Auto-Reply] I am away",
        "自动回复：稍后联系",
        "（自动回复）删除我的数据",
    ],
)
async def test_an_auto_reply_is_not_answered_and_answers_nothing(talk: Talkers, words: str) -> None:
    await talk.says(ME, "删除我的数据")
    assert await waiting(talk) == 1
    before = len(talk.shown(ME))
    for _ in range(5):
        await talk.says(ME, words)
    assert len(talk.shown(ME)) == before
    assert await waiting(talk) == 1
    assert await talk.says(STRANGER, words) == []


async def test_words_of_danger_in_an_auto_reply_bring_the_card_but_not_for_ever(talk: Talkers) -> None:
    for _ in range(30):
        await talk.says(ME, "[自动回复]我不想活了")
        talk.advance(timedelta(minutes=1))
    cards = [said for said in talk.shown(ME) if said == Said("crisis/card")]
    assert 1 <= len(cards) <= 6


async def test_a_program_that_answers_with_the_same_words_is_left_alone(talk: Talkers) -> None:
    for _ in range(40):
        await talk.says(STRANGER, "您好，我是客服小助手，请问有什么可以帮您？")
        talk.advance(timedelta(seconds=4))
    assert len(talk.shown(STRANGER)) <= 6
    assert talk.last(STRANGER) == Said("common/silent_now")


async def test_a_program_that_answers_with_ever_new_words_or_with_a_command_is_left_alone_too(talk: Talkers) -> None:
    for number in range(80):
        await talk.says(STRANGER, f"第 {number} 次为您服务")
        talk.advance(timedelta(seconds=4))
    assert len(talk.shown(STRANGER)) <= 26
    for _ in range(80):
        await talk.says("77777", "帮助")
        talk.advance(timedelta(seconds=4))
    assert len(talk.shown("77777")) <= 26


async def test_a_person_who_was_not_understood_is_answered_as_soon_as_they_say_something_known(talk: Talkers) -> None:
    for _ in range(10):
        await talk.says(ME, "嗯嗯嗯")
    assert await talk.says(ME, "嗯嗯嗯") == []
    assert await talk.says(ME, "帮助") == [Said("help/menu")]
    assert await talk.says(ME, "嗯嗯嗯") == [Said("common/unknown")]
    await talk.says(ME, "心声 夜班太多了")
    async with talk.store.read() as session:
        assert (await session.execute(select(Voice.id))).scalar_one_or_none() or await waiting(talk)


async def test_after_a_while_without_a_word_it_begins_anew(talk: Talkers) -> None:
    for _ in range(10):
        await talk.says(STRANGER, "什么鬼")
    talk.advance(timedelta(minutes=11))
    assert await talk.says(STRANGER, "什么鬼") == [Said("common/unknown")]
