"""称呼: names that people choose for themselves."""

import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from bot.core.rules.likeness import misleads, passes_for
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
    """A 称呼 longer than ``most`` characters."""

    code = "name.too_long"


class NameReserved(Refusal):
    """A 称呼 that commands already give a meaning, such as 全部."""

    code = "name.reserved"


class NameMisleading(Refusal):
    """A 称呼 that reads like an office, like the bot or its operators, or like an instruction (threat 17)."""

    code = "name.misleading"


class NameOfAnother(Refusal):
    """A 称呼 that would be taken for somebody who holds an office here."""

    code = "name.of_another"


def nobody_elses(name: str, in_office: Iterable[str]) -> str:
    """The 称呼, unless one of these people would be seen in it; refuses with ``name.of_another``."""
    if passes_for(name, in_office):
        raise NameOfAnother
    return name


def safe_name(text: str, reserved: Collection[str] = ()) -> str:
    """称呼: one line of 1 to 20 visible characters in NFC, without zero-width and bidi controls (threat 17).

    ``reserved`` are words in ``plain_key`` form that may not be a name. Refuses with ``name.empty``, ``name.too_long``,
    ``name.reserved`` or ``name.misleading``; cutting a long name would give somebody a name they did not choose.
    """
    if len(text) > MAX_PATTERN_CHARS:
        raise NameTooLong(most=MAX_NAME)
    name = " ".join("".join(c for c in clean(text) if not is_invisible(c)).split())
    name = unicodedata.normalize("NFC", name).strip(_AROUND)
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise NameEmpty
    if len(name) > MAX_NAME:
        raise NameTooLong(most=MAX_NAME)
    if plain_key(name) in reserved:
        raise NameReserved
    if misleads(name):
        raise NameMisleading
    return name
