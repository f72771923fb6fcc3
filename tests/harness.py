"""A chat without a platform: messages go through the real gate, router and sender; a fake channel shows what came out.

talk = await Talkers.open(store)
await talk.says("10001", "帮助")                  # private chat of QQ 10001 with the bot
await talk.says("10001", "/加入 小赵", group="888")
assert talk.last("10001") == Said("join/age")     # what was said, not its words: tests/said.py
"""

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any

import nonebot

import bot.plugins
from bot.channels.backfill import Backfill
from bot.channels.gate import Gate, Ways
from bot.channels.pacing import Pacer, Quotas
from bot.channels.port import Delivery, Outcome
from bot.channels.recorder import Recorder
from bot.channels.sender import Sender
from bot.chat.context import Services
from bot.chat.held import begin_anew
from bot.chat.recognise import Match
from bot.chat.router import Router
from bot.chat.table import Table, table
from bot.chat.text import (
    consent_texts,
    crisis_words,
    hotlines,
    media_words,
    render,
    repeated_mark,
    sensitive_words,
)
from bot.clock import ManualClock
from bot.core.installation import Installation
from bot.core.rules.message import (
    Address,
    ChatKind,
    FileOut,
    Incoming,
    Media,
    Mention,
    Notice,
    NoticeKind,
    OutSegment,
    Quote,
    Segment,
    Text,
)
from bot.core.rules.workdays import Workdays
from bot.features.talk.rules.talk import worded
from bot.features.voice.reads.categories import voice_categories
from bot.store.store import Store
from tests import said as _said  # noqa: F401 - from here on every text knows what it was made of

BOT = "30003"


def load_plugins() -> None:
    """Load every plugin once, so that its commands stand in the table: by NoneBot, as a start does."""
    loaded = {plugin.module_name for plugin in nonebot.get_loaded_plugins()}
    for name in bot.plugins.names():
        if name not in loaded and nonebot.load_plugin(name) is None:
            raise RuntimeError(f"plugin {name} did not load")


class FakeChannel:
    """Remembers what was shown, conversation by conversation, and by which bot; outcomes can be scripted."""

    def __init__(self, name: str = "qq", shown: defaultdict[str, list[str]] | None = None) -> None:
        self.name = name
        self.pictures = False
        self.shown: defaultdict[str, list[str]] = defaultdict(list) if shown is None else shown
        self.by: list[tuple[str, str]] = []
        """Bot and conversation of every message, in order."""
        self.files: list[tuple[str, str, bytes]] = []
        self.outcomes: dict[str, list[Delivery]] = {}
        self.tail: Sequence[Incoming] | None = None
        self._ids = itertools.count(1)

    def online(self, bot_id: str) -> bool:
        return True

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        scripted = self.outcomes.get(address.native_id)
        if scripted:
            return scripted.pop(0)
        self.by.append((address.bot_id, address.native_id))
        for segment in segments:
            match segment:
                case Text(text):
                    self.shown[address.native_id].append(text)
                case FileOut(name, content):
                    self.files.append((address.native_id, name, content))
                case _:
                    pass
        return Delivery(Outcome.SENT, native_id=str(next(self._ids)))

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming] | None:
        return None

    async def groups(self, bot_id: str) -> Sequence[str] | None:
        return None

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None:
        return None

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        return self.tail


