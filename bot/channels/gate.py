"""The gate: the first hop of every event and, for plain chat, the last (design section 3)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from loguru import logger

from bot.channels.backfill import Backfill
from bot.channels.lanes import Lanes, Ticket
from bot.channels.recorder import ChatKey, Recorder
from bot.channels.sender import Sender
from bot.channels.twins import Turn, Twins
from bot.clock import Clock
from bot.core.acts.react import heard
from bot.core.rules.message import ChatKind, Incoming, Notice, NoticeKind, Unread
from bot.store.store import Store
from bot.store.unit import Redelivered

M = TypeVar("M")
_OF_THE_GROUP: Final = (NoticeKind.RECALLED, NoticeKind.MEMBER_LEFT)
"""What any of our bots in a group may tell of it."""


@dataclass(frozen=True, slots=True)
class Ways(Generic[M]):
    """What the gate is handed: "is this ours?" and "carry it out" (so that channels never import the router)."""

    recognise: Callable[[Incoming], M | None]
    handle: Callable[[Incoming, M], Awaitable[None]]
    give_up: Callable[[Incoming, M], None]
    """Tell that nothing was recorded: it was not this message's turn before its deadline, or the database refuses."""


class Gate(Generic[M]):
    """Counts, records, and lets commands through in the order in which they came."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ways: Ways[M],
        recorder: Recorder,
        sender: Sender,
        *,
        pass_through: bool = False,
    ) -> None:
        self._store, self._clock, self._ways = store, clock, ways
        self._recorder, self._sender = recorder, sender
        self._pass_through = pass_through
        self._lanes = Lanes()
        self._twins = Twins(clock, sender.bots)
        self._members = sender.members
        self.backfill: Backfill | None = None
        self.plain = 0
        self.closed = False

    # --- the port ----------------------------------------------------------------------------------------------------

    def arrive(self, what: Incoming | Notice | Unread) -> Awaitable[bool] | None:
        """Called in the order of the frames; None ends an event here at once."""
        if self.closed:
            return None
        if isinstance(what, Unread):
            self._recorder.missed_somewhere(what.channel, what.bot_id)
            return None
        if isinstance(what, Notice):
            what = self._at_home_too(what)
            return self._notice(what, self._enter(what.chat_key, what.subject_key, exclusive=True))
        sender = (what.channel, what.sender_id)
        if what.kind is ChatKind.PRIVATE:
            match = self._ways.recognise(what)
            if match is None:
                return None
            key = what.chat_key
            return self._ours(what, match, key, self._enter(key, sender, exclusive=True))
        what, there = self._at_home(what)
        key = what.chat_key
        if not what.from_history and there:
            self._recorder.count(key, self._clock.now())
            if self.backfill is not None and not what.home:
                self.backfill.heard(key, what.sequence)
        match = self._ways.recognise(what)
        if match is None and not (there and self._recorder.listening(key)):
            self.plain += 1
            return _yes() if self._pass_through and not what.from_history else None
        turn = None if what.from_history else self._twins.hears(what)
        if turn is None and not what.from_history:
            return None
        if match is None:
            ticket = self._enter(key, sender, exclusive=False)
            self._recorder.takes(what, ticket.done)
            return self._record(what, ticket)
        return self._ours(what, match, key, self._enter(key, sender, exclusive=True), turn)

    def _at_home(self, what: Incoming) -> tuple[Incoming, bool]:
        """A group's message as the bot hears it with which the group is linked, and whether this one stands for it."""
        home = self._recorder.home(what.channel, what.bot_id, what.chat_id)
        if home == what.bot_id or what.from_history:
            return what, True
        self._members.seen(what.channel, what.bot_id, what.chat_id)
        return (replace(what, home=home), not self._sender.here(home)) if home else (what, True)

    def connected(self, channel: str, bot_id: str) -> None:
        """A bot came online: its rows go out, its open talks are looked through for what was missed."""
        self._sender.connected(channel, bot_id)
        if self._recorder.has_homes_beside(channel, bot_id):
            self._sender.learn_groups(channel, bot_id)
        if self.backfill is not None:
            self.backfill.connected(channel, bot_id, self._recorder.hold(channel, bot_id))

    @property
    def idle(self) -> bool:
        """Whether no event is under way."""
        return len(self._lanes) == 0

    def disconnected(self, channel: str, bot_id: str) -> None:
        """A bot went offline: a gap begins."""
        self._sender.disconnected(channel, bot_id)
        if self.backfill is not None:
            self.backfill.disconnected(channel, bot_id)

    # --- ways through ------------------------------------------------------------------------------------------------

    def _enter(self, *keys: Any, exclusive: bool) -> Ticket:
        return self._lanes.enter(keys, exclusive=exclusive)

    async def _record(self, incoming: Incoming, ticket: Ticket) -> bool:
        begun = False
        try:
            async with ticket:
                begun = True
                await self._recorder.record(incoming, self._store.message_key(incoming))
        finally:
            if not begun:  # its deadline passed while it waited for what came before it
                self._recorder.missed(incoming)
        return self._pass_through and not incoming.from_history

    async def _ours(self, incoming: Incoming, match: M, key: ChatKey, ticket: Ticket, turn: Turn | None = None) -> bool:
        begun = False
        try:
            async with ticket:
                if turn is not None and not await turn.mine():
                    begun = True
                    return False
                begun = not self._recorder.listening(key) or await self._flushed(key)
                if begun:
                    await self._ways.handle(incoming, match)
        finally:
            if not begun:
                self._ways.give_up(incoming, match)
        return False

    async def _flushed(self, key: ChatKey) -> bool:
        """Whether a command of this chat may count on what was said before it: its numbers are in the database."""
        try:
            await self._recorder.flush(key)
        except Exception as error:
            logger.error("counters could not be written before a command: {}", type(error).__name__)
            return False
        return True

    def _at_home_too(self, notice: Notice) -> Notice:
        """What a bot tells of another one's group counts there while that one is away; of itself it counts not."""
        home = self._recorder.home(notice.channel, notice.bot_id, notice.chat_id)
        if notice.kind is NoticeKind.BOT_REMOVED:
            self._members.left(notice.channel, notice.bot_id, notice.chat_id)
        stands_in = bool(home) and (notice.kind is NoticeKind.RECALLED or not self._sender.here(home))
        return replace(notice, bot_id=home) if stands_in and notice.kind in _OF_THE_GROUP else notice

    async def _notice(self, notice: Notice, ticket: Ticket) -> bool:
        async with ticket:
            try:
                async with self._store.unit(self._notice_key(notice)) as unit:
                    await heard(unit, notice)
            except Redelivered:
                pass
            except Exception as error:
                logger.opt(exception=error).error("a notice was not taken: {}", notice.kind.value)
        return self._pass_through

    def _notice_key(self, notice: Notice) -> bytes:
        return self._store.event_key(
            notice.channel,
            notice.bot_id,
            f"notice:{notice.kind}:{notice.chat_id}",
            notice.subject_id,
            notice.message_id or notice.fingerprint,
            notice.sent_at,
        )


async def _yes() -> bool:
    return True
