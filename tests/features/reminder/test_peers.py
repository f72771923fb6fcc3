"""What other reminder programs get wrong, one test each (docs/reliability.md); several on both databases."""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.channels.port import Delivery, Outcome
from bot.clock import SHANGHAI, ManualClock
from bot.core.feature import Look
from bot.core.rules.people import Actor
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.carry_out import due_now, send_due
from bot.features.reminder.reads.reminder import timing_of
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.reminders_built import make_reminder
from tests.said import Said, fields
from tests.ticking import do_due

CADRE, ZHAO, GROUP = "10001", "20001", "888"
DUE = Said("reminder/due")


def times(talk: Talkers, where: str, what: Said) -> int:
    """How often it was said there."""
    return sum(one == what for one in talk.shown(where))


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest_asyncio.fixture
async def talk(any_store: Store) -> Talkers:
    return await Talkers.open(any_store)


@pytest_asyncio.fixture
async def cadre(any_store: Store) -> Actor:
    return await make_cadre(any_store, await make_org(any_store))


@pytest_asyncio.fixture
async def chat(any_store: Store, cadre: Actor) -> Chat:
    return await make_chat(any_store, await make_org(any_store, "石湾县团委"), cadre, GROUP)


async def lives_until(talk: Talkers, moment: datetime, *, looks: int = 2) -> None:
    talk.advance(moment - talk.clock.now())
    for _look in range(looks):
        await do_due(talk.store, talk.clock.now(), "reminder")
    await talk.sender.pump()


async def states(store: Store) -> list[tuple[str, str, str | None]]:
    """When each was due, what became of it, and why."""
    async with store.read() as session:
        rows = await session.execute(select(ReminderOccurrence).order_by(ReminderOccurrence.due_at))
        return [(f"{row.due_at:%m-%d %H:%M}", row.state, row.why) for row in rows.scalars()]


async def queued(store: Store) -> int:
    """Messages about what is due that were ever handed to the sender."""
    async with store.read() as session:
        rows = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.idem_key.startswith("reminder:"))
        return (await session.execute(rows)).scalar_one()


# --- missed, lost, slipped --------------------------------------------------------------------------------------------


