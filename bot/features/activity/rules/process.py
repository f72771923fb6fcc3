"""活动过程: an activity counts with its process only: place, time, what happened and how many came (R6.5, P39)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.rules.when.numbers import number

LEAST_WORDS: Final = 4
"""Characters that say what happened, beside the number of those who came."""
MOST_PRESENT: Final = 99_999
_NUMBER: Final = r"[0-9零〇一二两三四五六七八九十百千]+"
_PRESENT: Final = re.compile(
    rf"(?<![0-9第])({_NUMBER})\s*(?:多|余|来)?\s*(?:个|名|位)?(?:人|青年|同学|志愿者|团员|小伙伴|年轻人|位|名)"
)
_BARE: Final = re.compile(rf"({_NUMBER})\s*(?:个|名|位)?")
_MARKS: Final = re.compile(r"[\s,，.。、;；:：!！?？—\-]+")


@dataclass(frozen=True, slots=True)
class Process:
    """过程: what happened, and how many came; None: not said."""

    words: str
    present: int | None

    @property
    def has_facts(self) -> bool:
        """Whether something is said beside the number."""
        return len(_MARKS.sub("", _PRESENT.sub("", self.words))) >= LEAST_WORDS


class Lacks(StrEnum):
    """还差什么: what is asked for one by one."""

    PLACE = "place"
    WHAT = "what"
    PRESENT = "present"


def read_process(words: str) -> Process:
    """``来了9个人，双打循环``; the largest number of people that is named is how many came."""
    found = [told for one in _PRESENT.finditer(words) if (told := number(one[1])) is not None]
    return Process(words.strip(), max(found, default=None))


def present_said(words: str) -> int | None:
    """``9``, ``九个人``, ``来了 9 人``; None: no number of people."""
    told = words.strip()
    bare = _BARE.fullmatch(told)
    count = number(bare[1]) if bare else read_process(told).present
    return count if count is not None and 0 <= count <= MOST_PRESENT else None


def lacks(process: Process, *, place: bool) -> Lacks | None:
    """The next thing to ask for."""
    if not place:
        return Lacks.PLACE
    if not process.has_facts:
        return Lacks.WHAT
    return Lacks.PRESENT if process.present is None else None
