"""早上的摘要: who hears it, once a morning, in private; a digit begins what its line names."""

from datetime import datetime

import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor, CadreKind, Role
from bot.features.digest.tables import DigestMorning
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_chat, make_org, make_person, make_youth
from tests.said import Said, fields
from tests.ticking import do_due

CADRE, PART_TIME, ADMIN, YOUTH, GROUP = "10001", "10002", "10003", "20001", "888"
HALF, LAST_WEEK = datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI), datetime(2026, 12, 25, 8, 30, tzinfo=SHANGHAI)
MORNING = Said("digest/morning")


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_person(store, org, "林晓舟", number=CADRE, roles=(Role.CADRE,))


@pytest_asyncio.fixture
async def part_time(store: Store, org: OrgUnit) -> Actor:
    return await make_person(
        store, org, "吴建平", number=PART_TIME, roles=(Role.CADRE,), cadre_kind=CadreKind.PART_TIME
    )


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


async def comes(talk: Talkers, at: datetime) -> None:
    """A morning at which the bot looks twice."""
    talk.advance(at - talk.clock.now())
    for _look in range(2):
        await do_due(talk.store, talk.clock.now(), "digest")
    await talk.sender.pump()


def times(talk: Talkers, who: str) -> int:
    return sum(one == MORNING for one in talk.shown(who))


async def test_at_half_of_the_window_a_full_time_cadre_is_told_once_and_in_private(
    talk: Talkers, chat: Chat, part_time: Actor
) -> None:
    await comes(talk, HALF)
    assert (times(talk, CADRE), times(talk, PART_TIME), talk.shown(GROUP)) == (1, 0, [])
    shown = fields(talk.last(CADRE))
    assert (shown["occasion"], [line["kind"] for line in shown["lines"]]) == ("half", ["five_ones"])
    assert shown["lines"][0]["values"] == [0, 5, 12, 31, 22]


async def test_in_the_last_week_everybody_in_office_is_told(talk: Talkers, cadre: Actor, part_time: Actor) -> None:
    await comes(talk, LAST_WEEK)
    assert (times(talk, CADRE), times(talk, PART_TIME)) == (1, 1)


async def test_a_digit_begins_what_its_line_names(talk: Talkers, cadre: Actor) -> None:
    await comes(talk, HALF)
    assert await talk.says(CADRE, "1") == [Said("five_ones/progress")]


async def test_on_other_days_nobody_is_told(talk: Talkers, cadre: Actor, store: Store) -> None:
    await comes(talk, datetime(2026, 12, 2, 8, 30, tzinfo=SHANGHAI))
    await comes(talk, datetime(2026, 12, 5, 8, 30, tzinfo=SHANGHAI))
    assert times(talk, CADRE) == 0
    async with store.read() as session:
        assert (await session.execute(select(func.count()).select_from(DigestMorning))).scalar_one() == 0


async def test_whoever_wants_no_reminders_is_not_told(talk: Talkers, cadre: Actor) -> None:
    await talk.says(CADRE, "别再提醒")
    await comes(talk, HALF)
    assert times(talk, CADRE) == 0


async def test_a_youth_and_an_organ_without_anything_to_do_hear_nothing(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    await make_youth(store, org, "小赵", YOUTH, cadre=cadre, chat=chat)
    await make_person(store, org, "顾宁", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await comes(talk, LAST_WEEK)
    assert (times(talk, YOUTH), times(talk, ADMIN)) == (0, 0)


async def test_it_disturbs_no_open_question(talk: Talkers, cadre: Actor) -> None:
    talk.advance(HALF - talk.clock.now())
    assert await talk.says(CADRE, "提醒我 每天7点 打卡") == [Said("reminder/part")]
    await comes(talk, HALF)
    assert (await talk.says(CADRE, "2"))[0] == Said("reminder/set"), "the digit answers the question before"
