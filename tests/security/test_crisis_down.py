"""Words of danger are answered whatever is broken, and cannot be used to keep the bot busy (P27, threat 16)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bot.chat import danger
from bot.core.tables import Crisis
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.harness import Talkers
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_chat, make_org, make_youth

ZHAO, STRANGER = "20001", "66666"
WORDS = "我不想活了"


@pytest.fixture
async def talk(store: Store) -> Talkers:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    return await Talkers.open(store, paced=True)


@pytest.mark.rule("P27")
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_the_card_comes_even_when_the_database_refuses_every_write(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    @asynccontextmanager
    async def refuses(*_: Any, **__: Any) -> AsyncIterator[None]:
        raise OperationalError("BEGIN", {}, Exception("database or disk is full"))
        yield

    with monkeypatch.context() as patch:
        patch.setattr(talk.store, "unit", refuses)
        said = await talk.says(who, WORDS)
    assert len(said) == 1
    assert "12356" in said[0]
    assert "未记录" not in said[0]


async def test_the_card_does_not_wait_for_a_database_that_hangs(talk: Talkers, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that misses its deadline is given up; this one must have been answered before."""
    monkeypatch.setattr(danger, "CRISIS_PATIENCE", 0.05)
    async with talk.store.unit():  # somebody holds the only writer
        work = talk.gate.arrive(talk.incoming(ZHAO, WORDS))
        assert work is not None
        async with asyncio.timeout(PATIENCE):
            await work
        talk.sender._memory.send()
        await asyncio.wait(set(talk.sender._under_way.tasks))
    assert "12356" in talk.last(ZHAO)


async def test_a_flood_of_such_words_gets_a_few_cards_and_no_more(talk: Talkers) -> None:
    for _ in range(40):
        await talk.says(ZHAO, WORDS)
    assert 1 <= len(talk.shown(ZHAO)) <= 10
    async with talk.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Crisis))).scalar_one() == 1
        assert (await session.execute(select(func.count()).select_from(OutboxMessage))).scalar_one() <= 10
    talk.advance(timedelta(minutes=2))
    assert "12356" in (await talk.says(ZHAO, WORDS))[0]
