"""称呼: names that people choose for themselves."""

import unicodedata
from collections.abc import Collection
from typing import Final

from bot.core.rules.refusal import Refusal
from bot.core.rules.text import MAX_PATTERN_CHARS, clean, is_invisible, plain_key

_AROUND: Final = " ，。、；："
"""What ends a sentence around a 称呼 and is no part of it (``更正 称呼 小雨。``)."""

MAX_NAME: Final = 20
"""Characters of a 称呼 at most."""


class NameEmpty(Refusal):
    """A 称呼 of which nothing visible is left."""

    code = "name.empty"


class NameTooLong(Refusal):
    """A 称呼 longer than ``limit`` characters."""

    code = "name.too_long"


class NameReserved(Refusal):
    """A 称呼 that commands already give a meaning, such as 全部."""

    code = "name.reserved"


def safe_name(text: str, reserved: Collection[str] = ()) -> str:
    """称呼: one line of 1 to 20 visible characters in NFC, without zero-width and bidi controls (threat 17).

    ``reserved`` are words in ``plain_key`` form that may not be a name. Refuses with ``name.empty``, ``name.too_long``
    or ``name.reserved``; cutting a long name would give somebody a name they did not choose.
    """
    if len(text) > MAX_PATTERN_CHARS:
        raise NameTooLong(limit=MAX_NAME)
    name = " ".join("".join(c for c in clean(text) if not is_invisible(c)).split())
    name = unicodedata.normalize("NFC", name).strip(_AROUND)
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise NameEmpty
    if len(name) > MAX_NAME:
        raise NameTooLong(limit=MAX_NAME)
    if plain_key(name) in reserved:
        raise NameReserved
    return name
