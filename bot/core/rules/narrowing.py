"""Words that narrow or protect (停止记录, 撤回, 退出 …), heard however courteously or oddly they are said.

A text counts when nothing is left of it but the word and courtesy: what is not courtesy, above all a 不 or 别, makes it
something else. A word that takes effect at once is also heard as one sentence of several, or with a reason behind it.
Courtesy is data (``bot/templates/narrowing``).
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar

from bot.core.rules.text import ends_of, fold, negated

T = TypeVar("T")

LONGEST: Final = 60
"""Characters of a text in which such a word is looked for; who says more says something else."""
NAMED: Final = 6
"""Characters of a name behind thanks."""
_PIECE: Final = 8
_CLAUSES: Final = re.compile(r"[,，。.!！;；\n~～…]+")
_CALLED: Final = re.compile(r"\s*(?:[@＠][^\s@＠]{1,30}[\s:：,，]+)+")
_FACES: Final = re.compile(r"\[[^\[\]\n]{1,8}\]")


@dataclass(frozen=True, slots=True)
class Courtesy:
    """客气话: what may stand around a word; the data file says what each list is."""

    before: frozenset[str]
    behind: frozenset[str]
    between: frozenset[str]
    thanks: tuple[str, ...]
    polite: tuple[str, ...]
    asking: tuple[str, ...]
    taken_back: frozenset[str]
    same: Mapping[int, int]
    """Characters that are written in place of others."""

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> Self:
        """From the table of the data file."""
        lists = {name: tuple(words.split()) for name, words in data.items()}
        same = str.maketrans(data["written"], data["meant"])
        as_sets = {name: frozenset(lists[name]) for name in ("before", "behind", "between", "taken_back")}
        return cls(thanks=lists["thanks"], polite=lists["polite"], asking=lists["asking"], same=same, **as_sets)

    def bones(self, text: str) -> str:
        """Letters and digits alone, as they are compared: without spaces, marks and emoji, in simple characters.

        Of a text longer than people write, those where it begins and where it ends.
        """
        return "".join(char for char in map(fold, ends_of(text)) if char.isalnum()).translate(self.same)

    def is_polite(self, told: str) -> bool:
        """Whether it is worded as a wish: a question mark makes it no question."""
        return any(one in told for one in self.polite)

    def asks(self, text: str) -> bool:
        """Whether it asks about something."""
        told = self.bones(text)
        marks = "?" in text or "？" in text or any(one in told for one in self.asking)
        return marks and not self.is_polite(told)

    def ends(self, text: str, more: Collection[str] = ()) -> bool:
        """Whether it is courtesy to the end; behind thanks a name may stand, as long as nobody says no there."""
        pieces = self.behind.union(more)
        return any(self._thanks(text[at:]) and made_of(text[:at], pieces) for at in range(len(text) + 1))

    def _thanks(self, rest: str) -> bool:
        return not rest or (rest.startswith(self.thanks) and len(rest) <= 2 + NAMED and not negated(rest, ""))


@dataclass(frozen=True, slots=True)
class _Word(Generic[T]):
    value: T
    bones: str
    fillings: tuple[tuple[str, str], ...]
    """What may follow as its argument: as it is compared, and as it is handed on."""
    at_once: bool


class Narrowing(Generic[T]):
    """收窄的话: the words that narrow or protect, and what each stands for."""

    def __init__(self, courtesy: Courtesy) -> None:
        self._courtesy = courtesy
        self._words: list[_Word[T]] = []

    def add(self, value: T, words: Iterable[str], fillings: Iterable[str] = (), *, at_once: bool) -> None:
        """Enter ``words`` for ``value``; ``at_once``: it harms nobody to take it for an order when in doubt."""
        bones = self._courtesy.bones
        filled = tuple((bones(one), one) for one in sorted(fillings, key=len, reverse=True))
        self._words += [_Word(value, bones(word), filled, at_once) for word in words]
        self._words.sort(key=lambda word: len(word.bones), reverse=True)

    def heard(self, text: str, *, ordered: bool = False) -> tuple[T, str] | None:
        """What these words order, and the argument; ``ordered``: a ``/`` or an @ says that it is an order."""
        if len(text) > LONGEST:
            return None
        called = _CALLED.match(text)
        text = text[called.end() :] if called else text
        whole = self._one(text, ordered=ordered)
        if whole is None and "[" in text:
            whole = self._one(_FACES.sub("", text), ordered=ordered)
        return whole or self._one_of_several(text)

    def takes_back(self, rest: str) -> bool:
        """Whether the words behind a word say that it is not meant after all."""
        return self._courtesy.bones(rest) in self._courtesy.taken_back

    def reason(self, rest: str) -> bool:
        """Whether the words behind a word may be the reason for it: they are no question and take nothing back."""
        return not self._courtesy.asks(rest) and not self.takes_back(rest)

    def _one(
        self, text: str, *, ordered: bool, take: Callable[[_Word[T]], bool] = lambda _: True
    ) -> tuple[T, str] | None:
        told = self._courtesy.bones(text)
        polite = self._courtesy.is_polite(told)
        asks = not polite and ("?" in text or "？" in text)
        for word in self._words:
            if word.bones in told and take(word) and (ordered or word.at_once or not asks):
                once = told.rstrip("吗么") if polite and word.at_once else told
                while word.bones * 2 in once:
                    once = once.replace(word.bones * 2, word.bones)
                filling = self._around(once, word)
                if filling is not None:
                    return word.value, filling
        return None

    def _one_of_several(self, text: str) -> tuple[T, str] | None:
        """One sentence of several, where no other one takes it back or asks."""
        clauses = [clause for clause in _CLAUSES.split(text) if clause.strip()]
        if len(clauses) < 2 or not all(map(self.reason, clauses)):
            return None
        found = (self._one(one, ordered=False, take=lambda word: word.at_once) for one in clauses)
        return next((one for one in found if one is not None), None)

    def _around(self, told: str, word: _Word[T]) -> str | None:
        """The argument (empty for none) if ``told`` is this word and courtesy, wherever the word stands; else None."""
        at = told.find(word.bones)
        while at >= 0:
            filling = self._filling(told[:at], told[at + len(word.bones) :], word)
            if filling is not None:
                return filling
            at = told.find(word.bones, at + 1)
        return None

    def _filling(self, before: str, after: str, word: _Word[T]) -> str | None:
        polite, joints = self._courtesy, self._courtesy.between
        if made_of(before, polite.before):
            if polite.ends(after) or (word.fillings and polite.ends(after, joints)):
                return ""
            for filled, handed_on in word.fillings:
                first, found, second = after.partition(filled)
                if found and made_of(first, joints) and polite.ends(second, joints):
                    return handed_on
        for filled, handed_on in word.fillings if polite.ends(after) else ():  # 把原话撤回
            first, found, second = before.partition(filled)
            if found and made_of(first, polite.before | joints) and made_of(second, polite.before | joints):
                return handed_on
        return None


def made_of(text: str, pieces: Collection[str]) -> bool:
    """Whether nothing but these pieces, in any order, makes up the text; in time that grows with its length alone."""
    reached = {0}
    for start in range(len(text)):
        if start in reached:
            ends = range(start + 1, min(len(text), start + _PIECE) + 1)
            reached.update(end for end in ends if text[start:end] in pieces)
    return len(text) in reached
