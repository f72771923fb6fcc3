"""The recorder: keeps the words of those who agreed while a talk is open, and only counts the rest (P1, P3)."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from loguru import logger

from bot.channels.listening import NOTICED, State
from bot.channels.tally import Tally, said_at, write_days, write_tallies
from bot.clock import SHANGHAI, Clock
from bot.core.reads.linked import ChatKey, linked_chats
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming
from bot.core.rules.privacy import SensitiveWords
from bot.features.talk.acts.notice import NOTICE, QUIET
from bot.features.talk.acts.record import NoLongerRecorded, Recorded, Recording
from bot.features.talk.acts.stop import tell_not_stored
from bot.features.talk.reads.talk import Speaker, TalkWatch, open_watches, watch_of
from bot.features.talk.rules.talk import NotStored, Piece, SpeakerRole, refuse_reason, storable
from bot.store.base import new_id
from bot.store.store import Store, unbroken

FLUSH_SECONDS: Final = 1.0


class Recorder:
    """Holds the open talks in memory; every change of rights marks them stale before the next message is looked at."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        media_words: Mapping[str, str],
        word_pieces: Callable[[tuple[Piece, ...], Mapping[str, str]], str],
        sensitive: SensitiveWords,
    ) -> None:
        self._store, self._clock = store, clock
        self._media_words, self._word_pieces, self._sensitive = media_words, word_pieces, sensitive
        self._recording = Recording(store)
        self._talks: dict[ChatKey, State] = {}
        self._linked: dict[ChatKey, int] = {}
        self._homes: dict[tuple[str, str], str] = {}
        self._days: Counter[tuple[int, Any]] = Counter()
        self._held: Counter[tuple[str, str]] = Counter()
        store.on_signal(self._changed)

    async def load(self) -> None:
        """Read the linked chats and the open talks; called at start and when nothing is known."""
        async with self._store.read() as session:
            self._knows(await linked_chats(session))
            for watch in await open_watches(session, self._store.vault, now=self._clock.now()):
                self._talks[watch.chat] = State(watch, stale=False)

    # --- synchronous, for every message ------------------------------------------------------------------------------

    def count(self, key: ChatKey, at: datetime) -> None:
        """One more message in a linked group: a number of the day, no person (R4.1)."""
        chat_id = self._linked.get(key)
        if chat_id is not None:
            self._days[(chat_id, at.date())] += 1

    def home(self, channel: str, bot_id: str, chat_id: str) -> str:
        """The bot with which a group is linked: this one, or another one of ours; empty for none."""
        return bot_id if (channel, bot_id, chat_id) in self._linked else self._homes.get((channel, chat_id), "")

    def has_homes_beside(self, channel: str, bot_id: str) -> bool:
        """Whether groups are linked with other bots of this channel."""
        return any(key[0] == channel and key[1] != bot_id for key in self._linked)

    def _knows(self, linked: Mapping[ChatKey, int], *, instead_of: ChatKey | None = None) -> None:
        if instead_of is not None and self._linked.pop(instead_of, None) is not None:
            self._homes.pop((instead_of[0], instead_of[2]), None)
        self._linked |= linked
        self._homes |= {(channel, chat_id): bot_id for channel, bot_id, chat_id in linked}

    def listening(self, key: ChatKey) -> bool:
        """Whether a talk may be open here."""
        return key in self._talks

    def takes(self, incoming: Incoming, done: asyncio.Future[None]) -> None:
        """A live message has come; until ``done`` the talk was not heard any further than up to it."""
        state = self._talks.get(incoming.chat_key)
        if state is not None and not incoming.from_history:
            state.under_way[done] = said_at(incoming, self._clock.now())
            done.add_done_callback(lambda done: state.under_way.pop(done, None))

    def _changed(self, topic: str, value: Any) -> None:
        if topic == "chat":
            self._talks.setdefault(tuple(value), State()).stale = True  # type: ignore[arg-type]
        elif topic == QUIET:
            for state in self._talks.values():
                state.hidden(value)
        elif topic in NOTICED and value[0][0] == NOTICE:
            (_, talk_id), (channel, bot_id, _, native_id, _), queued = value
            key = (channel, self.home(channel, bot_id, native_id) or bot_id, native_id)
            self._talks.setdefault(key, State()).noticed(topic, talk_id, queued)

    # --- recording ---------------------------------------------------------------------------------------------------

    async def record(self, incoming: Incoming, key: bytes) -> None:
        """Store one message of an open talk if its speaker agreed; durable when this returns.

        Whatever keeps it from being looked at or stored leaves a gap that is told when the talk ends.
        """
        chat = incoming.chat_key
        try:
            stored = await self._look_at(chat, incoming, key)
        except BaseException:
            self.missed(incoming)
            raise
        if stored is None:
            return
        stored.add_done_callback(lambda done: self._stored(incoming, done))
        with suppress(Exception):  # counted by the callback, whoever still waits
            await unbroken(stored)

    def missed(self, incoming: Incoming) -> None:
        """A message of an open talk could not be looked at or stored: nobody knows whether it should have been."""
        state = self._talks.get(incoming.chat_key)
        if state is not None:
            state.tally.misses(incoming, self._clock.now())

    def missed_somewhere(self, channel: str, bot_id: str) -> None:
        """A message of a group that nothing names: any open talk of this bot may miss it."""
        now = self._clock.now()
        for key, state in self._talks.items():
            if key[:2] == (channel, bot_id):
                state.tally.misses_at(now, now)

    def _stored(self, incoming: Incoming, done: asyncio.Future[bool]) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, NoLongerRecorded):
            self._not_kept(incoming.chat_key)
        elif error is not None:
            self.missed(incoming)
            logger.error("a talk message was not stored: {}", type(error).__name__)

    def _not_kept(self, chat: ChatKey) -> None:
        state = self._talks.get(chat)
        if state is not None:
            state.tally.not_stored += 1
            state.tally.last_at = state.tally.last_at or self._clock.now()

    async def _look_at(self, chat: ChatKey, incoming: Incoming, key: bytes) -> asyncio.Future[bool] | None:
        """Hand a message over to be stored; None when it is not to be kept."""
        state = await self._current(chat)
        if state is None or state.watch is None:
            return None
        watch = state.watch
        state.tally.hears(incoming, self._clock.now())
        if watch.silent(incoming.sent_at if incoming.from_history else None) and not await state.shown(incoming):
            self._not_kept(chat)
            return None
        speaker = None if incoming.sender_anonymous else watch.speaker(self._store.vault, incoming.sender_id)
        if incoming.unread and (speaker is not None or not incoming.sender_id):
            self.missed(incoming)
            return None
        if speaker is None or not _since(speaker, incoming):
            self._not_kept(chat)
            return None
        text = self.words(watch, incoming)
        reason = refuse_reason(text, minor=speaker.minor, sensitive_ok=speaker.sensitive_ok, words=self._sensitive)
        if reason is not None:
            self._not_kept(chat)
            await self._tell(watch, speaker, reason)
            return None
        if not text:
            self._not_kept(chat)
            return None
        return self._recording.put(self._row(incoming, watch, speaker, key, text))

    def words(self, watch: TalkWatch, incoming: Incoming) -> str:
        """What would be kept of a message; empty for nothing."""
        pieces = storable(incoming.segments, lambda native: _name(watch, self._store.vault, native), watch.names)
        return self._word_pieces(pieces, self._media_words) if pieces else ""

    def _row(self, incoming: Incoming, watch: TalkWatch, speaker: Speaker, key: bytes, text: str) -> Recorded:
        vault = self._store.vault
        row_id = new_id()
        now = self._clock.now()
        return Recorded(
            key,
            {
                "id": row_id,
                "talk_id": watch.talk_id,
                "person_id": speaker.person_id,
                "native_index": vault.mac("index", "message", *watch.chat, incoming.message_id),
                "sent_at": datetime.fromtimestamp(incoming.sent_at, SHANGHAI) if incoming.sent_at else now,
                "sequence": self._store.position() if incoming.sequence is None else incoming.sequence,
                "arrived_at": now,
                "body": vault.seal(speaker.key_id, f"talk_messages:{row_id}:body", text),
            },
            ConsentScope.ORIGINAL_MESSAGES.value if speaker.role is SpeakerRole.YOUTH else "",
        )

    async def _tell(self, watch: TalkWatch, speaker: Speaker, reason: NotStored) -> None:
        async with self._store.unit() as unit:
            await tell_not_stored(unit, watch, speaker, reason)

    async def _current(self, chat: ChatKey) -> State | None:
        """The chat's open talk as it is now; whoever comes while it is read again waits for that reading."""
        state = self._talks.get(chat)
        if state is None:
            return None
        if state.stale or state.reading.locked():
            async with state.reading:
                while state.stale:
                    state.stale = False  # a change that comes while we read marks it again
                    await self._read_again(chat, state)
        if state.watch is None:
            if self._talks.get(chat) is state:
                del self._talks[chat]
            return None
        return state

    async def _read_again(self, chat: ChatKey, state: State) -> None:
        try:
            async with self._store.read() as session:
                watch = await watch_of(session, self._store.vault, *chat, now=self._clock.now())
                linked = await linked_chats(session, chat)
        except BaseException:
            state.stale = True
            raise
        self._knows(linked, instead_of=chat)
        if state.watch is not None and (watch is None or watch.talk_id != state.watch.talk_id):
            state.tally = Tally()
        state.watch = watch

    # --- counters ----------------------------------------------------------------------------------------------------

    def hold(self, channel: str, bot_id: str) -> Callable[[], None]:
        """Until the returned function is called, no talk of this bot counts as heard: a next start looks from there."""
        self._held[channel, bot_id] += 1
        return lambda: self._held.subtract([(channel, bot_id)])

    async def flush(self, chat: ChatKey | None = None) -> None:
        """Write the counters; for one chat before a command there, for all each second and at stop."""
        for key, state in list(self._talks.items()):
            if state.stale and state.tally.last_at is not None and chat in (None, key):
                await self._current(key)  # something was missed before anybody knew which talk it belongs to
        days, self._days = self._days, Counter()
        tallies: list[tuple[State, TalkWatch, Tally, datetime | None]] = []
        for key, state in self._talks.items():
            if (chat is None or key == chat) and state.watch is not None and state.tally.last_at is not None:
                heard = None if self._held[key[:2]] > 0 else state.heard()
                tallies.append((state, state.watch, state.tally, heard))
                state.tally = Tally()
        if not days and not tallies:
            return
        written = asyncio.Event()
        try:
            async with self._store.unit() as unit:
                unit.after_commit(written.set)
                await write_days(unit, days)
                await write_tallies(unit, [(watch.talk_id, tally, heard) for _, watch, tally, heard in tallies])
        finally:
            if not written.is_set():  # they stay in memory until the database takes them
                self._days.update(days)
            for state, watch, tally, heard in tallies:
                if state.watch is not None and state.watch.talk_id == watch.talk_id:
                    if not written.is_set():
                        state.tally.add(tally)
                    elif heard != tally.heard:
                        state.tally.hold(tally)

    async def close(self) -> None:
        """Finish the last batch and write the counters."""
        await self._recording.drain()
        await self.flush()


def _since(speaker: Speaker, incoming: Incoming) -> bool:
    """Back-fill reaches back only to the start of a consent (channels.md section 4)."""
    return not incoming.from_history or incoming.sent_at >= int(speaker.since.timestamp())


def _name(watch: TalkWatch, vault: Any, native_id: str) -> str | None:
    speaker = watch.speaker(vault, native_id)
    return speaker.name if speaker is not None else None
