"""D1: killed while it looks through what it missed: the next start goes back as far as the first one had to."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming
from bot.features.talk.reads.talk import TalkWatch
from bot.features.talk.tables import Gap, Talk, TalkMessage
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, GROUP = "10001", "20001", "888"


@pytest.fixture
async def store(any_store: Store) -> Store:
    """小赵 agreed to be recorded in the group."""
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return any_store


async def process(store: Store, tail: Sequence[Incoming] | asyncio.Event) -> Talkers:
    """Another process on the same database; its gateway tells this history, or nothing until the event is set."""
    talk = await Talkers.open(store)
    if isinstance(tail, asyncio.Event):

        async def history(*_: object, **__: object) -> None:
            await tail.wait()

        talk.channel.history = history  # type: ignore[method-assign]
    else:
        talk.channel.tail = tail
    return talk


async def stored(store: Store) -> int:
    async with store.read() as session:
        return len((await session.execute(select(TalkMessage.id))).all())


async def gaps(store: Store) -> list[tuple[str, int | None, int]]:
    async with store.read() as session:
        rows = (await session.execute(select(Gap).order_by(Gap.from_at))).scalars()
        return [(gap.why, gap.missing, gap.recovered) for gap in rows]


async def missed_something(store: Store) -> tuple[Talkers, list[Incoming]]:
    """A talk in which something was heard; a minute later something was said while nobody listened: the history."""
    talk = await process(store, [])
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    heard = talk.incoming(ZHAO, "听到的", group=GROUP, message_id="4710")
    await talk.deliver(heard)
    await talk.recorder.flush()
    talk.advance(timedelta(minutes=1))
    missed = talk.incoming(ZHAO, "没听到的", group=GROUP, message_id="4711", from_history=True)
    talk.advance(timedelta(minutes=1))
    return talk, [replace(heard, from_history=True), missed]


async def back(talk: Talkers) -> None:
    """The bot is connected, and has looked through what it missed."""
    talk.gate.connected("qq", BOT)
    assert talk.gate.backfill is not None
    await talk.gate.backfill.settle()


@pytest.mark.parametrize("orderly", [False, True])
async def test_what_was_missed_is_brought_in_although_the_first_look_was_cut_off(store: Store, orderly: bool) -> None:
    _, tail = await missed_something(store)
    second = await process(store, asyncio.Event())
    second.gate.connected("qq", BOT)
    await asyncio.sleep(0)
    await second.says(ZHAO, "又听到的", group=GROUP, message_id="4712")
    await second.recorder.flush()
    assert second.gate.backfill is not None
    await second.gate.backfill.stop()  # killed: nobody hears of it any more
    if orderly:
        await second.recorder.close()
    second.advance(timedelta(minutes=1))
    third = await process(store, tail)
    await back(third)
    assert (await stored(store), await gaps(store)) == (3, [("offline", 0, 1)])


async def test_once_everything_was_looked_through_the_next_start_looks_no_further_back(store: Store) -> None:
    second, _ = await missed_something(store)
    await back(second)
    await second.says(ZHAO, "又听到的", group=GROUP, message_id="4712")
    await second.recorder.flush()
    second.advance(timedelta(minutes=1))
    unknown = second.incoming(ZHAO, "更早的", group=GROUP, message_id="4713", from_history=True)
    third = await process(store, [replace(unknown, sent_at=unknown.sent_at - 120)])
    await back(third)
    assert await stored(store) == 2


async def test_a_look_that_the_database_breaks_off_is_begun_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, tail = await missed_something(store)
    talk.channel.tail = tail
    assert talk.gate.backfill is not None
    last_heard, refusals = talk.gate.backfill._last_heard, [OSError()]

    async def refuses_once(watch: TalkWatch) -> datetime | None:
        if refusals:
            raise refusals.pop()
        return await last_heard(watch)

    monkeypatch.setattr(talk.gate.backfill, "_last_heard", refuses_once)
    monkeypatch.setattr("bot.channels.backfill.TRY_AGAIN_SECONDS", 0.0)
    await back(talk)
    assert (await stored(store), await gaps(store)) == (2, [("offline", 0, 1)])


async def test_a_history_that_cannot_be_read_is_a_gap_of_unknown_size(store: Store) -> None:
    talk, _ = await missed_something(store)

    async def breaks(*_: object, **__: object) -> None:
        raise OSError

    talk.channel.history = breaks  # type: ignore[method-assign]
    await back(talk)
    assert await gaps(store) == [("offline", None, 0)]


async def test_what_stood_unread_behind_a_message_that_was_handled_late_is_brought_in(store: Store) -> None:
    """A backlog of some seconds: the talk was heard up to the moment when the last message was said, not handled."""
    talk = await process(store, [])
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    late = talk.incoming(ZHAO, "十秒以后才轮到", group=GROUP, message_id="4711")
    talk.advance(timedelta(seconds=5))
    unread = talk.incoming(ZHAO, "没轮到", group=GROUP, message_id="4712", from_history=True)
    talk.advance(timedelta(seconds=5))
    await talk.deliver(late)
    await talk.recorder.close()
    after = await process(store, [unread])
    await back(after)
    assert await stored(store) == 2


async def test_what_waits_while_later_words_pass_it_is_brought_in(store: Store) -> None:
    """Somebody's own command holds back their words, others go on talking; then the process is killed."""
    talk = await process(store, [])
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    heard = talk.incoming(ZHAO, "听到的", group=GROUP, message_id="4710")
    await talk.deliver(heard)
    command = talk.gate._enter(("qq", ZHAO), exclusive=True)
    held_back = talk.incoming(ZHAO, "排在自己的指令后面", group=GROUP, message_id="4713")
    work = talk.gate.arrive(held_back)
    assert work is not None
    waiting = asyncio.ensure_future(work)
    talk.advance(timedelta(seconds=10))
    later = talk.incoming(CADRE, "别人接着说", group=GROUP, message_id="4714")
    await talk.deliver(later)
    await talk.recorder.flush()
    after = await process(store, [replace(one, from_history=True) for one in (heard, held_back, later)])
    await back(after)
    found = await stored(store)
    command.leave()
    await waiting
    assert (found, await stored(store)) == (3, 3), "brought in once"


async def test_a_gateway_whose_clock_is_far_behind_does_not_make_a_talk_look_silent(store: Store) -> None:
    talk = await process(store, [])
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    talk.advance(timedelta(hours=1))
    said = talk.incoming(ZHAO, "网关的钟慢了一天", group=GROUP, message_id="4711")
    await talk.deliver(replace(said, sent_at=said.sent_at - 86_400))
    await talk.recorder.flush()
    async with store.read() as session:
        heard = (await session.execute(select(Talk.last_activity_at))).scalar_one()
    assert talk.clock.now() - heard <= timedelta(minutes=5)
