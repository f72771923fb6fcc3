"""找时间词: the words of times in a text, in one walk from left to right.

Nothing here decides what a word means beside others: ``days``, ``clock`` and ``single`` do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.core.rules.text import fold
from bot.core.rules.when.numbers import HAN
from bot.core.rules.when.patterns import PATTERNS

NUMERALS: Final = frozenset("0123456789" + HAN)
_SQUEEZED: Final = re.compile(
    r"(?<=[\d一二三四五六七八九十]) +(?=[年月日号点时])|(?<=[年月]) +(?=[\d一二三四五六七八九十])|(?<=点) +(?=半)"
    r"|(?<=[周期拜]) +(?=[一二三四五六日天])"
)
_TRADITIONAL: Final = "[週點號時後個這兩鐘過節臘國慶禮間內從開農閏淩曰]–−〜．·"
_SIMPLIFIED: Final = "[周点号时后个这两钟过节腊国庆礼间内从开农闰凌日]--~.."
_VARIANTS: Final = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_TYPOS: Final = {
    # What is typed for what: a sound or a key beside the right one, where nothing else makes sense.
    ":": r"(?<=\d);(?=[0-5]\d)",
    "天": r"(?<=[明后今昨])[田添]",
    "周": r"(?:(?<=[每这本下上个到])|(?<![\u4e00-\u9fff]))[州洲粥](?=[一二三四五六日天末])",
    "每": r"[没美毎](?=周[一二三四五六日天]|星期[一二三四五六日天]|天[早晚上下中\d]|月\d)",
    "午": "(?<=[上中下])舞",
    "上": "(?<=[晚早])[山商]",
    "钟": "(?<=点)[种中]",
    "拜": "(?<=礼)[摆败]",
    "期": "(?<=星)其",
    "凌": "零(?=晨)",
    "傍": "旁(?=晚)",
    "明": r"名(?=天[早上下晚中\d])",
    "旦": "(?<=元)[但蛋]",
}
_TYPO: Final = re.compile("|".join(f"({typed})" for typed in _TYPOS.values()))
_MEANT: Final = "".join(_TYPOS)


def _by_start() -> dict[str, re.Pattern[str]]:
    """For each character the patterns that may begin with it."""
    kinds: dict[str, list[str]] = {}
    for pattern in PATTERNS:
        for char in dict.fromkeys(pattern.starts.replace("[", "").replace("]", "")):
            kinds.setdefault(char, []).append(f"(?P<{pattern.kind}>{pattern.words})")
    compiled = {words: re.compile(words, re.VERBOSE) for words in {"|".join(words) for words in kinds.values()}}
    return {char: compiled["|".join(words)] for char, words in kinds.items()}


_BY_START: Final = _by_start()


@dataclass(frozen=True, slots=True)
class TimeWord:
    """时间词: its kind and what was found; ``start`` and ``end`` count in the folded text."""

    kind: str
    found: re.Match[str]

    @property
    def said(self) -> str:
        """The characters."""
        return self.found[0]

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.found.start()

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.found.end()

    def __getitem__(self, name: str) -> str:
        """A part of it; empty if it was not said."""
        return (self.found[name] if name in self.found.re.groupindex else "") or ""


@dataclass(frozen=True, slots=True)
class TimeText:
    """带时间的话: a text as it is read, where each of its characters stood, and the words of times in it."""

    text: str
    places: tuple[int, ...]
    words: tuple[TimeWord, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where this part stands in the text that was given."""
        return self.places[start], self.places[end - 1] + 1

    def between(self, one: TimeWord, other: TimeWord) -> str:
        """What stands between two words."""
        return self.text[one.end : other.start]


def time_words(text: str) -> TimeText:
    """The words of times in a text."""
    folded: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        one = fold(char)
        if one:
            folded.append(one)
            places.append(at)
    plain = "".join(folded).translate(_VARIANTS)
    plain = _TYPO.sub(lambda found: _MEANT[(found.lastindex or 1) - 1], plain)
    plain, places = _squeezed(plain, places)
    return TimeText(plain, tuple(places), tuple(words_of(plain)))


def words_of(plain: str) -> Iterator[TimeWord]:
    """The words of times in a text that is folded already."""
    at = 0
    while at < len(plain):
        patterns = _BY_START.get(plain[at])
        found = patterns.match(plain, at) if patterns else None
        if found and found.end() > at:
            yield TimeWord(found.lastgroup or "", found)
            at = found.end()
        else:
            at = _beyond(plain, at)


def _beyond(plain: str, at: int) -> int:
    """The next place where a word may begin: never inside a number, so that 第二十号 says no 十号."""
    if plain[at] not in NUMERALS:
        return at + 1
    while at < len(plain) and plain[at] in NUMERALS:
        at += 1
    return at


def _squeezed(plain: str, places: list[int]) -> tuple[str, list[int]]:
    """Without the spaces inside ``11 月 28 日``."""
    dropped = {at for found in _SQUEEZED.finditer(plain) for at in range(*found.span())}
    if not dropped:
        return plain, places
    kept = [at for at in range(len(plain)) if at not in dropped]
    return "".join(plain[at] for at in kept), [places[at] for at in kept]
