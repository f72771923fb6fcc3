"""Arguments of a command, declared with names and read from the user's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.rules.refs import parse_ref, take_ref
from bot.core.rules.text import first_word


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


Arg = Word | Rest | RefArg


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


__all__ = ["Arg", "BadArguments", "RefArg", "Rest", "Word", "parse_ref", "read_args"]
