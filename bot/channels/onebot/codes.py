"""The string format of messages (CQ codes), read in linear time; nothing here ever writes such a code."""

import re
from collections.abc import Iterator
from typing import Any, Final

_CODES: Final = re.compile(r"\[(CQ:[^\[\]]*)\]")
_TYPE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def _plain(text: str) -> str:
    # &amp; last: "&amp;#91;" stands for the five characters "&#91;".
    return text.replace("&#44;", ",").replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")


def read_codes(message: str) -> Iterator[dict[str, Any]]:
    """The segments of a message in string format; whatever is no well-formed code stays text."""
    text = ""
    for place, piece in enumerate(_CODES.split(message)):
        code = _code(piece) if place % 2 else None
        if code is None:
            text += f"[{piece}]" if place % 2 else piece
            continue
        if text:
            yield _text(text)
        text = ""
        yield code
    if text:
        yield _text(text)


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "data": {"text": _plain(text)}}


def _code(body: str) -> dict[str, Any] | None:
    kind, *pairs = body.removeprefix("CQ:").split(",")
    if not _TYPE.fullmatch(kind):
        return None
    data: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name:
            data[name.strip()] = _plain(value)
    return {"type": kind, "data": data}
