"""谈心谈话 Talk: what of a message may be kept, when a notice is due, and when a talk ends by itself (P1, P3, P4)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.mentions import without_strangers
from bot.core.rules.message import Media, Mention, Segment, Text
from bot.core.rules.privacy import SensitiveWords, private_details, secrecy_marking, sensitive_matters
from bot.core.rules.text import clean

NOTICE_EVERY: Final = timedelta(minutes=30)
"""The notice ● 记录中 is repeated after this much activity (P4)."""
SHOWN_AGAIN_AFTER: Final = timedelta(minutes=10)
"""While it cannot be shown it is tried again so often; many tries in a muted group endanger the account."""
IDLE_AFTER: Final = timedelta(hours=2)
"""A talk of a chat in which nobody spoke for so long closes itself (commands.md)."""
MAX_NOTES: Final = 2_000
"""Characters of 要点 at most: they are read in chat, in one go."""
MAX_AMENDMENT: Final = 500
"""Characters of a correction at most."""
MAX_TOPIC: Final = 60
"""Characters of a 话题 at most: it stands in one line of the notice."""
MAX_STORED: Final = 4_000
"""Characters of one message kept at most (the limit of what is examined for private details, threat 15)."""

LIST_PAGE: Final = 10
"""Talks on one page of the list."""
ADD_NOTES_WITHIN: Final = timedelta(hours=2)
"""How long a stopped talk waits for its 要点 before it is finished without them."""
SAME_WITHIN: Final = timedelta(minutes=10)
"""The same note again within this time asks first (reliability section 4)."""

_SPACES: Final = frozenset(" \u3000\u2005")
_RULE: Final = "-—－ \u3000"
"""What the line between quoted and own words is drawn with where a channel quotes in plain text."""


class SpeakerRole(StrEnum):
    """谈心中的身份: in which part somebody speaks."""

    CADRE = "cadre"
    YOUTH = "youth"


class TalkState(StrEnum):
    """谈心状态: recording, no longer recording but still without its 要点, or over."""

    OPEN = "open"
    STOPPED = "stopped"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """结束原因: closed by its cadre, without 要点 in time, by itself, or because its group or its cadre is gone."""

    ENDED = "ended"
    NO_NOTES = "no_notes"
    IDLE = "idle"
    UNLINKED = "unlinked"
    LOST = "lost"
    OFFICE = "office"


class Kept(StrEnum):
    """留存方式: original messages, 要点, or only that it took place or is to be followed up (S1.3, P9)."""

    MESSAGES = "messages"
    ONCE = "once"
    FOLLOW_UP = "follow_up"
    NOTES = "notes"


class NotesState(StrEnum):
    """要点: there are none, they wait for every youth's yes (only their writer sees them), or they are kept."""

    NONE = "none"
    HELD = "held"
    KEPT = "kept"


class CoSign(StrEnum):
    """核对: what a youth said to the record (P39): asked, agreed, corrected, deleted their part, or nothing."""

    NONE = "none"
    ASKED = "asked"
    AGREED = "agreed"
    AMENDED = "amended"
    DELETED = "deleted"
    SILENT = "silent"


class NotShown(StrEnum):
    """看不到的原因: why ● 记录中 is not to be seen."""

    MUTED = "muted"
    REFUSED = "refused"


class NotStored(StrEnum):
    """未保存原因: why words that could be stored by consent are not stored."""

    SECRECY = "secrecy"
    PRIVATE = "private"
    SENSITIVE = "sensitive"


class NotesFate(StrEnum):
    """要点去向: what became of 要点 when a talk was closed; the last ones name why they were not kept."""

    NONE = "none"
    KEPT = "kept"
    HELD = "held"
    NOBODY = "nobody"
    SECRECY = "secrecy"
    PRIVATE = "private"
    SENSITIVE = "sensitive"


class PieceKind(StrEnum):
    """片段类型: words, a 称呼 or a medium."""

    WORDS = "words"
    MENTION = "mention"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Piece:
    """片段: one part of a message as it may be kept: own words, a consenting person's 称呼, or the kind of a medium."""

    kind: PieceKind
    value: str


