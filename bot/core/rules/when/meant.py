"""哪些词算时间: which of the words that look like times are meant as one, and where they stand."""

import re
from collections.abc import Iterable
from typing import Final

from bot.core.rules.when.lexing import TimeText, TimeWord

MAX_CHARS: Final = 600
"""Characters in which a time is looked for."""
DAY_KINDS: Final = frozenset(
    (
        "relative", "weekday", "iso", "md", "ymd", "dom", "edge", "festival", "lunar", "first_days", "twenty",
        "same_day", "work", "nth_wd", "last_week", "nth_week", "nth_day", "year", "month", "quarter", "week",
        "shift", "holiday", "bad_day",
    )
)  # fmt: skip
"""Kinds of words that say a day."""
_MAIN: Final = DAY_KINDS - {"year", "shift", "month", "holiday"} | {"part", "clock", "vague", "never", "offset"}
GLUE: Final = re.compile(
    r"[\s,，、的在()（）就那吧是约:;；。…~啊呢嘛呀于从自当天左右大概近嗯呃]*"
    r"(?:时间|日期|定在|改在|那天|当天|左右|大概|大约)?[\s,，的是在:]*"
)
"""What may stand between words of one time."""
_FILLER: Final = re.compile(
    r"[\s,，、。.!！?？~…吧呗啊呢嘛哦噢嗯呃那就好的行了去见在是左右大概约可以时候我们我要想开始整间]*"
)
_WEAK: Final = frozenset(
    (
        "first_days", "twenty", "month", "year", "quarter", "vague", "never", "holiday", "occasion", "deadline",
        "shift",
    )
)  # fmt: skip
"""Kinds of words that are a time only beside another, or alone."""
_LEAD: Final = re.compile(r"(?:自?从|自|大约|大概|定在|改到|改在|安排在|就在)\s?\Z")


def kept_words(words: TimeText) -> list[TimeWord]:
    """The words of times without those that only look like one."""
    strong = [word for word in words.words if word.kind in _MAIN and not _weak(word)]
    kept: list[TimeWord] = []
    whole = _is_whole(words)
    for at, word in enumerate(words.words):
        if word.kind in ("times", "no"):
            continue
        if not _weak(word) or whole or _beside(words, at, strong):
            kept.append(word)
    if not any(
        word.kind in _MAIN or word.kind == "repeat" or (whole and word.kind in DAY_KINDS - {"shift"} | {"occasion"})
        for word in kept
    ):
        return []
    return kept


def _weak(word: TimeWord) -> bool:
    """Whether a word is a time only beside another, or alone."""
    said = word.said
    match word.kind:
        case "md":
            return not word["m_u"]
        case "festival":
            return said in ("元宵", "雨水", "小满", "小雪", "大雪", "白露", "霜降", "小寒", "大寒", "芒种", "谷雨")
        case kind if kind in _WEAK:
            return True
        case "dom":
            return word["d_u"] == "日" and len(word["d_n"]) == 1 and not word["d_n"].isdigit()
        case "clock":
            return said in ("一点", "1点") or bool(word["bad"])
        case "part":
            return len(said) == 1
        case "offset":
            return not (word["o_in"] or word["o_to"])
        case _:
            return False


def _is_whole(words: TimeText) -> bool:
    rest: list[str] = []
    last = 0
    for word in words.words:
        rest.append(words.text[last : word.start])
        last = word.end
    rest.append(words.text[last:])
    return bool(_FILLER.fullmatch("".join(rest)))


def _beside(words: TimeText, at: int, strong: list[TimeWord]) -> bool:
    """Whether a weak word stands beside one that is not."""
    chain = words.words
    for step in (1, -1):
        here = at
        while 0 <= here + step < len(chain):
            one, other = sorted((chain[here], chain[here + step]), key=lambda word: word.start)
            if not GLUE.fullmatch(words.between(one, other)):
                break
            here += step
            if chain[here] in strong:
                return True
    return False


def spans_of(
    words: TimeText, used: Iterable[TimeWord], others: Iterable[tuple[int, int]] = ()
) -> tuple[tuple[int, int], ...]:
    """Where the used words stand in the text that was given, those beside each other as one."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted([*((word.start, word.end) for word in used), *others]):
        if spans and GLUE.fullmatch(words.text[spans[-1][1] : start]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(words.span(_with_lead(words.text, start), end) for start, end in spans)


def _with_lead(text: str, start: int) -> int:
    """Where a time begins together with the 从 or 大约 before it."""
    lead = _LEAD.search(text, max(0, start - 4), start)
    return lead.start() if lead else start
