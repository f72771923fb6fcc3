"""没送到: the organ's word that did not arrive is no word; what was sent up waits for the organ again (P5, C5)."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.port import Delivery, Outcome
from bot.features.upward.acts.decide import request_became
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.features.upward.todo import practices_waiting, requests_waiting
from bot.store.store import Store
from tests.harness import Talkers
from tests.played import Once
from tests.said import Refused, Said
from tests.upward_built import make_sent_up
from tests.voices_built import County, make_county

CADRE, ADMIN = "10001", "30001"
NO = Delivery(Outcome.FAILED, error="100")
WORDS = pytest.mark.parametrize(
    ("table", "word"),
    [(SupportRequest, "答复支持 {} 会议室留好了"), (GoodPractice, "采用 {}"), (GoodPractice, "没采用 {}")],
)


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, make_county)


async def row(store: Store, table: type[SentUp]) -> SentUp:
    async with store.read() as session:
        return (await session.execute(select(table))).scalars().one()


async def waiting(talk: Talkers, county: County, table: type[SentUp]) -> int:
    read = practices_waiting if table is GoodPractice else requests_waiting
    async with talk.store.read() as session:
        return (await read(session, talk.store.vault, county.admin, talk.clock.now(), 5)).count


@WORDS
async def test_a_word_that_does_not_arrive_is_none_and_the_organ_hears_so(
    talk: Talkers, county: County, table: type[SentUp], word: str
) -> None:
    ref = await make_sent_up(talk.store, table, county.cadre, county.org)
    talk.channel.outcomes[CADRE] = [NO] * 20
    await talk.says(ADMIN, word.format(ref))
    assert talk.last(ADMIN) == Said("common/not_arrived", what=f"#{ref}")
    now = await row(talk.store, table)
    assert (now.state, now.answered_at, now.reply) == ("received", None, None)
    assert await waiting(talk, county, table) == 1
    talk.channel.outcomes.clear()
    await talk.says(ADMIN, word.format(ref))
    assert talk.last(CADRE) == Said("upward/answered", ref=ref)
    assert await waiting(talk, county, table) == 0


@WORDS
async def test_a_word_that_arrives_is_not_said_twice(
    talk: Talkers, county: County, table: type[SentUp], word: str
) -> None:
    ref = await make_sent_up(talk.store, table, county.cadre, county.org)
    await talk.says(ADMIN, word.format(ref))
    assert Said("common/not_arrived") not in talk.shown(ADMIN)
    assert (await talk.says(ADMIN, word.format(ref)))[-1] == Refused("upward.done")


async def test_nobody_waits_for_a_word_once_its_sender_is_erased(talk: Talkers, county: County) -> None:
    await make_sent_up(talk.store, SupportRequest, county.cadre, county.org)
    async with talk.store.unit() as unit:
        sent = (await unit.session.execute(select(SupportRequest))).scalars().one()
        sent.state, sent.sender_id = "answered", None
    async with talk.store.unit() as unit:
        await request_became(unit, sent.id, False)
    assert (await row(talk.store, SupportRequest)).state == "answered"
