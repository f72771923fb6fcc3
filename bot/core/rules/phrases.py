"""Phrases found in what people write, however they space, widen or dress it; in linear time.

A phrase is plain text with ``(a|b|)`` for one of several wordings, ``…`` for up to 6 and ``……`` for up to 12 characters
of anything within one sentence. Phrases are data (``bot/templates/crisis``, ``bot/templates/sensitive``).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from bot.core.rules.text import clean, fold

GAP: Final = 6
"""Characters that ``…`` stands for at most; ``……`` stands for twice as many."""
RUN: Final = 5
"""The same character more often in a row says no more, and would only make the search long."""
_RUNS: Final = re.compile(r"(\S)\1{5,}")
_CUT: Final = "\x00"  # where an everyday idiom was taken out: nothing matches across it
_STOP: Final = "\x01"  # the end of a sentence: no gap reaches across it
_SENTENCE_ENDS: Final = "。!?;\n"
_BORDERS: Final = _SENTENCE_ENDS + _STOP


@dataclass(frozen=True, slots=True)
class Seen:
    """A text as phrases see it: ``plain`` is folded, ``loose`` has letters and sentence ends, ``tight`` letters."""

    plain: str = field(repr=False)
    loose: str = field(repr=False)
    tight: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Node:
    """One place in the net of all wordings: what may follow, after how large a gap, and what ends here.

    Nodes never change and are shared between wordings, so that a phrase of a thousand wordings takes a few dozen nodes.
    """

    next: Mapping[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    gaps: Mapping[int, "_Node"] = field(default_factory=dict[int, "_Node"])
    labels: frozenset[str] = frozenset()


class Phrases:
    """Phrases, each with the labels it stands for; built once, used for every message."""

    def __init__(self, labelled: Mapping[str, Iterable[str]], replace: Mapping[int, str]) -> None:
        self._whole = _Node()
        self._gapped = _Node()
        for label, phrases in labelled.items():
            for phrase in phrases:
                node = _net(phrase.lower().translate(replace), label)
                if "…" in phrase:
                    self._gapped = _join(self._gapped, node)
                else:
                    self._whole = _join(self._whole, node)

    def labels(self, seen: Seen) -> set[str]:
        """The labels of all phrases found; whole phrases also across sentence ends, phrases with gaps within one."""
        views = [(self._whole, seen.tight), (self._gapped, seen.loose)]
        if any(map(_latin, seen.tight)):  # only as typed is 「ok zs」 two words
            views.append((self._whole, seen.plain))
        found: set[str] = set()
        for tree, text in views:
            begins = tree.next
            for at, char in enumerate(text):
                if char in begins:
                    for _, labels in _endings(tree, text, at):
                        found |= labels
        return found

    def without(self, plain: str) -> str:
        """``plain`` with phrases taken out where their characters stand together, the longest at each place."""
        trees = (self._whole, self._gapped)
        begins = self._whole.next.keys() | self._gapped.next.keys()
        kept: list[str] = []
        free = 0  # where the characters begin that no phrase has taken
        for index, char in enumerate(plain):
            if index < free or char not in begins:
                continue
            ends = [end for tree in trees if char in tree.next for end, _ in _endings(tree, plain, index)]
            if ends:
                kept += (plain[free:index], _CUT)
                free = max(ends)
        return "".join((*kept, plain[free:]))


def _net(phrase: str, label: str) -> _Node:
    """All wordings of one phrase of the data file; raises ``ValueError`` with the phrase if it cannot be read."""
    last = _Node(labels=frozenset((label,)))
    node = last
    for options in reversed(_choices(phrase)):
        if node is last and any(option.endswith("…") for option in options):
            raise ValueError(f"a phrase does not end with a gap: {phrase!r}")
        node = reduce(_join, [_spell(option, node) for option in options])
    if node.gaps or node.labels or any(after.labels for after in node.next.values()):
        raise ValueError(f"a phrase begins with a word and has two characters at least: {phrase!r}")
    return node


def _choices(phrase: str) -> list[list[str]]:
    """``不想(再|)活`` as ``[["不想"], ["再", ""], ["活"]]``."""
    choices: list[list[str]] = []
    rest = phrase
    while rest:
        before, bracket, rest = rest.partition("(")
        choices.append([before])
        if bracket:
            inside, _, rest = rest.partition(")")
            choices.append(inside.split("|"))
    words = "".join(option for options in choices for option in options)
    if not words.replace("…", "").isalnum() or phrase.count("(") != phrase.count(")"):
        raise ValueError(f"a phrase is words, gaps and (one|or|another): {phrase!r}")
    return choices


def _spell(text: str, after: _Node) -> _Node:
    """The node from which ``text`` leads to ``after``."""
    node = after
    gap = 0
    for char in reversed(text):
        if char == "…":
            gap += GAP
            continue
        if gap:
            node, gap = _Node(gaps={gap: node}), 0
        node = _Node(next={char: node})
    return _Node(gaps={gap: node}) if gap else node


def _join(a: _Node, b: _Node) -> _Node:
    """A node from which both ways lead on."""
    if a is b:
        return a
    following = {**a.next, **b.next}
    for char in a.next.keys() & b.next.keys():
        following[char] = _join(a.next[char], b.next[char])
    gaps = {**a.gaps, **b.gaps}
    for size in a.gaps.keys() & b.gaps.keys():
        gaps[size] = _join(a.gaps[size], b.gaps[size])
    return _Node(following, gaps, a.labels | b.labels)


def _endings(tree: _Node, text: str, at: int) -> Iterator[tuple[int, frozenset[str]]]:
    """Where phrases end that begin at ``at`` (with a character some phrase begins with), and their labels.

    The work is bounded by the length and the gaps of the longest phrase, whatever the text.
    """
    ways = [(tree.next[text[at]], at + 1)]
    while ways:
        node, index = ways.pop()
        if node.labels and _whole_word(text, at, index):
            yield index, node.labels
        for size, after in node.gaps.items():
            for start in range(index, min(index + size + 1, len(text))):
                if text[start] in after.next:
                    ways.append((after.next[text[start]], start + 1))
                if text[start] in _BORDERS:
                    break
        following = node.next.get(text[index]) if index < len(text) else None
        if following is not None:
            ways.append((following, index + 1))


def _whole_word(text: str, start: int, end: int) -> bool:
    """Whether short Latin ends (``zs``, ``想s``, ``4了``) are not the middle of a longer word or number."""
    if start and _latin(text[start - 1]) and _short_latin(text[start : min(end, start + 4)]):
        return False
    return not (end < len(text) and _latin(text[end]) and _short_latin(text[max(start, end - 4) : end][::-1]))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _short_latin(edge: str) -> bool:
    """Whether a part's edge of 4 characters, read inwards, begins with 1 to 3 Latin letters or digits."""
    return bool(edge) and _latin(edge[0]) and not (len(edge) == 4 and all(map(_latin, edge)))


def plain_text(text: str, replace: Mapping[int, str]) -> str:
    """Width and case folded, invisible characters gone, ``replace`` (``{ord("殺"): "杀"}``) applied; spaces stay."""
    folded = "".join(map(fold, unicodedata.normalize("NFKC", clean(text))))
    return _RUNS.sub(r"\1" * RUN, folded.translate(replace).replace(_CUT, "").replace(_STOP, ""))


def see(plain: str) -> Seen:
    """The views of a text in ``plain_text`` form in which phrases are looked for.

    Spaces, commas, dashes, stars and emoji between the characters disappear (``想 死``, ``想-死``); ``。！？；`` and
    line ends stay as borders for gaps; a row of full stops is a pause and disappears too.
    """
    loose: list[str] = []
    stops = 0
    for char in plain:
        if char.isalnum() or char == _CUT:
            loose.append(char)
            stops = 0
        elif char in _SENTENCE_ENDS:
            stops = stops + 1 if char == "。" else 0
            if stops == 2 and loose and loose[-1] == _STOP:
                loose.pop()
            elif stops < 2 and (not loose or loose[-1] != _STOP):
                loose.append(_STOP)
    joined = "".join(loose)
    return Seen(plain, joined, joined.replace(_STOP, ""))
