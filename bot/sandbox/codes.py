"""Segments and CQ codes: how a OneBot 11 gateway writes and reads what is said."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.core.rules.message import Media, Mention, Quote, Text
from bot.sandbox.values import Attachment, Piece

_CODE: Final = re.compile(r"\[CQ:([a-zA-Z0-9\-_.]+)((?:,[a-zA-Z0-9\-_.]+=[^,\]]*)*),?\]")
_BASE64: Final = "base64://"
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_KINDS_WITH_FILE: Final = frozenset({"image", "file"})

Keep = Callable[[str, bytes, bool], Attachment]
"""Keeps a file's bytes: name, content, whether it is a picture."""


class BadMessage(ValueError):
    """A message that a gateway cannot read."""


def is_picture(content: bytes) -> bool:
    """Whether the bytes are a PNG or JPEG picture, the only kinds shown in the page."""
    return content.startswith(_PICTURES)


def escape(text: str, *, inside: bool = False) -> str:
    """Write text so that it is not taken for a CQ code; ``inside`` a code the comma as well."""
    text = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    return text.replace(",", "&#44;") if inside else text


def unescape(text: str) -> str:
    """The way back of ``escape``."""
    return text.replace("&#44;", ",").replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")


def to_wire(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Segments in array format, numbers as text as real gateways write them."""
    return [{"type": kind, "data": data} for kind, data in map(_one_to_wire, pieces)]


def to_codes(pieces: Sequence[Piece]) -> str:
    """``raw_message``: the same as one string with CQ codes."""
    parts = []
    for kind, data in map(_one_to_wire, pieces):
        if kind == "text":
            parts.append(escape(data["text"]))
        else:
            parts.append(f"[CQ:{kind}" + "".join(f",{k}={escape(str(v), inside=True)}" for k, v in data.items()) + "]")
    return "".join(parts)


def read(message: Any, *, auto_escape: bool, keep: Keep) -> list[Piece]:
    """Read a message a bot sends: segments, one segment, or a string whose CQ codes act unless ``auto_escape``."""
    if isinstance(message, str):
        raw = [("text", {"text": message})] if auto_escape else list(_split_codes(message))
    elif isinstance(message, Mapping):
        raw = [_segment(message)]
    elif isinstance(message, list):
        raw = [_segment(item) for item in message]
    else:
        raise BadMessage
    return [_piece(kind, data, keep) for kind, data in raw]


def decode_file(source: Any) -> bytes:
    """The bytes of ``base64://...``; paths and addresses are refused: nothing here reads a disk or calls a network."""
    if not isinstance(source, str) or not source.startswith(_BASE64):
        raise BadMessage
    try:
        return base64.b64decode(source[len(_BASE64) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadMessage from error


def _one_to_wire(piece: Piece) -> tuple[str, dict[str, str]]:
    match piece:
        case Text(text):
            return "text", {"text": text}
        case Mention(number):
            return "at", {"qq": number}
        case Quote(message_id):
            return "reply", {"id": message_id}
        case Attachment(file_id=file_id, name=name, size=size, picture=picture):
            return ("image" if picture else "file"), {"file": name, "file_id": file_id, "file_size": str(size)}
        case Media(kind):
            return kind, ({"id": "14"} if kind == "face" else {"file": f"sandbox-{kind}", "url": ""})


def _split_codes(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    start = 0
    for code in _CODE.finditer(text):
        if code.start() > start:
            yield "text", {"text": unescape(text[start : code.start()])}
        start = code.end()
        pairs = (part.split("=", 1) for part in code[2].split(",") if part)
        yield code[1], {key: unescape(value) for key, value in pairs}
    if start < len(text):
        yield "text", {"text": unescape(text[start:])}


def _segment(item: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
        raise BadMessage
    data = item.get("data") or {}
    if not isinstance(data, Mapping):
        raise BadMessage
    return item["type"], data


def _piece(kind: str, data: Mapping[str, Any], keep: Keep) -> Piece:
    match kind:
        case "text":
            return Text(str(data.get("text", "")))
        case "at":
            return Mention(str(data.get("qq", "")))
        case "reply":
            return Quote(str(data.get("id", "")))
        case _ if kind in _KINDS_WITH_FILE and str(data.get("file", "")).startswith(_BASE64):
            content = decode_file(data["file"])
            return keep(str(data.get("name") or kind), content, kind == "image" and is_picture(content))
        case _:
            return Media(kind)
