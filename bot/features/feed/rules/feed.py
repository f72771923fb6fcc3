"""日历订阅: addresses, where they can be said, and how words that name a youth are left out."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from bot.core.rules.calendar import CalendarEntry
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import plain_key

TOKEN_BYTES: Final = 32
MOST_TOKEN: Final = 64
"""Characters of the longest token that is looked at."""
WITHOUT_LINKS: Final = frozenset({"qq_official"})
"""Channels on which no address can be written (channels.md)."""


class FeedOff(Refusal):
    """No address of this bot can be reached from outside."""

    code = "feed.off"


class FeedNoLinks(Refusal):
    """On this channel no address can be written."""

    code = "feed.no_links"


class FeedNone(Refusal):
    """There is no address that could be stopped."""

    code = "feed.none"


def without_names(entries: Iterable[CalendarEntry], names: Collection[str]) -> list[CalendarEntry]:
    """The same entries; where words name a youth, only what kind of entry it is stays of them."""
    keys = {key for name in names if (key := _key(name))}

    def named(words: str) -> bool:
        told = _key(words)
        return any(key in told for key in keys)

    return [replace(one, title=one.plain, place="") if named(one.title) or named(one.place) else one for one in entries]


def _key(words: str) -> str:
    return "".join(plain_key(words).split())
