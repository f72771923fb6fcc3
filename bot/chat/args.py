"""Arguments of a command, declared with names and read from the user's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.core.rules.refs import parse_ref, take_ref
from bot.core.rules.text import first_word

LAST_PAGE: Final = 9_999
"""The last page that is looked for; no list is so long, and to look for it costs as much as to read up to it."""


class BadArguments(Exception):
    """The words after the command do not fit; the router answers with usage and an example."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, up to a space or ``： ，``."""

    name: str
    required: bool = True

    def take(self, text: str) -> tuple[Any, str]:
        """The value and what is left."""
        word, rest = first_word(text)
        return (word or None), rest


@dataclass(frozen=True, slots=True)
class Rest:
    """All that is left, untouched inside."""

    name: str
    required: bool = True

    def take(self, text: str) -> tuple[Any, str]:
        """The value and what is left."""
        return (text.strip() or None), ""


@dataclass(frozen=True, slots=True)
class RefArg:
    """A reference such as ``T4821``; a bare number when only one kind fits."""

    name: str
    kinds: str
    required: bool = True

    def take(self, text: str) -> tuple[Any, str]:
        """The value and what is left."""
        taken = take_ref(text, tuple(self.kinds))
        return taken if taken is not None else (None, text)


@dataclass(frozen=True, slots=True)
class PageArg:
    """The page of a list; the first where nothing is said. Other words are left over, so that usage is shown."""

    name: str = "page"
    required: bool = False

    def take(self, text: str) -> tuple[Any, str]:
        """The value and what is left."""
        word, rest = first_word(text)
        if not word:
            return 1, rest
        return (min(int(word[:9]), LAST_PAGE), rest) if word.isdecimal() else (1, text)


Arg = Word | Rest | RefArg | PageArg


def read_args(spec: Sequence[Arg], text: str) -> dict[str, Any]:
    """Read ``text`` by ``spec``; ``BadArguments`` when something needed is missing or something is left over."""
    values: dict[str, Any] = {}
    rest = text.strip()
    for arg in spec:
        value, rest = arg.take(rest)
        if value is None and arg.required:
            raise BadArguments(arg.name)
        values[arg.name] = value
    if rest.strip():
        raise BadArguments("left over")
    return values


__all__ = ["Arg", "BadArguments", "PageArg", "RefArg", "Rest", "Word", "parse_ref", "read_args"]