async def test_missed_by_two_seconds_it_goes_out_all_the_same(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await lives_until(talk, at("2026-11-24 20:00") + timedelta(seconds=2))
    assert times(talk, GROUP, DUE) == 1
    assert (await states(talk.store))[0] == ("11-24 20:00", "sent", None)


async def test_what_fell_due_while_it_was_off_is_there_after_a_restart(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await make_reminder(talk.store, cadre, chat, "11月24日21:00 关灯")
    talk.advance(timedelta(hours=12))
    again = await talk.restarted()
    await lives_until(again, at("2026-11-24 22:00"))
    lines = [line for one in again.shown(GROUP) if one == DUE for line in fields(one)["lines"]]
    assert sorted(line["words"] for line in lines) == ["关灯", "看团课"]
    assert all(line["late"] for line in lines)


async def test_a_weekly_one_stays_on_its_day_though_it_was_late(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每周五20:00 看团课")
    await lives_until(talk, at("2026-11-28 07:00"))
    await lives_until(talk, at("2026-11-28 08:00"))
    assert await states(talk.store) == [("11-27 20:00", "late", None), ("12-04 20:00", "planned", None)]


# --- twice ------------------------------------------------------------------------------------------------------------


async def test_two_looks_of_one_instant_hand_over_one_message(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await lives_until(talk, at("2026-11-24 20:00"), looks=9)
    assert (await queued(talk.store), times(talk, GROUP, DUE)) == (1, 1)


async def test_three_that_tick_at_once_hand_over_one_message(
    any_url: str, masters: MasterKeys, clock: ManualClock, talk: Talkers, cadre: Actor, chat: Chat
) -> None:
    for minute in range(3):
        await make_reminder(talk.store, cadre, chat, f"每天20:0{minute} 看团课")
    talk.advance(at("2026-11-24 20:05") - talk.clock.now())
    lone = talk.store.engines.is_sqlite  # one process holds such a database alone; its looks may cross all the same
    others = [talk.store if lone else await Store.open(any_url, masters=masters, clock=clock) for _ in range(2)]
    try:
        for _round in range(3):
            await asyncio.gather(*(do_due(one, clock.now(), "reminder") for one in (talk.store, *others)))
    finally:
        for one in others:
            if one is not talk.store:
                await one.close()
    assert await queued(talk.store) == 3
    await talk.sender.pump()
    assert times(talk, GROUP, DUE) == 3


async def test_a_restart_right_after_it_went_out_says_nothing_again(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await lives_until(talk, at("2026-11-24 20:00"))
    again = await talk.restarted()
    await lives_until(again, at("2026-11-24 20:01"))
    assert times(again, GROUP, DUE) == 1


async def test_a_rule_changed_in_its_own_minute_comes_once(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    ref = await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await lives_until(talk, at("2026-11-24 20:00"))
    await talk.says(CADRE, f"/提醒 改 R{ref} 每天20:00 看新团课")
    await lives_until(talk, at("2026-11-24 20:01"))
    assert times(talk, GROUP, DUE) == 1


# --- clocks and zones -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai", "Pacific/Apia"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


async def test_the_zone_of_the_server_moves_nothing(server_zone: str, talk: Talkers, cadre: Actor, chat: Chat) -> None:
    assert os.environ["TZ"] == server_zone
    await talk.says(CADRE, "/提醒 新建 每天9:00 看团课", group=GROUP)
    await lives_until(talk, at("2026-11-25 08:59"))
    assert times(talk, GROUP, DUE) == 0
    await lives_until(talk, at("2026-11-25 09:00"))
    assert times(talk, GROUP, DUE) == 1


async def test_the_hour_on_the_wall_does_not_creep_in_two_years(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每天8:30 看团课")
    async with talk.store.read() as session:
        reminder = (await session.execute(select(Reminder))).scalar_one()
    moment, days = talk.clock.now(), 0
    while (one := timing_of(reminder, Workdays()).after(moment, Workdays())) is not None and days < 730:
        assert (one.at.hour, one.at.minute, one.at.utcoffset()) == (8, 30, timedelta(hours=8))
        assert one.at.date() - talk.clock.now().date() == timedelta(days=days + 1)
        moment, days = one.at, days + 1


async def test_read_again_later_it_is_the_same_rule(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    await make_reminder(talk.store, cadre, chat, "每两周周三19:00 读书会")

    async def coming() -> list[datetime]:
        async with talk.store.read() as session:
            reminder = (await session.execute(select(Reminder))).scalar_one()
        return [one.at for one in timing_of(reminder, Workdays()).coming(talk.clock.now(), Workdays(), 9)]

    before = await coming()
    talk.advance(timedelta(days=6, seconds=1))
    assert (await coming())[:8] == [one for one in before if one > talk.clock.now()][:8]
    assert all(one.tzinfo is not None for one in before)


# --- what it says of itself -------------------------------------------------------------------------------------------


async def test_refused_by_the_channel_it_is_no_success_and_its_owner_hears_so_in_words(
    talk: Talkers, cadre: Actor, chat: Chat
) -> None:
    await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    talk.channel.outcomes[GROUP] = [Delivery(Outcome.FAILED)]
    await lives_until(talk, at("2026-11-24 20:00"))
    assert (await states(talk.store))[0] == ("11-24 20:00", "missed", "unreached")
    assert times(talk, CADRE, Said("reminder/unreached", group=True)) == 1


async def test_a_skipped_one_never_looks_as_if_it_had_come(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    ref = await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    await talk.says(CADRE, f"/提醒 这次不发 R{ref}")
    await lives_until(talk, at("2026-11-24 20:30"))
    assert await states(talk.store) == [("11-24 20:00", "skipped", "asked"), ("11-25 20:00", "planned", None)]
    assert await queued(talk.store) == 0


async def test_it_throws_nobody_out_of_a_question_and_answers_none(talk: Talkers, cadre: Actor) -> None:
    await talk.says(CADRE, "/提醒我 今天20:00 跑步")
    talk.advance(at("2026-11-24 19:59") - talk.clock.now())
    assert await talk.says(CADRE, "/提醒我 给小赵回话") == [Said("reminder/part", asking="when")]
    await lives_until(talk, at("2026-11-24 20:00"))
    assert talk.last(CADRE) == DUE
    async with talk.store.read() as session:
        open_ones = select(func.count()).select_from(Prompt).where(Prompt.state == "open")
        assert (await session.execute(open_ones)).scalar_one() == 1
    assert await talk.says(CADRE, "明天下午3点") == [Said("reminder/set")]


# --- days that are not, rules that are gone, people who left ----------------------------------------------------------


async def test_on_no_29th_of_february_it_comes_on_the_28th_and_once(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    [said] = await talk.says(CADRE, "/提醒 新建 每年2月29日9:00 看团课", group=GROUP)
    assert said == Said("reminder/set", shortens=True)
    for day in ("2027-02-28 09:00", "2027-03-01 09:00"):
        await lives_until(talk, at(day))
    assert times(talk, GROUP, DUE) == 1
    assert [row[:2] for row in await states(talk.store)] == [("02-28 09:00", "sent"), ("02-29 09:00", "planned")]


@pytest.mark.parametrize("word", ["删", "停"])
async def test_a_rule_that_is_gone_sends_nothing_not_even_what_was_handed_over(
    talk: Talkers, cadre: Actor, chat: Chat, word: str
) -> None:
    ref = await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    talk.advance(at("2026-11-24 20:00") - talk.clock.now())
    async with talk.store.read() as session:
        [due] = await due_now(session, Look(talk.clock.now()))
    async with talk.store.unit(now=talk.clock.now()) as unit:
        await send_due(unit, due, Look(talk.clock.now()))
    await talk.says(CADRE, f"/提醒 {word} R{ref}")
    await lives_until(talk, at("2026-11-24 20:01"))
    assert times(talk, GROUP, DUE) == 0
    assert (await states(talk.store))[0] == ("11-24 20:00", "cancelled", "stopped")


async def test_what_others_said_in_the_same_message_goes_out_without_it(
    talk: Talkers, cadre: Actor, chat: Chat
) -> None:
    gone = await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")
    for words in ("带水杯", "带笔"):
        await make_reminder(talk.store, cadre, chat, f"每天20:00 {words}")
    talk.advance(at("2026-11-24 20:00") - talk.clock.now())
    await do_due(talk.store, talk.clock.now(), "reminder.due")
    await talk.says(CADRE, f"/提醒 删 R{gone}")
    await lives_until(talk, at("2026-11-24 20:01"))
    told = [sorted(line["words"] for line in fields(one)["lines"]) for one in talk.shown(GROUP) if one == DUE]
    assert told == [["带水杯", "带笔"]]


async def test_an_edit_and_the_end_of_the_old_version_are_one_transaction(
    talk: Talkers, cadre: Actor, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await make_reminder(talk.store, cadre, chat, "每天20:00 看团课")

    async def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("bot.features.reminder.acts.make.plan_next", dies)
        await talk.says(CADRE, f"/提醒 改 R{ref} 每天21:00")
    assert await states(talk.store) == [("11-24 20:00", "planned", None)]
    await talk.says(CADRE, f"/提醒 改 R{ref} 每天21:00")
    assert await states(talk.store) == [("11-24 20:00", "cancelled", "changed"), ("11-24 21:00", "planned", None)]


async def test_who_left_and_was_erased_is_reminded_of_nothing(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    zhao = await make_youth(talk.store, await make_org(talk.store, "云门县团委"), "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_reminder(talk.store, zhao, None, "每天20:00 跑步")
    await talk.says(ZHAO, "/删除我的数据")
    await talk.says(ZHAO, "确认删除")
    shown = len(talk.shown(ZHAO))
    await lives_until(talk, at("2026-11-24 20:00"))
    assert len(talk.shown(ZHAO)) == shown
    assert await states(talk.store) == []
