"""What could not be recorded is told: a deadline, a database that refuses, a line that was dead before anybody knew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming, Notice, NoticeKind
from bot.features.talk.tables import Gap, Talk, TalkMessage
from bot.store.store import COMMAND, Store
from tests.harness import BOT, Talkers
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"


@pytest.fixture
async def talk(any_store: Store) -> Talkers:
    """小赵 agreed to be recorded; a talk is open."""
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_youth(any_store, org, "阿凯", KAI, cadre=cadre, chat=chat)
    await make_consent(any_store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(any_store)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    return talk


async def stored(talk: Talkers) -> int:
    async with talk.store.read() as session:
        return len((await session.execute(select(TalkMessage.id))).all())


async def gaps(talk: Talkers) -> list[tuple[str, int | None]]:
    async with talk.store.read() as session:
        return [(gap.why, gap.missing) for gap in (await session.execute(select(Gap))).scalars()]


async def not_stored(talk: Talkers) -> int:
    async with talk.store.read() as session:
        return (await session.execute(select(Talk.not_stored))).scalar_one()


@asynccontextmanager
async def full_disk(talk: Talkers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Every write is refused, as on a full disk; a batch of messages only after the counters were tried."""
    tried = asyncio.Event()

    @asynccontextmanager
    async def refuses(*_: Any, priority: int = COMMAND, **__: Any) -> AsyncIterator[None]:
        if priority == COMMAND:
            tried.set()
        await tried.wait()
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        yield

    with monkeypatch.context() as patch:
        patch.setattr(talk.store, "unit", refuses)
        yield


async def test_counters_stay_in_memory_when_the_database_refuses_them(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.says(KAI, "不同意的", group=GROUP)
    async with full_disk(talk, monkeypatch):
        for _ in range(2):
            with pytest.raises(OperationalError):
                await talk.recorder.flush()
    await talk.recorder.flush()
    assert await not_stored(talk) == 1


async def test_a_message_that_was_refused_leaves_a_gap_although_the_counters_were_written_meanwhile(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counters are written every second; a refusal takes longer than that."""
    await talk.says(ZHAO, "存上了", group=GROUP)
    async with full_disk(talk, monkeypatch):
        work = talk.gate.arrive(talk.incoming(ZHAO, "没存上", group=GROUP))
        assert work is not None
        recording = asyncio.ensure_future(work)
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(OperationalError):
            await talk.recorder.flush()
        await recording
    await talk.recorder.flush()
    assert await gaps(talk) == [("failed", 1)]
    assert "没记到" in (await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP))[0]


async def test_a_message_whose_deadline_passes_while_it_waits_leaves_a_gap(talk: Talkers) -> None:
    """A command before it holds the line for longer than an event may take."""
    blocker = talk.gate._enter(("qq", BOT, GROUP), exclusive=True)
    work = talk.gate.arrive(talk.incoming(ZHAO, "排在后面", group=GROUP))
    assert work is not None
    waiting = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    blocker.leave()
    await talk.recorder.flush()
    assert (await gaps(talk), await stored(talk)) == ([("failed", 1)], 0)


async def test_a_message_whose_deadline_passes_while_it_is_stored_holds_its_place(talk: Talkers) -> None:
    """What is said to take it back must come after it, or it would stay for ever."""
    gate = talk.gate
    event = talk.incoming(ZHAO, "说错了", group=GROUP)
    async with talk.store.unit() as unit:
        await unit.session.execute(select(Talk).with_for_update())
        work = gate.arrive(event)
        assert work is not None
        storing = asyncio.ensure_future(work)
        async with asyncio.timeout(PATIENCE):
            while talk.recorder._recording._worker is None:  # noqa: ASYNC110 - until it is on its way to the database
                await asyncio.sleep(0)
        (place,) = gate._lanes._lanes["qq", BOT, GROUP].passing
        storing.cancel()  # the deadline of 5 s
        for _ in range(5):  # the turns in which it would give up its place
            await asyncio.sleep(0)
        assert (storing.cancelling(), place.done()) == (1, False)
        back = gate.arrive(Notice(NoticeKind.RECALLED, "qq", BOT, GROUP, ZHAO, event.message_id, event.sent_at))
        assert back is not None
        taking_back = asyncio.ensure_future(back)
    await asyncio.wait({storing, taking_back})
    await talk.recorder._recording.drain()
    assert await stored(talk) == 0
    await talk.recorder.flush()
    assert await gaps(talk) == []


# --- the line was dead before anybody knew ---------------------------------------------------------------------------


async def back_again(talk: Talkers, tail: list[Incoming] | None, *, restarted: bool = False) -> None:
    talk.channel.tail = tail
    if not restarted:
        talk.gate.disconnected("qq", BOT)  # a half-open line is given up when the new connection comes
    talk.gate.connected("qq", BOT)
    assert talk.gate.backfill is not None
    await talk.gate.backfill.settle()


def missed(talk: Talkers, user: str, text: str, **more: Any) -> Incoming:
    return talk.incoming(user, text, group=GROUP, from_history=True, **more)


async def test_what_was_said_on_a_half_open_line_is_brought_in(talk: Talkers) -> None:
    await talk.says(ZHAO, "听到的", group=GROUP)
    await talk.recorder.flush()
    talk.advance(timedelta(seconds=30))
    lost = missed(talk, ZHAO, "没听到的")
    talk.advance(timedelta(seconds=40))
    await back_again(talk, [lost])
    assert await stored(talk) == 2


@pytest.mark.parametrize("restarted", [True, False])
async def test_a_command_that_was_carried_out_is_not_called_missed(talk: Talkers, restarted: bool) -> None:
    """Nobody spoke since the talk was opened; the history tells of the opening once more."""
    opening = missed(talk, CADRE, "/谈心 放弃")
    await talk.says(CADRE, "/谈心 放弃", group=GROUP, message_id=opening.message_id)
    await talk.says(CADRE, "/谈心 开始", group=GROUP, message_id="4711")
    again = missed(talk, CADRE, "/谈心 开始", message_id="4711")
    talk.advance(timedelta(minutes=11))
    before = len(talk.shown(GROUP))
    await back_again(talk, [again], restarted=restarted)
    await talk.sender.pump()
    assert talk.shown(GROUP)[before:] == []


async def test_a_command_nobody_heard_is_called_missed(talk: Talkers) -> None:
    late = missed(talk, CADRE, "/关联本群")
    talk.advance(timedelta(minutes=11))
    before = len(talk.shown(GROUP))
    await back_again(talk, [late])
    await talk.sender.pump()
    (told,) = talk.shown(GROUP)[before:]
    assert told == Said("common/too_old")
