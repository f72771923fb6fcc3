"""References such as ``#W4821``: a letter for the kind and a number of 3 to 6 digits (commands.md).

Which letters there are, the features declare (``Feature.letters``).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.core.rules.text import fold

MIN_NUMBER: Final = 100
MAX_NUMBER: Final = 999_999

_HEAD: Final = 32  # characters looked at: the reference itself has at most 8
_LETTER: Final = re.compile("[A-Z]")
_REF: Final = re.compile(r"(#?) ?([a-z]?) ?([1-9][0-9]{2,5})(?![0-9a-z])")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """引用编号: what a receipt shows and an input takes; unique in the whole installation."""

    letter: str
    number: int

    def __post_init__(self) -> None:
        if not _LETTER.fullmatch(self.letter) or not MIN_NUMBER <= self.number <= MAX_NUMBER:
            raise ValueError("a reference is one capital letter and a number of 3 to 6 digits")

    def __str__(self) -> str:
        return f"#{self.code}"

    @property
    def code(self) -> str:
        """As it is typed: ``W4821``."""
        return f"{self.letter}{self.number}"


def take_ref(text: str, kinds: Collection[str]) -> tuple[Ref, str] | None:
    """The reference at the head of ``text`` and the words after it (``V4821：你好``); None if there is none.

    ``kinds`` are the letters that fit; a bare number is taken only where exactly one fits and as its own word.
    """
    folded: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text[:_HEAD]):
        for piece in fold(char).replace("\n", " "):
            if piece != " " or (folded and folded[-1] != " "):
                folded.append(piece)
                places.append(index)
    found = _REF.match("".join(folded))
    if found is None:
        return None
    mark, letter, digits = found.groups()
    end = places[found.end() - 1] + 1
    following = folded[found.end()] if found.end() < len(folded) else ""
    if not letter and (len(kinds) != 1 or (not mark and following not in ("", " ", ":", ","))):
        return None
    letter = letter.upper() or next(iter(kinds))
    if letter not in kinds:
        return None
    rest = text[end:].lstrip()
    if rest[:1] in (":", "：", ",", "，"):
        rest = rest[1:]
    return Ref(letter, int(digits)), rest.strip()


def parse_ref(text: str, kinds: Collection[str]) -> Ref | None:
    """``W4821``, ``#W4821``, ``＃ｗ４８２１`` or a bare ``4821`` where one kind fits, with nothing else; else None."""
    taken = take_ref(text, kinds)
    return taken[0] if taken is not None and not taken[1] else None
