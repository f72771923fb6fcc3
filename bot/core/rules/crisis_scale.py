"""How much a text sounds of danger or of distress, learned from invented sentences; pure and in linear time (P27).

A list finds what is said in set words; this finds what nobody wrote down. A text is seen as its characters, its pairs
of characters, the families of words in it (``templates/crisis/families.toml``: everything one is hit with, everybody
who has power over one) and the pairs of families that stand together, in any order. Each has a weight that training
gave it (``tests/speech/train.py``), and the sum decides. Nothing is kept and nothing leaves the process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any, Final

MAX_CHARS: Final = 2_000
"""Characters that are looked at: half of them from the beginning, half from the end, before anything is scanned."""
PIECE: Final = 80
"""Characters weighed together at most; longer sentences are cut into pieces that overlap by half."""
SHORTEST: Final = 4
"""A sentence of fewer characters among others says too little to be weighed alone."""
FAMILY: Final = "#"
"""Stands before the name of a family among the traits, which are else one or two characters."""
_ENDS: Final = str.maketrans(dict.fromkeys("。！？!?；;\r\v\f", "\n"))
_DROPPED: Final = str.maketrans(dict.fromkeys("' \t", ""))
_OF_A_GRAM, _OF_A_FAMILY, _OF_A_PAIR, _OF_A_LENGTH = 1.0, 1.5, 0.7, 4.0
_AT_LEAST: Final = 40.0
"""Added to the squared length of every text, so that a few characters alone say little."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """衡量结果: how much a text sounds of danger, how much of distress, and of which kind of danger the most."""

    danger: float
    distress: float
    kind: str
    elsewhere: bool
    """Whether a word says that the talk is about something else, such as a film or the news."""


NOTHING: Final = Weighed(-9.0, -9.0, "", False)


class Families:
    """词族: families of words, found in a text whatever stands between them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.elsewhere = {FAMILY + name for name in data["elsewhere"]}
        self._by_first: dict[str, list[tuple[str, str]]] = {}
        for name, told in data["families"].items():
            for word in told.split():
                self._by_first.setdefault(word[0], []).append((word, FAMILY + name))

    def in_text(self, text: str) -> list[str]:
        """The families with a word in ``text``, in the order of their names."""
        found: set[str] = set()
        for at, char in enumerate(text):
            for word, family in self._by_first.get(char, ()):
                if text.startswith(word, at):
                    found.add(family)
        return sorted(found)

    def traits(self, text: str) -> dict[str, float]:
        """What a piece of text is seen as: each trait with its size, and its length, since long texts have more of all.

        All sizes are divided by one length, so that a text weighs the same said once or twice.
        """
        text = text.translate(_DROPPED)
        traits = dict.fromkeys(text, _OF_A_GRAM)
        traits.update(dict.fromkeys(map(str.__add__, text, text[1:]), _OF_A_GRAM))
        found = self.in_text(text)
        length = sqrt(
            _AT_LEAST
            + len(traits) * _OF_A_GRAM**2
            + len(found) * _OF_A_FAMILY**2
            + len(found) * (len(found) - 1) / 2 * _OF_A_PAIR**2
        )
        for family in found:
            traits[family] = _OF_A_FAMILY
        for one, other in combinations(found, 2):
            traits[one + other] = _OF_A_PAIR
        traits[f"{FAMILY}{FAMILY}{min(len(text) // 16, 3)}"] = _OF_A_LENGTH
        return {trait: size / length for trait, size in traits.items()}


class CrisisScale:
    """危机衡量: the weights of ``templates/crisis/weights.toml`` and the limits that training chose, read once."""

    def __init__(self, families: Families, data: Mapping[str, Any]) -> None:
        self.families = families
        self.danger: float = data["limits"]["danger"]
        """From this on a text calls for the card."""
        self.distress: float = data["limits"]["distress"]
        """From this on a text calls for the soft line."""
        self.calm: float = data["limits"]["calm"]
        """Below this, beside a word of something else, a phrase of the list that is no firm one does not count."""
        self._kinds: tuple[str, ...] = tuple(data["kinds"])
        self._bias: tuple[float, ...] = tuple(data["bias"])
        self._unit: float = data["unit"]
        self._weights: dict[str, tuple[int, ...]] = {}
        for line in data["weights"].split("\n"):
            if line:
                trait, *told = line.split(" ")
                self._weights[trait] = tuple(map(int, told))

    def weigh(self, plain: str) -> Weighed:
        """The most that any piece of a text in ``plain_text`` form says."""
        most = NOTHING
        for piece in pieces(plain):
            (danger, distress, *kinds), elsewhere = self._sums(piece)
            kind = self._kinds[kinds.index(max(kinds))] if danger > most.danger else most.kind
            most = Weighed(max(danger, most.danger), max(distress, most.distress), kind, elsewhere or most.elsewhere)
        return most

    def sounds_low(self, plain: str) -> bool:
        """Whether a text in ``plain_text`` form sounds of distress."""
        return self.weigh(plain).distress >= self.distress

    def _sums(self, piece: str) -> tuple[list[float], bool]:
        weights, sums = self._weights, [0.0] * len(self._bias)
        traits = self.families.traits(piece)
        for trait, size in traits.items():
            told = weights.get(trait)
            if told is not None:
                for at, weight in enumerate(told):
                    sums[at] += weight * size
        totals = [total * self._unit + bias for total, bias in zip(sums, self._bias, strict=True)]
        return totals, not self.families.elsewhere.isdisjoint(traits)


def pieces(plain: str) -> Iterator[str]:
    """The parts of a text that are weighed alone: the whole if it is short, and each sentence, cut where it is long."""
    if len(plain) > MAX_CHARS:
        plain = plain[: MAX_CHARS // 2] + "\n" + plain[-MAX_CHARS // 2 :]
    sentences = [sentence for sentence in plain.translate(_ENDS).split("\n") if sentence and not sentence.isspace()]
    if len(plain) <= PIECE:
        yield plain.replace("\n", " ")
        if len(sentences) < 2:
            return
    for sentence in sentences:
        if len(sentence) >= SHORTEST:
            for start in range(0, max(1, len(sentence) - PIECE // 2), PIECE // 2):
                yield sentence[start : start + PIECE]
