"""OneBot 11 and our plain values: events in, segments out. Everything is checked and cleaned here, at the edge."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

from bot.channels.onebot.notices import read_notice
from bot.channels.onebot.segments import read_parts
from bot.channels.onebot.shape import Malformed, Unfamiliar, Unreadable, as_mapping, number, somebody, usable_id
from bot.core.rules.message import (
    MADE_UP,
    ChatKind,
    FileOut,
    Incoming,
    Mention,
    Notice,
    OutSegment,
    PictureOut,
    Quote,
    Segment,
    Sketch,
    Text,
    Unread,
)
from bot.core.rules.text import SLASHES, clean

CHANNEL: Final = "qq"
"""The channel's name in addresses, the same for every gateway to an own QQ account."""
NO_GROUP: Final = frozenset(("284840486",))
"""What QQ writes in place of the group of a temporary session when it does not tell: nobody can be written to there."""

_QQ_NUMBER: Final = re.compile(r"[1-9][0-9]{0,31}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"-?[0-9]{1,64}|[A-Za-z0-9_@:./=+-]{1,64}", re.ASCII)
_NO_MESSAGE: Final = (None, "0", "-1")
_LATEST: Final = 253_402_300_799  # the last second of the year 9999; what lies beyond counts smaller parts of a second
_FINEST: Final = 10**20
_OTHERS: Final = ("message_sent", "notice", "request", "meta_event")
_OF_FRIENDS: Final = ("friend", "self")
_OF_PRIVATE: Final = (*_OF_FRIENDS, "group", "group_self", "other")


def to_plain(raw: Mapping[str, Any], bot_id: str) -> Incoming | Notice | Unread | None:
    """What an event means to us; None for what we do not care about, the bot's own messages included.

    Raises ``Malformed`` for no event and for one of another bot than its connection (threat 24), ``Unfamiliar`` for a
    kind that is none of ours and ``Unreadable`` for one that names nobody: both are passed over, in any number.
    """
    if usable_id(raw.get("self_id")) not in (None, bot_id):
        raise Malformed("self_id")
    post_type = raw.get("post_type")
    if post_type == "message" or (not isinstance(post_type, str) and "message_type" in raw):
        told = read_message(raw, bot_id)
        return None if isinstance(told, Incoming) and told.sender_id == bot_id else told
    if post_type == "notice":
        return read_notice(raw, bot_id, channel=CHANNEL)
    if post_type not in _OTHERS:
        raise Unfamiliar("post_type")
    return None


def read_message(raw: Mapping[str, Any], bot_id: str, *, from_history: bool = False) -> Incoming | Unread:
    """One message event, also one of the bot's own. Rights-like fields (role, card, title) are not read (threat 4).

    Whatever cannot be read is left out. Who wrote nowhere that can be named is answered in private where it is an
    order; else some open talk has a gap.
    """
    kind, sender = _kind(raw), somebody(raw.get("user_id")) or somebody(as_mapping(raw.get("sender")).get("user_id"))
    chat_id = somebody(raw.get("group_id")) if kind is ChatKind.GROUP else sender
    parts = read_parts(raw)
    segments = tuple(parts.found)
    texts = [part.text for part in segments if isinstance(part, Text)]
    text = texts[0] if len(texts) == 1 else clean("".join(texts))  # each is clean already
    to_bot = any(isinstance(part, Mention) and part.native_id == bot_id for part in segments)
    if kind is ChatKind.GROUP and not chat_id:
        if not sender or not (to_bot or text.lstrip().startswith(SLASHES)):
            return Unread(CHANNEL, bot_id)
        kind, chat_id = ChatKind.PRIVATE, sender
    if not chat_id:
        raise Unreadable("user_id")
    sent_at, sequence = _second(raw.get("time")), _sequence(raw)
    return Incoming(
        channel=CHANNEL,
        bot_id=bot_id,
        kind=kind,
        chat_id=chat_id,
        sender_id=sender,
        message_id=_message_id(raw, segments, sent_at, sequence),
        sent_at=sent_at,
        segments=segments,
        text=text,
        to_bot=to_bot,
        sequence=sequence,
        sender_anonymous=not sender or _is_anonymous(raw),
        from_history=from_history,
        via_group=_via_group(raw) if kind is ChatKind.PRIVATE else "",
        unread=not sender or (parts.odd and (parts.doubtful or not parts.worded)),
    )


def _kind(raw: Mapping[str, Any]) -> ChatKind:
    """Group or private; where a gateway does not say, by the group it names."""
    told = raw.get("message_type")
    if told in ("group", "private"):
        return ChatKind(told)
    if isinstance(told, str) and told:
        raise Unfamiliar("message_type")
    grouped = somebody(raw.get("group_id")) and raw.get("sub_type") not in _OF_PRIVATE
    return ChatKind.GROUP if grouped else ChatKind.PRIVATE


def _is_anonymous(raw: Mapping[str, Any]) -> bool:
    return raw.get("sub_type") == "anonymous" or raw.get("anonymous") is True or bool(as_mapping(raw.get("anonymous")))


def _second(told: object) -> int:
    """The platform's second, 0 if it gives none; milliseconds and finer are counted down to it."""
    at = number(told, highest=_FINEST) or 0
    while at > _LATEST:
        at //= 1000
    return at


def _message_id(raw: Mapping[str, Any], segments: Sequence[Segment], sent_at: int, sequence: int | None) -> str:
    """The platform's id. Without one (0 is none) a message is known by when it was said and what was; else by nothing.

    Such an id begins with a sign that no platform's number has; it goes back to no gateway.
    """
    told = usable_id(raw.get("message_id"))
    if told not in _NO_MESSAGE:
        return told or ""
    if not sent_at and sequence is None:
        return MADE_UP + secrets.token_hex(16)
    said = json.dumps([sequence, *([type(part).__name__, *astuple(part)] for part in segments)])
    return MADE_UP + hashlib.sha256(said.encode()).hexdigest()[:32]


def _via_group(raw: Mapping[str, Any]) -> str:
    """The group of a temporary session: without it an answer to somebody who is no friend would be refused."""
    if raw.get("sub_type") in _OF_FRIENDS:
        return ""
    told = (somebody(as_mapping(raw.get("sender")).get("group_id")), somebody(raw.get("group_id")))
    return next((group for group in told if group and group not in NO_GROUP), "")


def _sequence(raw: Mapping[str, Any]) -> int | None:
    """The counter of the conversation. NapCat's ``message_seq`` merely repeats the message id; ``real_seq`` counts."""
    if (real := number(raw.get("real_seq"))) is not None:
        return real
    counted = number(raw.get("message_seq"))
    return None if counted is not None and counted == number(raw.get("message_id")) else counted


def to_onebot(segments: Sequence[OutSegment]) -> list[dict[str, Any]]:
    """Our segments in array format; words are always text segments, never codes (threat 10).

    Raises ValueError for what must not or cannot go out: at-all, ids that are none, files (sent by their own call).
    """
    return [_write_segment(segment) for segment in segments]


def _write_segment(segment: OutSegment) -> dict[str, Any]:
    match segment:
        case Text(text):
            return _text(clean(text))
        case Mention(who):
            if not _QQ_NUMBER.fullmatch(who):
                raise ValueError("a mention needs the number of one person")
            return {"type": "at", "data": {"qq": who}}
        case Quote(message_id):
            if not _MESSAGE_ID.fullmatch(message_id):
                raise ValueError("a quote needs a message id")
            return {"type": "reply", "data": {"id": message_id}}
        case PictureOut(content):
            return {"type": "image", "data": {"file": "base64://" + base64.b64encode(content).decode()}}
        case FileOut() | Sketch():
            raise ValueError("a file goes out by a call of its own, and a sketch is drawn before")


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "data": {"text": text}}
