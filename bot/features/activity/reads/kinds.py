"""活动类别的说法: how each kind of activity is called, from a list that an installation may replace."""

from collections.abc import Mapping
from functools import lru_cache

from bot.core.rules.five_ones import ActivityKind
from bot.core.shipped import shipped


@lru_cache(maxsize=1)
def kind_words() -> Mapping[str, str]:
    """Each word for a kind, with the kind; the first word of each is the one that is shown."""
    told = shipped("activity", "kinds.toml")
    return {word: kind.value for kind in ActivityKind for word in told[kind.value].split()}


def shown_kinds(words: Mapping[str, str]) -> tuple[str, ...]:
    """One word for each kind."""
    found: dict[str, str] = {}
    for word, kind in words.items():
        found.setdefault(kind, word)
    return tuple(found.values())