class Talkers:
    """People talking to the bot. ``shown[native id]`` is what a private chat or a group has seen from the bot."""

    def __init__(
        self,
        store: Store,
        clock: ManualClock,
        commands: Table = table,
        *,
        paced: bool = False,
        pacer: Pacer | None = None,
    ) -> None:
        self.store, self.clock = store, clock
        self.channel = FakeChannel()
        self.sender = Sender(store, clock, pacer or Pacer(Quotas.load(), on=False), render, repeated=repeated_mark())
        self.sender.attach(self.channel)
        self.sender.connected("qq", BOT)
        self.services = Services(
            store=store,
            clock=clock,
            answer=self.sender.answer,
            consent_texts=consent_texts(),
            crisis_words=crisis_words(),
            hotlines=hotlines(),
            sensitive_words=sensitive_words(),
            public_url="http://127.0.0.1:8080",
            feed_url="https://zhixin.test",
            paced=paced,
            installation=Installation.of_rules(Workdays(), voice_categories()),
        )
        self.router = Router(self.services, commands)
        self.recorder = Recorder(
            store, clock, media_words=media_words(), word_pieces=worded, sensitive=sensitive_words()
        )
        ways: Ways[Match] = Ways(self.router.recognise, self.router.handle, self.router.give_up)
        self.gate = Gate(store, clock, ways, self.recorder, self.sender)
        self.gate.backfill = Backfill(store, clock, self.gate.arrive, self.recorder.words, self.router.protects)
        self.gate.backfill.attach(self.channel)
        self._ids = itertools.count(1000)

    @classmethod
    async def open(
        cls, store: Store, commands: Table | None = None, *, paced: bool = False, pacer: Pacer | None = None
    ) -> "Talkers":
        """Everything a running bot has, on an open store with a ManualClock; ``commands`` in place of the plugins.

        ``paced``: what is said again and again is answered less; ``pacer``: what is sent goes at its pace.
        """
        if commands is None:
            load_plugins()
        assert isinstance(store.clock, ManualClock)
        talkers = cls(store, store.clock, commands or table, paced=paced, pacer=pacer)
        await talkers.recorder.load()
        return talkers

    async def restarted(self) -> "Talkers":
        """The bot again, after what was in memory is gone; what people have seen stays seen."""
        again = await Talkers.open(self.store)
        again.channel = FakeChannel(shown=self.channel.shown)
        again.sender.attach(again.channel)
        if again.gate.backfill is not None:
            again.gate.backfill.attach(again.channel)
        await begin_anew(again.services)
        return again

    # --- what people do ----------------------------------------------------------------------------------------------

    def incoming(
        self,
        user: str,
        text: str | Sequence[Segment],
        *,
        group: str | None = None,
        message_id: str | None = None,
        to_bot: bool = False,
        bot: str = BOT,
        channel: str = "qq",
        **more: Any,
    ) -> Incoming:
        """A message as the adapter would hand it over."""
        segments = (Text(text),) if isinstance(text, str) else tuple(text)
        words = "".join(s.text for s in segments if isinstance(s, Text))
        return Incoming(
            channel=channel,
            bot_id=bot,
            kind=ChatKind.GROUP if group else ChatKind.PRIVATE,
            chat_id=group or user,
            sender_id=user,
            message_id=message_id or str(next(self._ids)),
            sent_at=int(self.clock.now().timestamp()),
            segments=segments,
            text=words,
            to_bot=to_bot,
            **more,
        )

    async def says(self, user: str, text: str | Sequence[Segment], **more: Any) -> list[str]:
        """Say something; returns what the same conversation then shows from the bot."""
        incoming = self.incoming(user, text, **more)
        return await self.deliver(incoming)

    async def deliver(self, incoming: Incoming, *, woken: bool = False) -> list[str]:
        """Hand over a message (perhaps the same one twice) and send everything that is due.

        ``woken``: only what this message led to, not what the time has made due.
        """
        before = len(self.channel.shown[incoming.chat_id])
        await self._arrive(incoming)
        await self.sender.pump(woken=woken)
        return self.channel.shown[incoming.chat_id][before:]

    async def sends(self, incoming: Incoming) -> list[str]:
        """Hand over a message; what is said to it does not go out: the process is about to end."""
        await self._arrive(incoming)
        return []

    async def recalls(self, user: str, message_id: str, *, group: str) -> None:
        """Take a message back."""
        await self._arrive(
            Notice(NoticeKind.RECALLED, "qq", BOT, group, user, message_id, int(self.clock.now().timestamp()))
        )
        await self.sender.pump()

    async def leaves(self, user: str, *, group: str) -> None:
        """Leave a group."""
        await self._arrive(
            Notice(NoticeKind.MEMBER_LEFT, "qq", BOT, group, user, sent_at=int(self.clock.now().timestamp()))
        )
        await self.sender.pump()

    async def bot_removed(self, *, group: str) -> None:
        """The bot is put out of a group."""
        await self._arrive(
            Notice(NoticeKind.BOT_REMOVED, "qq", BOT, group, BOT, sent_at=int(self.clock.now().timestamp()))
        )
        await self.sender.pump()

    async def _arrive(self, what: Incoming | Notice) -> None:
        work: Awaitable[bool] | None = self.gate.arrive(what)
        if work is not None:
            await work

    def second_bot(self, bot: str, channel: str = "qq") -> FakeChannel:
        """Another bot comes online, on the same channel or on another one; what it shows stands in ``shown`` too."""
        there = self.channel
        if channel != there.name:
            there = FakeChannel(channel, there.shown)
            self.sender.attach(there)
        self.sender.connected(channel, bot)
        return there

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(by)

    # --- what is seen ------------------------------------------------------------------------------------------------

    def shown(self, native_id: str) -> list[str]:
        """Everything the bot has said in this private chat or group."""
        return self.channel.shown[native_id]

    def last(self, native_id: str) -> str:
        """The newest message of the bot there; empty if there is none."""
        return self.channel.shown[native_id][-1] if self.channel.shown[native_id] else ""


__all__ = ["BOT", "FakeChannel", "Media", "Mention", "Quote", "Talkers", "Text", "load_plugins"]
