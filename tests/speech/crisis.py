"""Scores sentences of danger, distress and neither (``say, level, theme``): what the real rules would answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import sqrt
from typing import Any, Final

from bot.chat.text import crisis_words
from bot.core.rules.crisis import CrisisWords, find_crisis, sounds_low
from tests.speech.labelled import CARD, NONE, SOFT, Labelled

KEYS: Final = frozenset(("say", "level", "theme"))
LEVELS: Final = (CARD, SOFT, NONE)
Tally = Counter[tuple[str, str, str]]
"""How many sentences of a level and a theme got which answer."""


def score(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Counts by level and theme, and the totals in the last line."""
    return show(tally((Labelled(row["say"], row["level"], row["theme"]) for row in rows), answer))


def answer(say: str, words: CrisisWords | None = None) -> str:
    """What somebody who writes this in private gets."""
    words = words or crisis_words()
    if find_crisis(say, words) is not None:
        return CARD
    return SOFT if sounds_low(say, words) else NONE


def tally(sentences: Iterable[Labelled], decide: Callable[[str], str]) -> Tally:
    """How many of each got which answer."""
    return Counter((one.level, one.theme, decide(one.say)) for one in sentences)


def share(told: Tally, level: str, *answers: str) -> float:
    """The share of a level's sentences that got one of these answers."""
    of_all = sum(count for key, count in told.items() if key[0] == level)
    return sum(count for key, count in told.items() if key[0] == level and key[2] in answers) / max(1, of_all)


def show(told: Tally) -> Iterator[str]:
    """The table as lines."""
    yield f"{'level':6}{'theme':28}{'all':>5}{'card':>6}{'soft':>6}{'none':>6}"
    for level in LEVELS:
        for theme in sorted({key[1] for key in told if key[0] == level}):
            counts = [told[level, theme, got] for got in LEVELS]
            yield f"{level:6}{theme:28}{sum(counts):5}" + "".join(f"{count:6}" for count in counts)
    yield "; ".join(
        (
            f"card or soft on card {_interval(told, CARD, CARD, SOFT)}",
            f"card on card {_interval(told, CARD, CARD)}",
            f"card or soft on soft {_interval(told, SOFT, CARD, SOFT)}",
            f"card on soft {_interval(told, SOFT, CARD)}",
            f"card on none {_interval(told, NONE, CARD)}",
            f"soft on none {_interval(told, NONE, SOFT)}",
        )
    )


def _interval(told: Tally, level: str, *answers: str) -> str:
    """A share with its interval of 95 % (Wilson)."""
    n, p, z = max(1, sum(count for key, count in told.items() if key[0] == level)), share(told, level, *answers), 1.96
    middle, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)
    return f"{p:.1%} [{max(0, low):.0%}–{high:.0%}]"
