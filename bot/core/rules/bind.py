"""绑定码 BindCode: its alphabet, how a typed code is read, and the limits on guessing (threat 5)."""

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.core.rules.text import fold

CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U."""
CODE_LENGTH: Final = 10
"""Characters; 50 bits, so that 24 000 guesses on 100 live codes hit with 2·10⁻⁹."""
CODE_LIFE: Final = timedelta(hours=24)

MAX_WRONG_PER_ACCOUNT: Final = 5
"""Wrong codes of one account within ``WRONG_WINDOW`` that lock it for ``ACCOUNT_LOCK``."""
MAX_WRONG_IN_ALL: Final = 50
"""Wrong codes of the installation within ``WRONG_WINDOW`` that freeze binding and alert the admins."""
WRONG_WINDOW: Final = timedelta(hours=1)
ACCOUNT_LOCK: Final = timedelta(hours=1)
KEEP_ATTEMPTS: Final = WRONG_WINDOW + ACCOUNT_LOCK
"""How long a wrong try must be remembered so that a lock is not cut short."""

_BITS: Final = 5  # of one character
_LONGEST: Final = 64  # characters looked at: a code with every separator people put in is far shorter
_PASTED: Final = 400  # characters of a pasted row or a courteous sentence that are looked at
MAX_CODES_IN_TEXT: Final = 4
"""Codes looked up for one message: its row may hold an organisation's code of the same form, and no more is a guess."""
_INSIDE: Final = tuple(
    re.compile(rf"(?<![0-9a-z])[0-9a-z](?:{between}[0-9a-z]){{{CODE_LENGTH - 1}}}(?![0-9a-z])", re.ASCII)
    for between in ("", "[-_·. ]?")
)
MISREAD: Final = str.maketrans("OIL", "011")
SEPARATORS: Final = frozenset(" \n-_·.–—,，。、!;")
"""What people put between the characters of a code."""
_NUMBER_LIKE: Final = frozenset("0123456789E")  # a spreadsheet shows 12345E6789 as a number


def make_code(random_bits: Callable[[int], int] = secrets.randbits) -> str:
    """A fresh code; never one that a spreadsheet would take for a number."""
    while True:
        number = random_bits(CODE_LENGTH * _BITS)
        code = "".join(CODE_ALPHABET[number >> place * _BITS & 31] for place in range(CODE_LENGTH))
        if not _NUMBER_LIKE.issuperset(code):
            return code


def normalise_code(text: str) -> str | None:
    """The code that was meant: half width, upper case, without spaces and dashes, O as 0, I and L as 1; else None."""
    if len(text) > _LONGEST:
        return None
    plain = "".join(char for char in map(fold, text) if char not in SEPARATORS).upper().translate(MISREAD)
    if len(plain) != CODE_LENGTH or any(char not in CODE_ALPHABET for char in plain):
        return None
    return plain


def codes_in(text: str) -> tuple[str, ...]:
    """The codes that may be meant: the text itself, else whatever in it has the form of a code.

    People paste the whole row of the codes file, with its quotes, or write 绑定码是 in front and 谢谢 behind. Dates and
    account numbers are no codes, because none is made of digits alone.
    """
    whole = normalise_code(text)
    if whole is not None:
        return (whole,)
    plain = "".join(map(fold, text[:_PASTED]))
    found = (normalise_code(match[0]) for form in _INSIDE for match in form.finditer(plain))
    codes = dict.fromkeys(code for code in found if code is not None and not _NUMBER_LIKE.issuperset(code))
    return tuple(codes)[:MAX_CODES_IN_TEXT]


def locked_until(wrong_at: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when an account is locked by its wrong tries; None if it may try.

    ``wrong_at``: the instants of its wrong tries of the last ``KEEP_ATTEMPTS``, in any order.
    """
    tries = sorted(wrong_at)
    ends = [
        last + ACCOUNT_LOCK
        for first, last in zip(tries, tries[MAX_WRONG_PER_ACCOUNT - 1 :], strict=False)
        if last - first < WRONG_WINDOW
    ]
    return ends[-1] if ends and now < ends[-1] else None


def is_frozen(wrong_in_window: int) -> bool:
    """Whether binding stands still in the whole installation, given its wrong tries within ``WRONG_WINDOW``."""
    return wrong_in_window >= MAX_WRONG_IN_ALL
