"""待答问题: how an option is recognised that is named by its number or its word alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.rules.text import plain_key

_CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨"
OPTION_MARKS: Final = _CIRCLED + "123456789１２３４５６７８９"
"""Characters that stand for an option."""
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
    if told in _CIRCLED[: len(options)]:
        return options[_CIRCLED.index(told)]
    if told.isascii() and told.isdigit() and 1 <= int(told) <= len(options):
        return options[int(told) - 1]
    return next((option for option in options if bare(told) == bare(words.get(option, ""))), None)


def bare(text: str) -> str:
    """An option's word as it is compared: nothing but itself."""
    return plain_key(text).replace(" ", "").strip(_TRAILING)
