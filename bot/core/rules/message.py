"""What comes from and goes to a chat platform, as plain values that no layer needs a platform for."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

MADE_UP: Final = "~"
"""What a message id of ours begins with, for a message whose platform gave it none."""


class ChatKind(StrEnum):
    """Private chat or linked group (群聊)."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: one conversation as one bot sees it (channels.md section 6).

    ``native_id`` is the platform's id as text: a QQ number for a private chat, a group number for a group.
    ``via_group`` names the group through which a private message may go when the two are not friends.
    """

    channel: str
    bot_id: str
    kind: ChatKind
    native_id: str
    via_group: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words, never parsed for codes of a platform."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """An @ of one person; the whole group (at-all) has no type and so can never go out."""

    native_id: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A reply to an earlier message of the same conversation."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, voice, video, file or card: its kind only; its content is never fetched nor kept (P26)."""

    kind: str


@dataclass(frozen=True, slots=True)
class FileOut:
    """A file to hand over in a private chat; ``content`` goes out as base64."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sketch:
    """图样: a picture that is still to be drawn, as SVG; it is said in memory only, after the same facts in words."""

    svg: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PictureOut:
    """图: a picture to show, as PNG; ``content`` goes out as base64."""

    content: bytes = field(repr=False)


Segment = Text | Mention | Quote | Media
OutSegment = Text | Mention | Quote | FileOut | Sketch | PictureOut


@dataclass(frozen=True, slots=True)
class Incoming:
    """One chat message as it came from a platform.

    ``text`` is all words joined, ``sent_at`` the platform's second (0 if it gives none), ``sequence`` its counter
    in the conversation if it has one, ``via_group`` the group through which a temporary session came. ``to_bot``
    says that the bot itself was addressed by @. ``from_history`` marks back-fill. ``unread``: words, or who said them,
    could not be read (the sender is empty then). ``home`` is the bot with which the group is linked, where another one
    of ours hears it.
    """

    channel: str
    bot_id: str
    kind: ChatKind
    chat_id: str
    sender_id: str
    message_id: str
    sent_at: int
    segments: tuple[Segment, ...] = field(repr=False)
    text: str = field(repr=False)
    to_bot: bool = False
    sequence: int | None = None
    sender_anonymous: bool = False
    from_history: bool = False
    via_group: str = ""
    unread: bool = False
    home: str = ""

    @property
    def home_bot(self) -> str:
        """The bot with which the group is linked, as far as any is."""
        return self.home or self.bot_id

    @property
    def chat_key(self) -> tuple[str, str, str]:
        """The conversation as its home knows it."""
        return (self.channel, self.home_bot, self.chat_id)

    @property
    def address(self) -> Address:
        """Where an answer to this message goes."""
        return Address(self.channel, self.bot_id, self.kind, self.chat_id, self.via_group)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was said, and its place in the conversation where the platform counts."""

    at: datetime
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A message of a group of which nothing says which group it is: any open talk of the bot may miss it."""

    channel: str
    bot_id: str


class NoticeKind(StrEnum):
    """What a platform tells besides messages, as far as the bot cares."""

    RECALLED = "recalled"
    MEMBER_LEFT = "member_left"
    BOT_REMOVED = "bot_removed"
    CHAT_MUTED = "chat_muted"
    CHAT_UNMUTED = "chat_unmuted"
    FRIEND_ADDED = "friend_added"


@dataclass(frozen=True, slots=True)
class Notice:
    """A platform's notice: who it concerns and, for a recall, which message.

    Of a recall the platform may leave out who (``subject_id``) and where (``chat_id``): the message alone counts.
    """

    kind: NoticeKind
    channel: str
    bot_id: str
    chat_id: str
    subject_id: str
    message_id: str = ""
    sent_at: int = 0
    fingerprint: str = ""

    @property
    def chat_key(self) -> tuple[str, str, str]:
        """The group it happened in."""
        return (self.channel, self.bot_id, self.chat_id)

    @property
    def subject_key(self) -> tuple[str, str]:
        """The account it concerns."""
        return (self.channel, self.subject_id)
