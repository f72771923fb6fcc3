"""The thin port between the platform edge and the rest: what arrives, what is delivered, and with what outcome."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.rules.message import Address, Incoming, Notice, OutSegment, Unread


class Outcome(StrEnum):
    """What became of one sending (channels.md section 6)."""

    SENT = "sent"
    RETRY_LATER = "retry_later"
    HELD_UNTIL_USER_SPEAKS = "held_until_user_speaks"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    OVER = "over"
    """Not sent: what it says is no longer true."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one sending; ``native_id`` when sent, ``error`` a short code (never content)."""

    outcome: Outcome
    native_id: str = ""
    error: str = ""


class Edge(Protocol):
    """What the gate offers to an adapter.

    ``arrive`` is called synchronously, in the order of the frames. None: plain chat, finished. Otherwise the adapter
    awaits the result while it holds a slot; True means that the event goes on to NoneBot's matchers.
    """

    def arrive(self, what: Incoming | Notice | Unread) -> Awaitable[bool] | None: ...

    def connected(self, channel: str, bot_id: str) -> None: ...

    def disconnected(self, channel: str, bot_id: str) -> None: ...


class Channel(Protocol):
    """What a channel offers to the sender and the back-fill.

    ``history`` tells the latest messages of a group, or those that end with the message ``until``; that one may come
    along. ``private_history`` tells the latest that somebody wrote to the bot, ``wrote_last`` who did so, newest
    first, ``groups`` in which groups the bot is.
    """

    name: str
    pictures: bool
    """Whether it shows pictures."""

    def online(self, bot_id: str) -> bool: ...

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery: ...

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None: ...

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming] | None: ...

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None: ...

    async def groups(self, bot_id: str) -> Sequence[str] | None: ...


class Admission(Protocol):
    """Which bot ids the door serves: those configured, or else the first that connects, kept from then on."""

    async def admits(self, self_id: str) -> bool: ...
