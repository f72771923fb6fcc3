"""预计: what was planned before the workdays of its year were known is reckoned anew, and its owner hears of a move."""

from datetime import date, datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org
from tests.reminders_built import make_reminder
from tests.said import Said
from tests.ticking import do_due

CADRE = "10001"
BEFORE_MAY = "每年5月4日前3个工作日 9:00 交材料"


def notice(*worked: date, off: tuple[date, ...] = ()) -> Workdays:
    """The notice of 2027 as an installation enters it: the holidays, and days on which people work in their stead."""
    days = {day: DayInfo(DayKind.MAKEUP_WORKDAY, "调休", Certainty.OVERRIDE) for day in worked}
    rest = (date(2027, 1, 1), date(2027, 2, 6), date(2027, 5, 1), date(2027, 10, 1), *off)
    return Workdays(days | {day: DayInfo(DayKind.STATUTORY, "节日", Certainty.OVERRIDE) for day in rest})


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def cadre(store: Store) -> Actor:
    return await make_cadre(store, await make_org(store))


@pytest_asyncio.fixture
async def chat(store: Store, cadre: Actor) -> Chat:
    return await make_chat(store, await make_org(store, "石湾县团委"), cadre)


async def rows(store: Store) -> list[tuple[date, str, str | None, bool]]:
    async with store.read() as session:
        found = await session.execute(select(ReminderOccurrence).order_by(ReminderOccurrence.due_at))
        return [(row.due_at.date(), row.state, row.why, row.estimated) for row in found.scalars()]


async def when_known(talk: Talkers, workdays: Workdays) -> int:
    """The look after a start with this calendar."""
    done = await do_due(talk.store, talk.clock.now(), "reminder.moved", workdays=workdays)
    await talk.sender.pump()
    return done


async def test_as_long_as_nothing_is_known_nothing_is_looked_at_again(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    await make_reminder(store, cadre, chat, BEFORE_MAY)
    assert await when_known(talk, Workdays()) == 0
    assert await rows(store) == [(date(2027, 4, 28), "planned", None, True)]


async def test_a_day_that_stays_is_sure_from_then_on_and_nobody_is_told(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    await make_reminder(store, cadre, chat, BEFORE_MAY)
    stays = notice(off=(date(2027, 5, 3),))
    assert await when_known(talk, stays) == 1
    assert await rows(store) == [(date(2027, 4, 28), "planned", None, False)]
    assert await when_known(talk, stays) == 0
    assert talk.shown(CADRE) == []


@pytest.mark.parametrize(
    ("workdays", "day"),
    [
        (notice(date(2027, 5, 2)), date(2027, 4, 29)),
        (notice(off=(date(2027, 4, 30), date(2027, 5, 3))), date(2027, 4, 27)),
    ],
    ids=["later", "earlier"],
)
async def test_a_day_that_moves_is_planned_anew_and_its_owner_told_once(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat, workdays: Workdays, day: date
) -> None:
    await make_reminder(store, cadre, chat, BEFORE_MAY)
    for _look in range(2):
        await when_known(talk, workdays)
    old = (date(2027, 4, 28), "cancelled", "moved", True)
    assert await rows(store) == sorted([old, (day, "planned", None, False)])
    assert talk.shown(CADRE) == [Said("reminder/moved")]


async def test_what_is_stopped_or_deleted_meanwhile_is_left_alone(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    for word in ("停", "删"):
        ref = await make_reminder(store, cadre, chat, BEFORE_MAY)
        await talk.says(CADRE, f"/提醒 {word} R{ref}")
    told = len(talk.shown(CADRE))
    assert await when_known(talk, notice(off=(date(2027, 4, 30),))) == 0
    assert len(talk.shown(CADRE)) == told


async def test_what_hangs_on_no_workday_is_never_an_estimate(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    for text in ("每年3月5日9:00 志愿", "农历正月十五 9:00 灯会", "每月最后一个周五20:00 团课"):
        await make_reminder(store, cadre, chat, text)
    assert not any(estimated for *_, estimated in await rows(store))
    assert await when_known(talk, notice()) == 0


async def test_the_hour_on_the_wall_stays(talk: Talkers, store: Store, cadre: Actor, chat: Chat) -> None:
    await make_reminder(store, cadre, chat, BEFORE_MAY)
    await when_known(talk, notice(off=(date(2027, 4, 30), date(2027, 5, 3))))
    async with store.read() as session:
        [reminder] = (await session.execute(select(Reminder))).scalars()
        [row] = (
            await session.execute(select(ReminderOccurrence).where(ReminderOccurrence.state == "planned"))
        ).scalars()
    assert row.due_at == datetime(2027, 4, 27, 9, tzinfo=SHANGHAI)
    assert (reminder.state, row.version == reminder.version) == ("going", True)