def storable(
    segments: Sequence[Segment], allowed: Callable[[str], str | None], names: Collection[str] = ()
) -> tuple[Piece, ...]:
    """What may be kept of a consenting person's message (P3, P26); empty when nothing is left.

    ``allowed`` gives the 称呼 of a mentioned platform id if that person may be recorded here, else None; ``names`` are
    all 称呼 that may be. Quotes go: they are other people's words, or stand in the record already. So do @ of everybody
    else, written out as words too. Of a picture, voice or file only its kind is left.
    """
    pieces: list[Piece] = []
    for segment in segments:
        match segment:
            case Text(text):
                words = without_strangers(_without_quote(clean(text)), names)
                if words:
                    pieces.append(Piece(PieceKind.WORDS, words))
            case Mention(native_id):
                name = allowed(native_id)
                if name:
                    pieces.append(Piece(PieceKind.MENTION, name))
            case Media(kind):
                pieces.append(Piece(PieceKind.MEDIA, kind))
            case _:
                pass
    if not any(piece.value.strip() for piece in pieces):
        return ()
    return tuple(pieces)


def worded(pieces: Sequence[Piece], media: Mapping[str, str]) -> str:
    """The text that is stored; ``media`` words each kind, e.g. ``〔图片〕``, with ``other`` for unknown kinds."""
    parts: list[str] = []
    for piece in pieces:
        match piece.kind:
            case PieceKind.WORDS:
                parts.append(piece.value)
            case PieceKind.MENTION:
                parts.append(f"@{piece.value} ")
            case PieceKind.MEDIA:
                parts.append(media.get(piece.value) or media["other"])
    text = ""
    for part in parts:  # between two spaces somebody has been cut out, or a 称呼 brought its own
        text += part[1:] if text[-1:] in _SPACES and part[:1] in _SPACES else part
    return text.strip()[:MAX_STORED]


def refuse_reason(text: str, *, minor: bool, sensitive_ok: bool, words: SensitiveWords) -> NotStored | None:
    """Why this text may not be stored although its speaker may be recorded; None when it may.

    Secrecy markings (P37); a minor's phone number, address or identity number (P24); a sensitive matter without the
    separate consent 敏感 (P9).
    """
    if secrecy_marking(text):
        return NotStored.SECRECY
    if minor and private_details(text):
        return NotStored.PRIVATE
    if not sensitive_ok and sensitive_matters(text, words):
        return NotStored.SENSITIVE
    return None


def notes_fate(youths: Sequence[bool], reason: NotStored | None) -> NotesFate:
    """What becomes of 要点 when a talk is closed: kept only if every youth whose words were stored agreed to 要点.

    ``youths`` says of each whether they did. With no such youth there is nobody whose yes could be had.
    """
    if reason is not None:
        return NotesFate(reason.value)
    if not youths:
        return NotesFate.NOBODY
    return NotesFate.KEPT if all(youths) else NotesFate.HELD


def _without_quote(text: str) -> str:
    """Without a quotation in plain text: ``「某某：…」``, a line of dashes, then the person's own words."""
    if not text.lstrip().startswith("「"):
        return text
    lines = text.split("\n")
    for index, line in enumerate(lines):
        drawn = line.strip()
        if index and len(drawn) >= 3 and not drawn.strip(_RULE):
            return "\n".join(lines[index + 1 :])
    return text


def notice_due(last_notice_at: datetime, last_activity_at: datetime, now: datetime) -> bool:
    """Whether ● 记录中 is said again: 30 minutes after the last time, if somebody spoke since and it is not idle."""
    return (
        now - last_notice_at >= NOTICE_EVERY
        and last_activity_at > last_notice_at
        and not is_idle(last_activity_at, now)
    )


def is_quiet(quiet_since: datetime | None, shown_at: datetime | None) -> bool:
    """Whether ● 记录中 is not to be seen at this moment, so that nothing may be stored."""
    return quiet_since is not None and shown_at is None


def was_quiet(quiet_since: datetime | None, shown_at: datetime | None, second: int) -> bool:
    """Whether what was said in this second fell into the last time in which ● 记录中 was not to be seen."""
    if quiet_since is None or second < int(quiet_since.timestamp()):
        return False
    return shown_at is None or second < int(shown_at.timestamp())


def is_idle(last_activity_at: datetime, now: datetime) -> bool:
    """Whether a talk ends by itself: nobody spoke for two hours."""
    return now - last_activity_at >= IDLE_AFTER
