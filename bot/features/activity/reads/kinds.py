"""活动类别的说法: how each kind of activity is called, from a list that an installation may replace."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from bot.core.rules.five_ones import ActivityKind
from bot.core.rules.text import plain_key
from bot.core.shipped import shipped
from bot.features.activity.rules.activity import Field


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


LONGEST_COME: Final = 12
"""Characters of a message that may be a bare 来."""


@lru_cache(maxsize=1)
def come_words() -> frozenset[str]:
    """What is a sign-up as the whole message of a group, as an answer to an announcement."""
    return frozenset(map(plain_key, shipped("activity", "words.toml")["come"].split()))


@lru_cache(maxsize=1)
def goes_on_words() -> tuple[str, ...]:
    """Words by which a process says what follows."""
    return tuple(shipped("activity", "words.toml")["goes_on"].split())


@lru_cache(maxsize=1)
def entry_words() -> str:
    """What a calendar entry says beside time, place and topic; ``{ref}`` is its reference."""
    return shipped("activity", "words.toml")["entry"]


@lru_cache(maxsize=1)
def field_words() -> Mapping[str, Field]:
    """How the parts of an activity are called where one is changed or corrected."""
    told: dict[str, str] = shipped("activity", "words.toml")["fields"]
    return {word: Field(field) for field, words in told.items() for word in words.split()}
