"""只说了时间: whether a text says a time and nothing beside it, as an answer to 什么时候."""

import re
from typing import Final

from bot.core.rules.when.cycles import find_cycle
from bot.core.rules.when.lexing import TimeWord, time_words, words_of
from bot.core.rules.when.meant import DAY_KINDS, MAX_CHARS

_BESIDE: Final = re.compile(r"[\s,，。、.!！~～的吧呢哈啊就在是到至和]*")
_KINDS: Final = DAY_KINDS | {"clock", "part", "offset", "upto", "limit", "times", "shift"}


def only_a_time(text: str) -> bool:
    """``明天下午3点吧`` and ``每周五20:00`` are times; ``明天再说`` is not."""
    whole = time_words(text[:MAX_CHARS])
    plain, cyclic = whole.text, find_cycle(whole.text)
    found: list[TimeWord] = list(whole.words)
    spans = list(cyclic.spans) if cyclic else []
    if cyclic:
        for start, end in cyclic.spans:
            plain = plain[:start] + " " * (end - start) + plain[end:]
        found = list(words_of(plain))
    spans += [(word.start, word.end) for word in found if word.kind in _KINDS]
    for start, end in spans:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    return bool(spans) and _BESIDE.fullmatch(plain) is not None
