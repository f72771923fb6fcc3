"""Back-fill after a reconnect, best effort: what the gateway still has is recorded, what is missing becomes a gap."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from bot.channels.missed import Missed
from bot.channels.port import Channel
from bot.channels.tail import PAGE, Tail
from bot.clock import Clock
from bot.core.rules.message import Incoming, Notice
from bot.features.talk.acts.stop import drop_recalled
from bot.features.talk.reads.heard import Heard, Words, stored_ids
from bot.features.talk.reads.last_stored import last_heard, stored_count
from bot.features.talk.reads.talk import TalkWatch, open_watches, youths_accounts
from bot.features.talk.tables import Gap
from bot.store.store import Store

PAUSE_SECONDS: Final = 2.0
"""Between two pages of a history (reliability section 5)."""
OVERLAP: Final = timedelta(seconds=2)

PAGE_TRIES: Final = 3
"""A page that a gateway refuses or does not give is asked for so many times before it counts as not there."""
MOST_YOUTHS: Final = 20
"""Youths of one talk whose private words are looked for."""
TRIES: Final = 10
TRY_AGAIN_SECONDS: Final = 30.0
"""A look-through that broke off (a database that refuses) is begun again so many times."""

ChatKey = tuple[str, str, str]
Arrive = Callable[[Incoming | Notice], Awaitable[bool] | None]


@dataclass(frozen=True, slots=True)
class _Away:
    """Since when a bot was away (None: since before this process), and where the counters of its groups stood."""

    since: datetime | None
    stood: dict[ChatKey, int]
    waiting: tuple[Callable[[], None], ...] = ()
    """Who is still to be told that it was looked through: the looks that broke off before."""
    read: dict[int, Tail] = field(default_factory=dict)
    """What those looks have read already, by talk."""


@dataclass(slots=True, eq=False)
class _Look:
    """One look-through; ``broken`` once the bot went away again before it was done: the next one starts as far back."""

    away: _Away
    broken: bool = False


class _BrokenOff(Exception):
    """The bot is away again; what was not read is left to its next connection."""


class Backfill:
    """Looks after open talks of bots that were away, and after words that narrow or protect wherever they were said."""

    def __init__(
        self, store: Store, clock: Clock, arrive: Arrive, words: Words, protects: Callable[[Incoming], bool]
    ) -> None:
        """``protects``: whether these words narrow or protect, so that they are heard from any history."""
        self._store, self._clock, self._arrive, self._words = store, clock, arrive, words
        self._missed = Missed(store, clock, arrive, protects, _pause)
        self._channels: dict[str, Channel] = {}
        self._away: dict[tuple[str, str], _Away] = {}
        self._looking: dict[tuple[str, str], _Look] = {}
        self._heard: dict[ChatKey, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, channel: Channel) -> None:
        """Add a channel whose history may be asked."""
        self._channels[channel.name] = channel

    def heard(self, chat: ChatKey, sequence: int | None) -> None:
        """A live message of a group, with the gateway's counter of it if it has one."""
        if sequence is not None and sequence > self._heard.get(chat, 0):
            self._heard[chat] = sequence

    def disconnected(self, channel: str, bot_id: str) -> None:
        """From now on messages may be missed; where each group's counter stood is kept until they are looked for."""
        look = self._looking.pop((channel, bot_id), None)
        if look is not None:
            look.broken = True
            self._away[channel, bot_id] = look.away
        elif (channel, bot_id) not in self._away:
            stood = {chat: number for chat, number in self._heard.items() if chat[:2] == (channel, bot_id)}
            self._away[channel, bot_id] = _Away(self._clock.now(), stood)

    def connected(self, channel: str, bot_id: str, looked: Callable[[], None] = lambda: None) -> None:
        """Back again: look through every open talk this bot hears; ``looked`` is told once that is done."""
        if (channel, bot_id) in self._looking:  # a newer connection took the place of one that had not ended
            self.disconnected(channel, bot_id)
        away = self._away.pop((channel, bot_id), None) or _Away(None, {})
        self._missed.note((channel, bot_id), away.since)
        look = self._looking[channel, bot_id] = _Look(replace(away, waiting=(*away.waiting, looked)))
        task = asyncio.create_task(self._catch_up(channel, bot_id, look))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until every look-through under way has ended (tests, stop)."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def close(self) -> None:
        """Let go of what is under way, at once: a closed gate takes nothing, so nothing may count as looked through."""
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Let go of what is under way; the next start looks again."""
        self.close()
        await self.settle()

    async def _catch_up(self, channel: str, bot_id: str, look: _Look) -> None:
        left: list[TalkWatch] | None = None
        groups: set[str] = set()
        for number in range(TRIES):
            if number:
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            try:
                if left is None:
                    async with self._store.read() as session:
                        watches = await open_watches(session, self._store.vault, now=self._clock.now())
                    left = [watch for watch in watches if watch.chat[:2] == (channel, bot_id)]
                    since = look.away.since
                    groups = {watch.chat[2] for watch in left if since is None or watch.opened_at <= since}
                left = [watch for place, watch in enumerate(left) if not await self._looked_at(place, watch, look)]
            except _BrokenOff:
                return
            except Exception as error:
                logger.warning("a back-fill could not begin: {}", type(error).__name__)
            if left == []:
                break
        if not look.broken:
            self._looking.pop((channel, bot_id), None)
            for looked in look.away.waiting:
                looked()
            await self._missed.look(self._channels[channel], (channel, bot_id), but=groups)

    async def _looked_at(self, place: int, watch: TalkWatch, look: _Look) -> bool:
        """Look through one talk; one that breaks off (a database that refuses) does not keep the others waiting."""
        if place:
            await _pause()
        try:
            await self._one_talk(self._channels[watch.chat[0]], watch, look)
        except _BrokenOff:
            raise
        except Exception as error:
            logger.warning("the back-fill of a talk broke off: {}", type(error).__name__)
            return False
        return True

    async def _one_talk(self, channel: Channel, watch: TalkWatch, look: _Look) -> None:
        heard = await self._last_heard(watch)
        if heard is None:  # abandoned meanwhile
            return
        since = look.away.since or heard
        # A line may have been dead for a minute before anybody knew: what counts is when somebody was last heard.
        edge = max(watch.opened_at, min(heard, since))
        start = max(watch.opened_at, edge - OVERLAP)
        await self._private_words(channel, watch, start, look)
        stood = await stored_ids(self._store, watch)
        tail = await self._tail(channel, watch, int(start.timestamp()), look)
        missed = [m for m in tail.left() if m.sent_at >= int(start.timestamp()) and m.sender_id != watch.chat[1]]
        known = await Heard.of(self._store, watch, self._words, tail.found.values())
        before = await self._stored(watch)
        for message in known.not_yet(missed):
            work = self._arrive(message)
            if work is not None:
                await work
            tail.handed(message)
        if look.broken:
            raise _BrokenOff  # what is still missing is for the next look to say
        recovered = max(0, await self._stored(watch) - before)
        if tail.reaches(int(edge.timestamp())):
            gone = known.recalled(oldest=tail.whole_from, among=stood)
            await self._drop(gone)
        hole = _hole(tail, edge=int(edge.timestamp()), left_off=look.away.stood.get(watch.chat))
        if hole == 0 and not recovered:
            return
        async with self._store.unit() as unit:
            if await last_heard(unit.session, watch.talk_id) is None:
                return
            unit.session.add(
                Gap(
                    talk_id=watch.talk_id,
                    why="offline",
                    from_at=start if recovered else max(watch.opened_at, since - OVERLAP),
                    to_at=unit.now,
                    missing=recovered + hole if hole else hole,
                    recovered=recovered,
                )
            )

    async def _private_words(self, channel: Channel, watch: TalkWatch, start: datetime, look: _Look) -> None:
        """What youths of the talk wrote to the bot alone meanwhile: whatever narrows or protects is carried out."""
        async with self._store.read() as session:
            accounts = await youths_accounts(session, self._store.vault, watch, MOST_YOUTHS)
        for place, account in enumerate(accounts):
            if place:
                await _pause()
            if look.broken:
                raise _BrokenOff
            try:
                told = await channel.private_history(watch.chat[1], account, count=PAGE)
            except Exception as error:
                logger.warning("a private history could not be read: {}", type(error).__name__)
                continue
            for message in sorted(told or (), key=lambda one: one.sent_at):
                work = self._arrive(message) if message.sent_at >= int(start.timestamp()) else None
                if work is not None:
                    await work

    async def _drop(self, gone: Sequence[int]) -> None:
        """Taken back on the platform while the bot was away: it goes from the talk too."""
        if gone:
            async with self._store.unit() as unit:
                await drop_recalled(unit, gone)

    async def _tail(self, channel: Channel, watch: TalkWatch, edge: int, look: _Look) -> Tail:
        """What the gateway still has back to before the second ``edge``, page by page, newest first; none twice."""
        tail = look.away.read.setdefault(watch.talk_id, Tail(edge))
        tail.begin()
        while not tail.ended:
            if tail.until:
                await _pause()
            tail.add(await self._page(channel, watch, tail.until, look))
            if look.broken and not tail.ended:
                raise _BrokenOff
        return tail

    async def _page(self, channel: Channel, watch: TalkWatch, until: str, look: _Look) -> Sequence[Incoming]:
        """One page; none if the gateway has no more or tells none. Raises ``_BrokenOff`` when the bot is away again."""
        for number in range(PAGE_TRIES):
            if number:
                await _pause()
            page = None
            try:
                page = await channel.history(watch.chat[1], watch.chat[2], count=PAGE, until=until)
            except Exception as error:  # as if it told nothing: a gap that nobody knows the size of
                logger.warning("a history could not be read: {}", type(error).__name__)
            if page is not None:
                return page
            if look.broken:
                raise _BrokenOff
        return ()

    async def _last_heard(self, watch: TalkWatch) -> datetime | None:
        async with self._store.read() as session:
            return await last_heard(session, watch.talk_id)

    async def _stored(self, watch: TalkWatch) -> int:
        async with self._store.read() as session:
            return await stored_count(session, watch.talk_id)


async def _pause() -> None:
    await asyncio.sleep(PAUSE_SECONDS)


def _hole(tail: Tail, *, edge: int, left_off: int | None) -> int | None:
    """How many messages of the group nobody saw, at most; None: nobody knows.

    None at all are missing when the tail reaches back to something that was heard live, in the second ``edge``. Else
    the group's own counter tells; it counts everybody's messages, also of those who are not recorded.
    """
    if tail.reaches(edge):
        return 0
    numbers = {m.sequence for m in tail.found.values() if m.sequence is not None}
    if left_off is None or not numbers:
        return None
    return max(0, max(numbers) - left_off - len([number for number in numbers if number > left_off]))
