"""A look through the history that is cut off by the next break of the line, or by a gateway that answers badly once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming
from bot.features.talk.tables import Gap, Talk, TalkMessage
from bot.store.store import Store
from tests.channels.door import poll
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, GROUP = "10001", "20001", "888"
PAGE = 2


@dataclass(slots=True)
class Platform:
    """A group's history in pages of two. ``answers``: None is an error, an event one that is waited for."""

    said: list[Incoming] = field(default_factory=list)
    answers: list[asyncio.Event | None] = field(default_factory=list)
    asked: int = 0
    stuck: tuple[int, asyncio.Event] | None = None
    """The question that is not answered until the event, and then badly."""

    async def history(self, *_: object, until: str = "", **__: object) -> Sequence[Incoming] | None:
        self.asked += 1
        if self.stuck is not None and self.asked == self.stuck[0]:
            await self.stuck[1].wait()
            return None
        if self.answers:
            if (bad := self.answers.pop(0)) is not None:
                await bad.wait()
            return None
        end = next((place + 1 for place, one in enumerate(self.said) if one.message_id == until), len(self.said))
        return self.said[max(0, end - PAGE) : end]


@dataclass(slots=True)
class Line:
    """小赵 agreed to be recorded; a talk is open; the line to the gateway is up."""

    talk: Talkers
    platform: Platform

    async def hears(self, text: str, *, then: float = 10) -> None:
        live = self.talk.incoming(ZHAO, text, group=GROUP, message_id=str(1000 + len(self.platform.said)))
        self.platform.said.append(replace(live, from_history=True))
        await self.talk.deliver(live)
        self.talk.advance(timedelta(seconds=then))

    def misses(self, *texts: str, then: float = 10) -> None:
        for text in texts:
            number = str(1000 + len(self.platform.said))
            self.platform.said.append(self.talk.incoming(ZHAO, text, group=GROUP, message_id=number, from_history=True))
            self.talk.advance(timedelta(seconds=then))

    def down(self) -> None:
        self.talk.gate.disconnected("qq", BOT)

    def up(self) -> None:
        self.talk.gate.connected("qq", BOT)

    async def looked(self) -> None:
        assert self.talk.gate.backfill is not None
        await self.talk.gate.backfill.settle()

    async def asked(self, times: int) -> None:
        await poll(lambda: self.platform.asked >= times)

    @property
    def idle(self) -> bool:
        assert self.talk.gate.backfill is not None
        return not self.talk.gate.backfill._tasks

    async def kept(self) -> list[str]:
        store = self.talk.store
        async with store.read() as session:
            rows = (await session.execute(select(TalkMessage).order_by(TalkMessage.sent_at))).scalars().all()
            return [await store.vault.read(session, f"talk_messages:{row.id}:body", row.body) or "" for row in rows]

    async def gaps(self) -> list[tuple[int | None, int]]:
        async with self.talk.store.read() as session:
            rows = (await session.execute(select(Gap).order_by(Gap.from_at))).scalars()
            return [(gap.missing, gap.recovered) for gap in rows]


@pytest.fixture
async def line(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr("bot.channels.backfill.PAGE", PAGE)
    monkeypatch.setattr("bot.channels.tail.PAGE", PAGE)
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    line = Line(await Talkers.open(any_store), Platform())
    line.talk.channel.history = line.platform.history  # type: ignore[method-assign]
    await line.talk.says(CADRE, "/谈心 开始", group=GROUP)
    line.talk.advance(timedelta(seconds=10))
    await line.hears("听到的")
    await line.talk.recorder.flush()
    line.down()
    line.misses("没听到一", "没听到二", "没听到三", "没听到四")
    return line


ALL = ["听到的", "没听到一", "没听到二", "没听到三", "没听到四"]


@pytest.mark.parametrize("refused", [1, 2])
async def test_a_page_that_was_refused_is_asked_for_again(line: Line, refused: int) -> None:
    line.platform.answers = [None] * refused
    line.up()
    await line.looked()
    assert await line.kept() == ALL
    assert await line.gaps() == [(0, 4)]


async def test_what_was_missed_in_the_second_of_the_last_word_heard_is_brought_in_too(line: Line) -> None:
    line.up()
    await line.looked()
    await line.hears("最后听到的", then=0)
    await line.talk.recorder.flush()
    line.down()
    line.misses("同一秒一", "同一秒二", "同一秒三", "同一秒四", then=0)
    line.up()
    await line.looked()
    assert sorted(await line.kept()) == sorted([*ALL, "最后听到的", "同一秒一", "同一秒二", "同一秒三", "同一秒四"])
    assert await line.gaps() == [(0, 4), (0, 4)]


async def test_a_page_that_is_refused_three_times_is_not_there(line: Line) -> None:
    line.platform.answers = [None] * 3
    line.up()
    await line.looked()
    assert line.platform.asked == 3
    assert await line.gaps() == [(None, 0)]


@pytest.mark.parametrize("breaks", [1, 3])
async def test_when_the_line_breaks_during_a_look_the_next_one_goes_as_far_back(line: Line, breaks: int) -> None:
    for number in range(breaks):
        never = asyncio.Event()
        line.platform.answers = [never]
        line.up()
        await line.asked(number + 1)
        await line.hears(f"在线{number}")
        line.down()
        never.set()
        await line.looked()
        line.misses(f"又没听到{number}")
    line.up()
    await line.looked()
    assert sorted(await line.kept()) == sorted(one.text for one in line.platform.said)
    assert await line.gaps() == [(0, 4 + breaks)]


async def test_a_line_that_holds_for_one_page_at_a_time_gets_there_in_the_end(line: Line) -> None:
    """What was read once is not asked for again, so that each look comes further than the one before."""
    line.misses(*(f"很多{number}" for number in range(8)))
    for _ in range(12):
        asked, stuck = line.platform.asked, asyncio.Event()
        line.platform.stuck = (asked + 3, stuck)
        line.up()
        await poll(lambda asked=asked: line.platform.asked >= asked + 3 or line.idle)
        line.down()
        stuck.set()
        await line.looked()
    assert sorted(await line.kept()) == sorted(one.text for one in line.platform.said)
    assert sum(back for _, back in await line.gaps()) == 12


async def test_a_newer_connection_that_takes_over_looks_as_far_back(line: Line) -> None:
    never = asyncio.Event()
    line.platform.answers = [never]
    line.up()
    await line.asked(1)
    await line.hears("在线")
    line.up()
    never.set()
    await line.looked()
    assert sorted(await line.kept()) == sorted([*ALL, "在线"])
    assert await line.gaps() == [(0, 4)]


async def test_until_a_look_is_done_the_talk_counts_as_heard_no_further(line: Line) -> None:
    """Killed between two connections, the next start must look as far back as this one had to."""
    async with line.talk.store.read() as session:
        before = (await session.execute(select(Talk.last_activity_at))).scalar_one()
    never = asyncio.Event()
    line.platform.answers = [never]
    line.up()
    await line.asked(1)
    await line.hears("在线")
    line.down()
    never.set()
    await line.looked()
    await line.talk.recorder.flush()
    async with line.talk.store.read() as session:
        assert (await session.execute(select(Talk.last_activity_at))).scalar_one() <= before + timedelta(seconds=10)
    line.up()
    await line.looked()
    await line.hears("再在线")
    await line.talk.recorder.flush()
    async with line.talk.store.read() as session:
        assert (await session.execute(select(Talk.last_activity_at))).scalar_one() > before + timedelta(seconds=30)
