"""Back-fill after a reconnect, best effort: what the gateway still has is recorded, what is missing becomes a gap."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from bot.channels.port import Channel
from bot.clock import Clock
from bot.domain.message import Incoming, Notice
from bot.queries.heard import last_heard, stored_count
from bot.queries.talk import TalkWatch, open_watches
from bot.store.store import Store
from bot.store.talk import Gap

PAGE: Final = 50
"""Messages asked for at once; one call in ``PAUSE_SECONDS`` (reliability section 5)."""
PAUSE_SECONDS: Final = 2.0
OVERLAP: Final = timedelta(seconds=2)

Arrive = Callable[[Incoming | Notice], Awaitable[bool] | None]


class Backfill:
    """Looks after open talks of bots that were away."""

    def __init__(self, store: Store, clock: Clock, arrive: Arrive) -> None:
        self._store, self._clock, self._arrive = store, clock, arrive
        self._channels: dict[str, Channel] = {}
        self._away_since: dict[tuple[str, str], datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, channel: Channel) -> None:
        """Add a channel whose history may be asked."""
        self._channels[channel.name] = channel

    def disconnected(self, channel: str, bot_id: str) -> None:
        """From now on messages may be missed."""
        self._away_since.setdefault((channel, bot_id), self._clock.now())

    def connected(self, channel: str, bot_id: str) -> None:
        """Back again: look through every open talk this bot hears."""
        since = self._away_since.pop((channel, bot_id), None)
        task = asyncio.create_task(self._catch_up(channel, bot_id, since))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until every look-through under way has ended (tests, stop)."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Let go of what is under way; the next start looks again."""
        for task in set(self._tasks):
            task.cancel()
        await self.settle()

    async def _catch_up(self, channel: str, bot_id: str, since: datetime | None) -> None:
        async with self._store.read() as session:
            open_talks = await open_watches(session, self._store.vault)
        watches = [watch for watch in open_talks if watch.chat[:2] == (channel, bot_id)]
        for number, watch in enumerate(watches):
            if number:
                await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self._one_talk(self._channels[channel], watch, since)
            except Exception as error:
                logger.warning("the back-fill of a talk broke off: {}", type(error).__name__)

    async def _one_talk(self, channel: Channel, watch: TalkWatch, since: datetime | None) -> None:
        heard = await self._last_heard(watch)
        away = since or heard
        # A line may have been dead for a minute before anybody knew: what counts is when somebody was last heard.
        start = max(watch.opened_at, min(heard, away) - OVERLAP)
        tail = await channel.history(watch.chat[1], watch.chat[2], count=PAGE)
        missed = [m for m in tail or () if m.sent_at >= int(start.timestamp()) and m.sender_id != watch.chat[1]]
        before = await self._stored(watch)
        for message in sorted(missed, key=lambda m: (m.sent_at, m.sequence or 0)):
            work = self._arrive(message)
            if work is not None:
                await work
        recovered = await self._stored(watch) - before
        reaches = bool(tail) and (
            min(m.sent_at for m in tail or ()) <= int(start.timestamp()) or len(tail or ()) < PAGE
        )
        if reaches and not recovered:
            return
        async with self._store.unit() as unit:
            unit.session.add(
                Gap(
                    talk_id=watch.talk_id,
                    why="offline",
                    from_at=start if recovered else max(watch.opened_at, away - OVERLAP),
                    to_at=unit.now,
                    missing=0 if reaches else None,
                    recovered=recovered,
                )
            )

    async def _last_heard(self, watch: TalkWatch) -> datetime:
        async with self._store.read() as session:
            return await last_heard(session, watch.talk_id)

    async def _stored(self, watch: TalkWatch) -> int:
        async with self._store.read() as session:
            return await stored_count(session, watch.talk_id)
