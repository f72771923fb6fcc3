"""@ of people, typed as words, and what others said, pasted."""

from collections.abc import Collection
from typing import Final

from bot.core.rules.passages import without_passages

_AT: Final = "@＠﹫"
_AFTER_NAME: Final = ' \t\n\u3000\u2005，。,.!！?？:：;；、)）]】"”」'
_SPACES: Final = frozenset(" \u3000\u2005")


def without_strangers(text: str, names: Collection[str] = ()) -> str:
    """Without ``@某某`` typed as words, unless it begins with the 称呼 of somebody who may be named, and without pasted
    lines of others (``阿凯：…``, ``小赵 20:31：…``).

    Nobody is named by an @ in what is kept or passed on, nor are their words in it, who has not agreed to it (P3).
    """
    text = without_passages(text, names)
    if not any(mark in text for mark in _AT):
        return text
    kept: list[str] = []
    index = 0
    while index < len(text):
        char = text[index]
        inside = index > 0 and text[index - 1].isascii() and text[index - 1].isalnum()
        if char not in _AT or inside:
            kept.append(char)
            index += 1
            continue
        end = index + 1
        while end < len(text) and text[end] not in _AFTER_NAME and text[end] not in _AT:
            end += 1
        token = text[index + 1 : end]
        if any(token.startswith(name) for name in names if name):
            kept.append(text[index:end])
        elif text[end : end + 1] in _SPACES and (not kept or kept[-1] in _SPACES):
            end += 1  # one of the two spaces around the name went with it
        index = end
    return "".join(kept)
