"""Everybody in the group speaks at once, to the bot and in an open talk; and what they are told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.chat.table import table as commands
from bot.features.talk.tables import TalkMessage
from bot.store.store import Store
from tests.channels.door import poll
from tests.faults import drill
from tests.faults.drill import Drill, examine
from tests.faults.whole import CADRE, GROUP, YOUTHS, Whole, open_whole
from tests.gateway import FakeGateway, group, private
from tests.patience import PATIENCE

ROUNDS = 4


@dataclass(slots=True)
class Crowd:
    """A running bot whose youths use the drill's command in private and speak in the talk of their group."""

    whole: Whole
    gateway: FakeGateway
    noted: Drill
    said: list[str] = field(default_factory=list)
    """What was said in the present talk."""
    first: int = 0
    """The first number noted since it was opened."""
    earlier: int = 0
    """Messages that earlier talks have kept."""

    async def opens(self) -> None:
        """The cadre opens a talk."""
        await self.cadre("/谈心 开始 夜班", "●", in_group=True)
        self.said, self.first, self.earlier = [], len(self.noted.events), await self.whole.rows(TalkMessage)

    async def cadre(self, text: str, expect: str, *, in_group: bool = False) -> str:
        """The cadre says something; returns the new answer that contains ``expect``."""
        where = group(GROUP) if in_group else private(CADRE)
        known = len(self.gateway.shown[where])
        if in_group:
            await self.gateway.group_message(GROUP, CADRE, text)
        else:
            await self.gateway.private_message(CADRE, text)

        def new() -> str | None:
            return next((one.text for one in self.gateway.shown[where][known:] if expect in one.text), None)

        return await self.gateway._wait(new, PATIENCE, f"no {expect}")

    async def speaks(self, rounds: int = ROUNDS) -> None:
        """Each says a command and a sentence, several times over."""
        for _ in range(rounds):
            for youth, name in YOUTHS.items():
                await self.noted.note(youth)
                self.said.append(f"{name}的第{len(self.said)}句")
                await self.gateway.group_message(GROUP, youth, self.said[-1])

    def answers(self) -> tuple[int, int]:
        """How many commands were told that they were noted, and how many that they were not."""
        receipts = self.noted.shown(drill.RECEIPT, to=map(private, YOUTHS))
        refusals = [one for youth in YOUTHS for one in self.gateway.shown[private(youth)] if drill.REFUSED in one.text]
        return len(receipts), len(refusals)

    async def is_told(self, more: int = 0) -> tuple[int, int]:
        """Wait until every command has its answer, and ``more`` that have been told twice."""
        wanted = len(self.noted.events) + more

        def told() -> tuple[int, int] | None:
            answers = self.answers()
            return answers if sum(answers) >= wanted else None

        return await self.gateway._wait(told, PATIENCE, f"not {wanted} answers")

    async def goes_on(self) -> str:
        """The fault is over: what comes again has its effect once, and the end of the talk tells what is missing.

        Returns what the end of the talk says.
        """
        _, refusals = self.answers()
        for number in range(self.first, len(self.noted.events)):
            await self.noted.again(number)
            await self.noted.again(number)
        await self.is_told(more=refusals)
        await self.settles()
        stored = await self.stored()
        await self.gateway.group_message(GROUP, next(iter(YOUTHS)), "又能记了")
        told = await self.cadre("/谈心 结束 聊了夜班回家", "存了", in_group=True)
        assert f"存了 {stored + 1} 条，没存 {len(self.said) - stored} 条" in told
        for _ in range(2):  # an outcome that could not be written is looked at again when its lease has run out
            await self.whole.drained()
        kept = await examine(self.whole.store, self.noted)
        assert kept.faults == []
        assert kept.noted == set(self.noted.events)
        await self.whole.check()
        return told

    async def settles(self) -> None:
        """Wait until the bot has read and handled everything that was said."""
        await poll(lambda: self.whole.adapter.counters.frames >= self.gateway.frames_written)
        await self.whole.events_done()

    async def stored(self) -> int:
        """How many messages of the present talk are kept."""
        return await self.whole.rows(TalkMessage) - self.earlier


@asynccontextmanager
async def open_crowd(store: Store) -> AsyncIterator[Crowd]:
    """A running bot on this store, its gateway connected, a talk open."""
    drill.install(commands, CADRE)
    try:
        async with open_whole(store) as whole, whole.gateway() as gateway:
            crowd = Crowd(whole, gateway, Drill(gateway, CADRE))
            await whole.online()
            await crowd.opens()
            yield crowd
    finally:
        drill.remove(commands)
