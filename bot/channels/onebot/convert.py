"""OneBot 11 and our plain values: events in, segments out. Everything is checked and cleaned here, at the edge."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.channels.onebot.codes import read_codes
from bot.channels.onebot.notices import read_notice
from bot.channels.onebot.shape import Malformed, as_dict, native_id, number
from bot.core.rules.message import ChatKind, FileOut, Incoming, Media, Mention, Notice, OutSegment, Quote, Segment, Text
from bot.core.rules.text import clean

CHANNEL: Final = "qq"
"""The channel's name in addresses, the same for every gateway to an own QQ account."""

_KIND: Final = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_QQ_NUMBER: Final = re.compile(r"[1-9][0-9]{0,31}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"-?[0-9]{1,64}|[A-Za-z0-9_@:./=+-]{1,64}", re.ASCII)
_LATEST: Final = 253_402_300_799  # the last second of the year 9999; milliseconds lie beyond it and count as no time


def to_plain(raw: Mapping[str, Any], bot_id: str) -> Incoming | Notice | None:
    """What an event means to us; None for what we do not care about, the bot's own messages included.

    Raises ``Malformed`` when it is not of OneBot 11's shape or speaks for another bot than its connection (threat 24).
    """
    if "self_id" in raw and native_id(raw, "self_id") != bot_id:
        raise Malformed("self_id")
    post_type = raw.get("post_type")
    if not isinstance(post_type, str):
        raise Malformed("post_type")
    if post_type == "message":
        incoming = read_message(raw, bot_id)
        return None if incoming.sender_id == bot_id else incoming
    if post_type == "notice":
        return read_notice(raw, bot_id, channel=CHANNEL)
    return None


def read_message(raw: Mapping[str, Any], bot_id: str, *, from_history: bool = False) -> Incoming:
    """One message event, also one of the bot's own. Rights-like fields (role, card, title) are not read (threat 4)."""
    sender_id = native_id(raw, "user_id")
    match raw.get("message_type"):
        case "group":
            kind, chat_id = ChatKind.GROUP, native_id(raw, "group_id")
        case "private":
            kind, chat_id = ChatKind.PRIVATE, sender_id
        case _:
            raise Malformed("message_type")
    segments = tuple(_read_segments(raw))
    return Incoming(
        channel=CHANNEL,
        bot_id=bot_id,
        kind=kind,
        chat_id=chat_id,
        sender_id=sender_id,
        message_id=native_id(raw, "message_id"),
        sent_at=number(raw.get("time"), highest=_LATEST) or 0,
        segments=segments,
        text=clean("".join(part.text for part in segments if isinstance(part, Text))),
        to_bot=any(isinstance(part, Mention) and part.native_id == bot_id for part in segments),
        sequence=_sequence(raw),
        sender_anonymous=raw.get("anonymous") is not None or raw.get("sub_type") == "anonymous",
        from_history=from_history,
        via_group=_via_group(raw) if kind is ChatKind.PRIVATE else "",
    )


def _via_group(raw: Mapping[str, Any]) -> str:
    """The group of a temporary session: without it an answer to somebody who is no friend would be refused."""
    sender = raw.get("sender")
    if raw.get("sub_type") != "group" or not isinstance(sender, Mapping) or sender.get("group_id") in (None, 0, ""):
        return ""
    return native_id(sender, "group_id")


def _sequence(raw: Mapping[str, Any]) -> int | None:
    """The counter of the conversation. NapCat's ``message_seq`` merely repeats the message id; ``real_seq`` counts."""
    if (real := number(raw.get("real_seq"))) is not None:
        return real
    counted = number(raw.get("message_seq"))
    return None if counted is not None and counted == number(raw.get("message_id")) else counted


def _read_segments(raw: Mapping[str, Any]) -> Iterator[Segment]:
    message = raw.get("message")
    if isinstance(message, str):
        parts: Sequence[Any] = list(read_codes(message)) if raw.get("message_format") != "array" else [_text(message)]
    elif isinstance(message, list):
        parts = message
    elif isinstance(message, Mapping):
        parts = [message]
    else:
        raise Malformed("message")
    for part in parts:
        segment = _read_segment(as_dict(part, "message"))
        if segment is not None:
            yield segment


def _read_segment(part: Mapping[str, Any]) -> Segment | None:
    kind, data = part.get("type"), part.get("data")
    if not isinstance(kind, str) or not (data is None or isinstance(data, Mapping)):
        raise Malformed("message")
    data = data or {}
    match kind:
        case "text":
            text = data.get("text", "")
            return Text(clean(text)) if isinstance(text, str) and text else None
        case "at":
            # At-all names nobody; it is neither a person mentioned nor words.
            return None if data.get("qq") == "all" else Mention(native_id(data, "qq"))
        case "reply":
            return Quote(native_id(data, "id"))
        case _:
            return Media(kind if _KIND.fullmatch(kind) else "other")


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
        case FileOut():
            raise ValueError("a file goes out by a call of its own")


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "data": {"text": text}}
