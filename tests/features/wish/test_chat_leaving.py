"""退出: each open thing is asked about; what is kept goes after 90 days, a week after a word (P7, P20)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.people import Account, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.played import Once
from tests.said import Said, fields
from tests.ticking import do_due
from tests.voices_built import County, make_county

CADRE, ZHAO = "10001", "20001"
DAY = timedelta(days=1)
TICKS = ("core.questions", "core.questions_over", "core.left", "voice", "wish", "pool", "relay")


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, make_county)


async def days(talk: Talkers, n: int, step: int = 1) -> None:
    for _ in range(0, n, step):
        talk.advance(step * DAY)
        for tick in TICKS:
            await do_due(talk.store, talk.clock.now(), tick)
        await talk.sender.pump()


async def one(store: Store, table):
    async with store.read() as session:
        return (await session.execute(select(table))).scalars().one()


async def left(talk: Talkers, county: County, *said: str) -> None:
    """Open things, 退出, 留着, and these answers about them."""
    await talk.says(ZHAO, "心声 夜班车太少，下班回不了家")
    await talk.says(ZHAO, "1")
    await talk.says(ZHAO, "许愿 想要一个篮球")
    await talk.says(ZHAO, "1")
    await talk.says(ZHAO, "退出")
    assert talk.last(ZHAO) == Said("leave/data")
    await talk.says(ZHAO, "2")
    for words in said:
        await talk.says(ZHAO, words)


async def test_each_open_thing_is_asked_about_and_goes_on(talk: Talkers, county: County) -> None:
    await left(talk, county)
    first = talk.last(ZHAO)
    await days(talk, 1)
    assert (await one(talk.store, Voice)).closed_at is None  # it waits for the word, whatever the ticks do
    await talk.says(ZHAO, "1")
    assert {fields(first)["ref"], fields(talk.last(ZHAO))["ref"]} == {
        (await one(talk.store, Voice)).ref,
        (await one(talk.store, Wish)).ref,
    }
    await talk.says(ZHAO, "1")
    voice, wish = await one(talk.store, Voice), await one(talk.store, Wish)
    assert (voice.state, voice.named, voice.holder_org_id is not None) == ("escalated", False, True)
    assert (wish.state, wish.handed_named) == ("open", False)
    assert wish.cadre_id not in (None, county.cadre.person_id)  # an admin's, and no word says whose it is


async def test_a_claim_goes_on_with_its_holder(talk: Talkers, county: County) -> None:
    await talk.says(ZHAO, "许愿 想要一个篮球")
    wish = await one(talk.store, Wish)
    await talk.says(CADRE, f"认领 W{wish.ref}")
    await talk.says(ZHAO, "退出")
    await talk.says(ZHAO, "2")
    assert talk.last(ZHAO) == Said("wish/leaving")
    await talk.says(ZHAO, "1")
    await days(talk, 2)
    wish = await one(talk.store, Wish)
    assert (wish.state, wish.holder_id) == ("cadre_helping", county.cadre.person_id)
    assert (await talk.says(CADRE, f"完成 W{wish.ref} 送到了"))[0] == Said("wish/reported_done")


@pytest.mark.parametrize("said", [("2", "2"), ()], ids=["said", "silence"])
async def test_what_is_not_wanted_or_not_answered_is_taken_back(
    talk: Talkers, county: County, said: tuple[str, ...]
) -> None:
    await left(talk, county, *said)
    await days(talk, 0 if said else 16)
    voice, wish = await one(talk.store, Voice), await one(talk.store, Wish)
    assert (voice.outcome, voice.text, wish.state, wish.text) == ("withdrawn", None, "withdrawn", None)


@pytest.mark.parametrize("said", [("2", "2"), ("1", "1")], ids=["withdrawn", "goes-on"])
async def test_nothing_is_left_after_400_days(talk: Talkers, county: County, said: tuple[str, ...]) -> None:
    await left(talk, county, *said)
    me = county.youth.person_id
    told = day = 0
    for day in range(0, 400, 3):
        await days(talk, 3, step=3)
        async with talk.store.read() as session:
            if await session.get(Person, me) is None:
                break
        told = told or (day if talk.last(ZHAO) == Said("leave/going") else 0)
    assert told > 0
    assert 6 <= day - told <= 10
    assert day >= 87
    async with talk.store.read() as session:
        for column in (Account.person_id, Contact.youth_id, Voice.author_id, Wish.owner_id):
            held = select(func.count()).select_from(column.class_).where(column == me)
            assert (await session.execute(held)).scalar_one() == 0
