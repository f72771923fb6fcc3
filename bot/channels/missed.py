"""Words that narrow or protect, said while a bot was away where no talk is open: heard late, and nothing else is."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.port import Channel
from bot.channels.tail import PAGE, Tail
from bot.clock import Clock
from bot.core.reads.linked import linked_chats
from bot.core.reads.people import accounts_by
from bot.core.rules.message import Incoming, Notice
from bot.store.latest import last_heard_day
from bot.store.store import Store

MOST_PEOPLE: Final = 200
"""People of one bot whose private words are looked for: first those who wrote last, as far as the gateway tells."""
UNHEARD: Final = timedelta(minutes=5)
"""A line may have been dead for so long before anybody knew; what was carried out then is not carried out again."""

Bot = tuple[str, str]


class Missed:
    """Looks through linked groups and private chats of a bot that was away; what is found goes to the gate."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        arrive: Callable[[Incoming | Notice], Awaitable[bool] | None],
        protects: Callable[[Incoming], bool],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._clock, self._arrive, self._protects, self._pause = store, clock, arrive, protects, pause
        self._since: dict[Bot, datetime | None] = {}
        self._turns: dict[Bot, int] = {}

    def note(self, bot: Bot, since: datetime | None) -> None:
        """This bot was away since then (None: since before this process); kept until a look has come to its end."""
        before = self._since.get(bot, since)
        self._since[bot] = min(before, since) if before is not None and since is not None else None
        self._turns[bot] = self._turns.get(bot, 0) + 1

    async def look(self, channel: Channel, bot: Bot, *, but: Collection[str]) -> None:
        """Look through everything back to where the bot was last there, ``but`` these groups.

        A newer look takes over from this one.
        """
        turn = self._turns[bot]

        def over() -> bool:
            return self._turns[bot] != turn or not channel.online(bot[1])

        try:
            if await self._all(channel, bot, but, over):
                del self._since[bot]
        except Exception as error:
            logger.warning("words of the time away could not be looked for: {}", type(error).__name__)

    async def _all(self, channel: Channel, bot: Bot, but: Collection[str], over: Callable[[], bool]) -> bool:
        """Whether all of it was looked through."""
        async with self._store.read() as session:
            start = await self._start(session, self._since[bot])
            if start is None:
                return True
            groups = [key[2] for key in await linked_chats(session) if key[:2] == bot and key[2] not in but]
            people = await accounts_by(session, self._store.vault, *bot, most=MOST_PEOPLE)
        wrote = await channel.wrote_last(bot[1], count=MOST_PEOPLE) or ()
        people.sort(key=lambda one: wrote.index(one) if one in wrote else len(wrote))
        first = sum(one in wrote for one in people)
        for person in people[:first]:
            await self._private(channel, bot, person, start, over)
        for group in groups:
            await self._group(channel, bot, group, start, over)
        for person in people[first:]:
            await self._private(channel, bot, person, start, over)
        return not over()

    async def _start(self, session: AsyncSession, since: datetime | None) -> int | None:
        """The second from which on words are looked for; None: this database has never heard anybody."""
        if since is not None:
            return int((since - UNHEARD).timestamp())
        heard = await last_heard_day(session)
        return int(heard.timestamp()) if heard is not None else None

    async def _private(self, channel: Channel, bot: Bot, person: str, start: int, over: Callable[[], bool]) -> None:
        if over():
            return
        await self._pause()
        try:
            told = await channel.private_history(bot[1], person, count=PAGE)
        except Exception as error:
            logger.warning("a private history could not be read: {}", type(error).__name__)
            return
        await self._hear(told or (), start)

    async def _group(self, channel: Channel, bot: Bot, group: str, start: int, over: Callable[[], bool]) -> None:
        tail = Tail(start)
        while not tail.ended and not over():
            await self._pause()
            try:
                page = await channel.history(bot[1], group, count=PAGE, until=tail.until)
            except Exception as error:
                logger.warning("a history could not be read: {}", type(error).__name__)
                page = None
            tail.add(page or ())
        if not over():  # else the next look begins as far back
            await self._hear(tail.left(), start)

    async def _hear(self, told: Sequence[Incoming], start: int) -> None:
        for message in sorted(told, key=lambda one: (one.sent_at, one.sequence or 0)):
            heard = message.sent_at >= start and message.sender_id != message.bot_id and self._protects(message)
            work = self._arrive(message) if heard else None
            if work is not None:
                await work
