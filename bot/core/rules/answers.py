"""待答问题: how an option is recognised that is named by its number or its word alone."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.rules.text import plain_key

OPTIONS: Final = range(1, 10)
"""Numbers that options have; a larger one is said, not pressed."""
_KEYCAP: Final = "\u20e3"
_TEN: Final = "🔟"
_AROUND: Final = re.compile(r"(?:我?选择?|选项|回复?|第|答案?是?)*[(\[【「“\"']?(.)[)\]】」”\"']?[个项号条种]?")
"""How people write a number as their choice: 第三个, 我选3, （二）, 3号."""
_TRAILING: Final = "。.!！~～、,， 吧"


def match_option(text: str, options: Sequence[str], words: Mapping[str, str], *, lenient: bool = False) -> str | None:
    """The option that ``text`` names by ``1``, ``①`` or its word; None if it names none.

    ``words`` gives each option's word as people see it. ``2 吧`` and ``①。`` count; a sentence does not,
    unless ``lenient``: then its first word decides (``1 别告诉我爸妈`` in a crisis).
    """
    told = plain_key(text).strip(_TRAILING)
    if lenient and told:
        told = told.replace(",", " ").split()[0].strip(_TRAILING)
    if not told or len(told) > 30:
        return None
    number = number_shown(told)
    if number is not None:
        return options[number - 1] if 1 <= number <= len(options) else None
    named = next((option for option in options if bare(told) == bare(words.get(option, ""))), None)
    if named is not None:
        return named
    around = _AROUND.fullmatch(told.replace(" ", ""))
    number = _value(around[1]) if around else None
    return options[number - 1] if number is not None and 1 <= number <= len(options) else None


def number_shown(text: str) -> int | None:
    """The number that a text shows and nothing else: 3, ３, ③, ⑶, ❸, 3️⃣, 🔟; also where no such option exists."""
    plain = "".join(char for char in plain_key(text) if char != _KEYCAP)
    if plain.isdecimal():
        return int(plain) if len(plain) < 4 else 0
    return _value(plain) if len(plain) == 1 and not plain.isalpha() else None


def _value(char: str) -> int | None:
    """What one character counts: a digit of any script, a circled one, a Roman or a Chinese numeral."""
    value = 10 if char == _TEN else unicodedata.numeric(char, None)
    return int(value) if value is not None and value == int(value) else None


def bare(text: str) -> str:
    """An option's word as it is compared: nothing but itself."""
    return plain_key(text).replace(" ", "").strip(_TRAILING)
