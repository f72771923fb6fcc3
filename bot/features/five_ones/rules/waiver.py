"""免除: one cadre's window asks for fewer, for a reason, by an organ admin; never for more (P40)."""

import re
from dataclasses import dataclass, field
from typing import Final

from bot.core.rules.five_ones import NUMBER
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.text import first_word
from bot.core.rules.when.numbers import number

MAX_REASON: Final = 100
LEAST_REASON: Final = 2
_FEWER: Final = re.compile(
    r"(?:减|少|免)?\s*([+＋\-－−]?[0-9０-９零〇一二两三四五六七八九十百]+)\s*次(?:[：:，,。]|\s|$)"
)


class WaiverReason(Refusal):
    """No reason, one too long (``most``), marked secret or with private details."""

    code = "five_ones.waiver_reason"


class WaiverNumber(Refusal):
    """Another number than one to five; field ``most``."""

    code = "five_ones.waiver_number"


class WaiverOwn(Refusal):
    """An admin's own window: another admin, or the organ above, decides."""

    code = "five_ones.waiver_own"


class WaiverNotFound(NotFound):
    """Nothing is waived for this cadre now."""

    code = "five_ones.waiver_not_found"


@dataclass(frozen=True, slots=True)
class WaiverWords:
    """What was said: for whom, how many fewer, and why."""

    name: str
    fewer: int
    reason: str = field(repr=False)


def read_waiver(text: str) -> WaiverWords:
    """``林晓舟 2次 病假两周``; without a number the whole window. Refuses a wrong number and a missing reason."""
    name, rest = first_word(text)
    fewer, found = NUMBER, _FEWER.match(rest)
    if found is not None:
        told = number(found[1].lstrip("+＋"))
        if told is None or not 1 <= told <= NUMBER:
            raise WaiverNumber(most=NUMBER)
        fewer, rest = told, rest[found.end() :]
    reason = " ".join(rest.split()).strip("：:，, ")
    if not LEAST_REASON <= len(reason) <= MAX_REASON or secrecy_marking(reason) or private_details(reason):
        raise WaiverReason(most=MAX_REASON)
    return WaiverWords(name, fewer, reason)
