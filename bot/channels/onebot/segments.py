"""The parts of a message as gateways really send them: what cannot be read is left out, the rest is heard."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.channels.onebot.codes import read_codes
from bot.channels.onebot.shape import as_mapping, usable_id
from bot.core.rules.message import Media, Mention, Quote, Segment, Text
from bot.core.rules.text import clean

_KIND: Final = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_DEEPEST: Final = 4
"""Lists within lists; no gateway nests them on purpose."""
MEDIA: Final = frozenset(
    {
        "image", "record", "video", "file", "face", "bface", "sface", "mface", "market_face", "marketface", "dice",
        "rps", "poke", "shake", "touch", "json", "xml", "lightapp", "miniapp", "ark", "card", "cardimage", "forward",
        "node", "longmsg", "markdown", "keyboard", "share", "contact", "location", "music", "gift", "redbag", "tts",
        "anonymous", "onlinefile", "flashtransfer", "voice", "audio",
    }
)  # fmt: skip
"""Kinds that gateways are known to send and that hold no words of the sender."""


MAX_WORDS: Final = 65_536
"""Characters of one message that are read, ten times what QQ lets anybody send; the rest is cut before any scan."""
MAX_PARTS: Final = 2_000
"""Parts of one message that are read, as ``MAX_WORDS``; a photo album or a text full of faces stays far below."""
MAX_CODES: Final = 262_144
"""Characters that are read of a message in string format, codes and all."""


@dataclass(slots=True)
class Parts:
    """What was read of one message; ``odd``: something in it could not be, so that words may be missing."""

    found: list[Segment] = field(default_factory=list)
    odd: bool = False
    room: int = MAX_WORDS
    places: int = MAX_PARTS
    bare: list[Segment] = field(default_factory=list)
    """Words that stand in a list without being a segment: taken only where nothing else has words."""
    doubtful: bool = False
    """Whether a number stands where words belong: nobody knows whether they are what was said."""
    to_all: bool = False

    @property
    def worded(self) -> bool:
        """Whether any words were read."""
        return any(isinstance(part, Text) and part.text.strip() for part in self.found)


def read_parts(raw: Mapping[str, Any]) -> Parts:
    """The segments of a message; where words may be missing, ``raw_message`` says the same once more."""
    parts = Parts()
    message = raw.get("message")
    if isinstance(message, str) and raw.get("message_format") != "array":
        _take(read_codes(message[:MAX_CODES]), parts)
    else:
        _take(message, parts)
    again = raw.get("raw_message")
    silent = not any(isinstance(part, Media) for part in parts.found) and not parts.worded
    if (parts.odd or silent) and isinstance(again, str):
        _second_look(parts, again)
    if parts.bare and not parts.worded:
        parts.found += parts.bare
    else:
        parts.doubtful = False
    said = any(not isinstance(part, Text) or part.text.strip() for part in parts.found)
    parts.odd |= not said and not parts.to_all  # something was said, and nothing of it came
    return parts


def _second_look(parts: Parts, told: str) -> None:
    """Words that were not read, and an @ that was not, from the same message written as codes."""
    again = Parts()
    _take(read_codes(told[:MAX_CODES]), again)
    if again.worded and not parts.worded:
        parts.found, parts.odd = again.found, False
        return
    named = {part for part in parts.found if isinstance(part, Mention)}
    parts.found[:0] = [part for part in again.found if isinstance(part, Mention) and part not in named]


def _take(message: object, parts: Parts, depth: int = 0) -> None:
    match message:
        case str() if not depth:
            _words(message, parts)
        case str():
            _bare(message, parts)
        case Mapping():
            _segment(message, parts)
        case Iterable() if depth < _DEEPEST:
            for part in message:
                if parts.places <= 0:
                    parts.odd = True
                    return
                parts.places -= 1
                _take(part, parts, depth + 1)
        case _:
            _words(message, parts)


def _words(told: object, parts: Parts) -> None:
    """Own words."""
    if not isinstance(told, str):
        _bare(told, parts)
    elif told:
        words = clean(told[: parts.room])
        parts.room -= min(len(told), parts.room)
        parts.odd |= not words
        parts.found += [Text(words)] if words else []


def _bare(told: object, parts: Parts) -> None:
    """What is no segment, or a number where words belong: most likely words, but none to rely on."""
    parts.odd = True
    if isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told):
        told, parts.doubtful = str(told), True
    words = clean(told[: parts.room]) if isinstance(told, str) else ""
    parts.bare += [Text(words)] if words.strip() else []


def _segment(part: Mapping[str, Any], parts: Parts) -> None:
    kind, data = part.get("type"), part.get("data")
    kind = kind.strip().lower() if isinstance(kind, str) else ""
    fields = as_mapping(data)
    match kind:
        case "text":
            _words(fields.get("text", part.get("text")) if isinstance(data, Mapping | None) else data, parts)
        case "at" | "mention":
            _mention(fields.get("qq", fields.get("user_id")) if fields else data, parts)
        case "reply":
            # A quote without an id names nothing; its words are somebody else's.
            quoted = usable_id(fields.get("id") if fields else data)
            parts.found += [] if quoted is None else [Quote(quoted)]
        case _:
            _other(kind, fields, parts)


def _mention(who: object, parts: Parts) -> None:
    """At-all names nobody: it is neither a person mentioned nor words."""
    told = usable_id(who)
    if told is not None and told.lower() in ("all", "0"):
        parts.to_all = True
        return
    if told is None:
        parts.odd = True
    else:
        parts.found.append(Mention(told))


def _other(kind: str, fields: Mapping[str, Any], parts: Parts) -> None:
    """Anything else is a medium; what is known to hold no words is not odd. Bare words without a kind are words."""
    if not kind and set(fields) == {"text"}:
        _words(fields["text"], parts)
        return
    parts.odd |= kind not in MEDIA
    if kind:
        parts.found.append(Media(kind if _KIND.fullmatch(kind) else "other"))
