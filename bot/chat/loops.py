"""Machines on the other side: auto-replies are no words of anybody, and two programs must not answer each other."""

import re
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from bot.chat.limits import REMEMBERED, Verdict

_WORDS: Final = r"(?:自动回复|自動回復|自动应答|auto[\s_-]?(?:repl(?:y|ied)|response)|out of office)"
_AUTO: Final = re.compile(
    rf"[\s\ufeff]*(?:[\[【［「『<(（*#]+\s*{_WORDS}|{_WORDS}\s*[\]】］」』>)）:：,，。!！\n])", re.IGNORECASE
)
MOST_ECHOES: Final = 5
"""Answers in a row to the very same words that are nothing we know."""
MOST: Final = 25
"""Answers in a row to words that are nothing we know, or to the same words that change nothing: over a minute's."""
FORGOTTEN_AFTER: Final = 600.0
"""Seconds without a word after which it begins anew."""


def is_auto_reply(text: str) -> bool:
    """Whether a platform wrote this in somebody's name, as it does for those who are away."""
    return _AUTO.match(text) is not None


@dataclass(slots=True)
class _Row:
    """What one account has said in a row."""

    at: float
    text: str = ""
    same: int = 0
    unknown: int = 0


class Loops:
    """Counts in memory, for each account, what could go on for ever; words of danger never come here."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._rows: OrderedDict[Hashable, _Row] = OrderedDict()

    def known(self, who: Hashable) -> None:
        """A known word was said: this speaker does not answer at random."""
        row = self._rows.get(who)
        if row is not None:
            row.unknown = 0

    def unknown(self, at: float, who: Hashable, text: str) -> Verdict:
        """Words that are nothing we know."""
        row = self._row(at, who, text)
        row.unknown += 1
        return self._verdict((row.same, MOST_ECHOES), (row.unknown, MOST))

    def same(self, at: float, who: Hashable, text: str) -> Verdict:
        """Words that only ask for something to be shown."""
        return self._verdict((self._row(at, who, text).same, MOST))

    def _row(self, at: float, who: Hashable, text: str) -> _Row:
        row = self._rows.get(who)
        if row is None or at - row.at > FORGOTTEN_AFTER:
            row = self._rows[who] = _Row(at)
        row.same, row.text, row.at = (row.same + 1 if row.text == text else 1), text, at
        self._rows.move_to_end(who)
        if len(self._rows) > REMEMBERED:
            self._rows.popitem(last=False)
        return row

    def _verdict(self, *counted: tuple[int, int]) -> Verdict:
        """Silence is told once; ``counted``: how many, and the first one that is not answered any more."""
        over = max(number - most for number, most in counted)
        if not self._on or over < 0:
            return Verdict.GO
        return Verdict.TELL if over == 0 else Verdict.DROP
