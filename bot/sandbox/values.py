"""What is said and what changes in the sandbox, as frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.rules.message import ChatKind, Media, Mention, Quote, Text


@dataclass(frozen=True, slots=True)
class Chat:
    """会话: a group by its number, or the private chat of one person with the bot by the person's number."""

    kind: ChatKind
    number: int

    @property
    def key(self) -> str:
        """The conversation as one word, as the page and its addresses use it."""
        return f"{self.kind.value}-{self.number}"

    @classmethod
    def from_key(cls, key: str) -> "Chat":
        """The way back of ``key``; raises ValueError."""
        kind, _, number = key.partition("-")
        return cls(ChatKind(kind), int(number))


@dataclass(frozen=True, slots=True)
class Attachment:
    """文件: a file or picture the bot handed over; its bytes stay in the world's memory."""

    file_id: str
    name: str
    size: int
    picture: bool = False


Piece = Text | Mention | Quote | Media | Attachment
"""One segment. ``Mention("all")`` may occur: a real gateway would send it, so it must be seen here."""


class SystemCode(StrEnum):
    """系统提示: lines in the middle of a chat; the sentences are in ``templates/sandbox/strings.toml``."""

    JOINED = "joined"
    LEFT = "left"
    KICKED = "kicked"
    NOT_FRIEND = "not_friend"
    FRIEND_ADDED = "friend_added"
    FRIEND_REMOVED = "friend_removed"
    FRIEND_ASKED = "friend_asked"
    FRIEND_DECLINED = "friend_declined"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat: a message, or with ``system`` a line in the middle about ``sender``.

    ``seq`` counts the messages of one conversation (0 for system lines). A recalled message keeps its place, not its
    words.
    """

    id: int
    chat: Chat
    seq: int
    at: datetime
    sender: int
    segments: tuple[Piece, ...] = field(default=(), repr=False)
    system: SystemCode | None = None
    operator: int = 0
    recalled_by: int | None = None

    @property
    def words(self) -> str:
        """All text joined."""
        return "".join(piece.text for piece in self.segments if isinstance(piece, Text))


@dataclass(frozen=True, slots=True)
class Said:
    """A person or the bot said something."""

    line: Line


@dataclass(frozen=True, slots=True)
class Recalled:
    """A message was taken back; the line no longer holds its words."""

    line: Line
    operator: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody, perhaps the bot, came into a group."""

    line: Line
    operator: int


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody, perhaps the bot, is no longer in a group."""

    line: Line
    operator: int
    kicked: bool


@dataclass(frozen=True, slots=True)
class FriendAsked:
    """A person asked to be the bot's friend and the bot has to answer."""

    line: Line
    flag: str


@dataclass(frozen=True, slots=True)
class FriendChanged:
    """A friendship began, ended, or was declined; the line says which."""

    line: Line


@dataclass(frozen=True, slots=True)
class Refused:
    """A private message could not be written; nobody but the writer sees the line."""

    line: Line


@dataclass(frozen=True, slots=True)
class Presence:
    """The bot's door was reached, or lost."""

    online: bool


@dataclass(frozen=True, slots=True)
class Due:
    """到点的事: what one tick said at one minute while the clock was moved; no ``tick``: what the night held back."""

    at: datetime
    tick: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TimeMoved:
    """拨快时间: the rehearsal's clock stands at ``now``, having begun at ``since``; on its way while ``until`` is set.

    ``due``: what this step brought.
    """

    since: datetime
    now: datetime
    until: datetime | None
    due: Due | None = None


What = TimeMoved | Said | Recalled | Joined | Left | FriendAsked | FriendChanged | Refused | Presence


@dataclass(frozen=True, slots=True)
class Change:
    """变化: one numbered change of the world; numbers have no holes, so a page can resume after any of them."""

    number: int
    what: What

    @property
    def line(self) -> Line | None:
        """The line to show, if the change has one."""
        return None if isinstance(self.what, Presence | TimeMoved) else self.what.line


class WorldError(Exception):
    """The platform says no; ``code`` names the reason (sentences: ``templates/sandbox/strings.toml``)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pieces_of(text: str, names: Sequence[tuple[str, int]], quoted: int | None = None) -> tuple[Piece, ...]:
    """Cut typed words into text and mentions: ``@name`` of somebody present is a mention, the longest name first."""
    ordered = sorted(((name, number) for name, number in names if name), key=lambda pair: -len(pair[0]))
    found: list[Piece] = [Quote(str(quoted))] if quoted is not None else []
    plain, rest = "", text
    while rest:
        match = next(((n, i) for n, i in ordered if rest.startswith("@" + n)), None)
        if match is None:
            plain, rest = plain + rest[0], rest[1:]
            continue
        if plain:
            found.append(Text(plain))
        found.append(Mention(str(match[1])))
        plain, rest = "", rest[len(match[0]) + 1 :]
    if plain:
        found.append(Text(plain))
    return tuple(found)
