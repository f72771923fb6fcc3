"""What the page asks of the bot behind it; the app supplies the answers, a test its own."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """One thing in plain words; ``stored`` False says that it came by and was not kept. ``at`` is aware, or None."""

    kind: str
    text: str = field(repr=False)
    stored: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """记录: since when the bot records, by group number, and which messages of groups are stored, by their ids."""

    recording: Mapping[int, datetime] = field(default_factory=dict[int, datetime])
    lines: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Word:
    """指令: a word that fits a person and a place; ``more``: it wants words behind it."""

    word: str
    help: str
    usage: str
    more: bool


AskRemembered = Callable[[str], Awaitable[Sequence[Remembered]]]
"""From a QQ number (as text) to what there is about that person."""
AskKept = Callable[[Mapping[int, Collection[int]]], Awaitable[Kept]]
"""From message ids by group number to what of them is stored."""
AskWords = Callable[[str, int | None], Awaitable[Sequence[Word]]]
"""From a QQ number and a group, or None for the private chat, to the words that fit."""


async def _nothing_kept(_lines: Mapping[int, Collection[int]]) -> Kept:
    return Kept()


async def _no_words(_native_id: str, _group: int | None) -> Sequence[Word]:
    return ()


@dataclass(frozen=True, slots=True)
class Behind:
    """机器人: what the page can ask of the bot."""

    remembered: AskRemembered
    kept: AskKept = _nothing_kept
    words: AskWords = _no_words
