"""A county with a cadre and youths who talk through the bot: the scene of the tests of 找人聊聊."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.core.rules.message import Segment
from bot.core.rules.people import Actor, AgeBand
from bot.features.relay.tables import Relay
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.ticking import do_due

CADRE, OTHER_CADRE, ZHAO, KAI, YU = "10001", "10002", "20001", "20002", "20003"
OTHERS = 4
"""Further youths of the cadre, so that an anonymous relay begins without the warning."""


class Scene:
    """林晓舟 and 小赵, 阿凯, 小雨 (a minor) of the group 888; a few more youths who never say anything."""

    def __init__(self, talk: Talkers, org: OrgUnit, cadre: Actor, chat: Chat, youths: dict[str, Actor]) -> None:
        self.talk, self.org, self.cadre, self.chat, self.youths = talk, org, cadre, chat, youths
        self.store = talk.store

    @classmethod
    async def build(cls, store: Store, *, others: int = OTHERS, paced: bool = False) -> "Scene":
        """Everybody, in contact through one linked group."""
        org = await make_org(store, "清河县团委")
        cadre = await make_cadre(store, org, number=CADRE)
        chat = await make_chat(store, org, cadre)
        youths = {}
        for number, name, band in (
            (ZHAO, "小赵", AgeBand.ADULT),
            (KAI, "阿凯", AgeBand.ADULT),
            (YU, "小雨", AgeBand.MINOR),
        ):
            youths[number] = await make_youth(store, org, name, number, cadre=cadre, chat=chat, age_band=band)
        for n in range(others):
            await make_youth(store, org, f"青年{n}", f"2100{n}", cadre=cadre, chat=chat)
        return cls(await Talkers.open(store, paced=paced), org, cadre, chat, youths)

    async def says(self, who: str, words: str | Sequence[Segment], **more: Any) -> list[str]:
        """Say something; what the same person then sees."""
        return await self.talk.says(who, words, **more)

    def last(self, who: str) -> str:
        """The newest message of the bot to this person."""
        return self.talk.last(who)

    def seen(self, who: str) -> str:
        """Everything this person has seen from the bot."""
        return "\n".join(self.talk.shown(who))

    async def open(self, youth: str = ZHAO, words: str = "找人聊聊 夜班的事") -> None:
        """From asking to being joined."""
        self.talk.advance(timedelta(minutes=1))
        await self.says(youth, words)
        await self.says(CADRE, "1")
        assert "接通了" in self.last(CADRE)
        assert "接通了" in self.last(youth)
        self.talk.advance(timedelta(seconds=15))  # past the time in which a second tap is no word

    async def tick(self, by: timedelta = timedelta()) -> None:
        """Let time pass and do what is due."""
        self.talk.advance(by)
        await do_due(self.store, self.talk.clock.now(), "core.questions")
        await do_due(self.store, self.talk.clock.now(), "relay")
        await self.talk.sender.pump()

    async def at(self, hour: int, minute: int = 0) -> None:
        """Move to this hour of the day."""
        now = self.talk.clock.now()
        self.talk.advance(datetime.combine(now.date(), now.time().replace(hour=hour, minute=minute), now.tzinfo) - now)

    async def relays(self) -> int:
        """How many relays there are, in any state."""
        return await count(self.store, Relay)


async def count(store: Store, table: Any, *where: Any) -> int:
    """Rows of a table."""
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()
