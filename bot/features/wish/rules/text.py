"""心愿内容: what a wish may ask for (P36): goods, time and services within the cap; no money, no private details."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.phrases import Phrases, plain_text, see
from bot.core.rules.privacy import (
    PrivateDetail,
    SensitiveMatter,
    SensitiveWords,
    private_details,
    secrecy_marking,
    sensitive_matters,
)
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import windows
from bot.features.wish.rules.value import sums
from bot.features.wish.rules.wish import MAX_TEXT, VALUE_CAP

_LINK: Final = re.compile(
    r"https?:|www\.|[a-z0-9-]{2,30}\.(?:com|cn|net|org|top|xyz|vip|cc|shop|link)(?![a-z])|[¥$(][a-z0-9]{9,13}[¥$)]"
)
"""An address, also the code by which a shop's app opens a page."""
_SPACED: Final = re.compile(r"(?<=[^0-9a-z]) +(?=[^0-9a-z])")
_LARGE_MATTERS: Final = frozenset({SensitiveMatter.ILLNESS, SensitiveMatter.MEDICINE})


class WishFlaw(StrEnum):
    """心愿的不妥之处: why a wish cannot be taken as it is written; first the one that matters most."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SECRECY = "secrecy"
    PRIVATE = "private"
    LARGE = "large"
    LOAN = "loan"
    MONEY = "money"
    TOO_DEAR = "too_dear"
    LINK = "link"
    SENSITIVE = "sensitive"


class WishEmpty(Refusal):
    """Nothing that could be fulfilled."""

    code = "wish.empty"


class WishTooLong(Refusal):
    """More than is read in a list; fields ``most``, ``length``."""

    code = "wish.too_long"


class WishSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "wish.secret"


class WishPrivate(Refusal):
    """A phone, identity or bank number or an address (P24, P36); field ``details``."""

    code = "wish.private"


class WishLarge(Refusal):
    """Illness, schooling, housing: there are designated channels (P36)."""

    code = "wish.large"


class WishLoan(Refusal):
    """Money to be lent (P36)."""

    code = "wish.loan"


class WishMoney(Refusal):
    """Money itself, whatever it is called (P36)."""

    code = "wish.money"


class WishTooDear(Refusal):
    """More than a micro-wish may cost (P36); field ``cap``."""

    code = "wish.too_dear"


class WishLink(Refusal):
    """An address on the net, which nobody should have to open."""

    code = "wish.link"


class WishSensitive(Refusal):
    """A sensitive matter, which is no wish for others to read (P9)."""

    code = "wish.sensitive"


class WishWords:
    """心愿用语: the phrases of ``templates/wish/words.toml``, read once at start."""

    def __init__(self, replace: Mapping[int, str], idioms: Phrases, phrases: Phrases) -> None:
        self.replace = replace
        self.idioms = idioms
        self.phrases = phrases

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "WishWords":
        """Build the words from the parsed data file; raises ``ValueError`` or ``KeyError`` naming what is wrong."""
        replace = {ord(char): plain for plain, chars in data["replace"].items() for char in chars}
        named = {"money": WishFlaw.MONEY, "loan": WishFlaw.LOAN, "large": WishFlaw.LARGE, "dear": WishFlaw.TOO_DEAR}
        return cls(
            replace,
            Phrases({"idiom": data["idioms"]["phrases"]}, replace),
            Phrases({flaw: data[name]["phrases"] for name, flaw in named.items()}, replace),
        )


def flaw_of(text: str, words: WishWords, sensitive: SensitiveWords, cap: int = VALUE_CAP) -> WishFlaw | None:
    """What speaks against a wish as it is written; None when it can be taken."""
    if not any(char.isalnum() for char in text):
        return WishFlaw.EMPTY
    if len(text) > MAX_TEXT:
        return WishFlaw.TOO_LONG
    found = set(_flaws(text, words, sensitive, cap))
    return next((flaw for flaw in WishFlaw if flaw in found), None)


def _flaws(text: str, words: WishWords, sensitive: SensitiveWords, cap: int) -> list[WishFlaw]:
    plain = plain_text(text, words.replace)
    left = words.idioms.without(plain)
    found = [WishFlaw(label) for label in words.phrases.labels(see(left))]
    if secrecy_marking(text):
        found.append(WishFlaw.SECRECY)
    if private_details(text):
        found.append(WishFlaw.PRIVATE)
    if any(_LINK.search(piece) for piece in windows(plain)):
        found.append(WishFlaw.LINK)
    for told in sums(_SPACED.sub("", plain)):
        if told.borrowed:
            found.append(WishFlaw.LOAN)
        elif told.asked:
            found.append(WishFlaw.MONEY)
        elif told.yuan > cap:
            found.append(WishFlaw.TOO_DEAR)
    matters = sensitive_matters(left, sensitive)
    if matters & _LARGE_MATTERS:
        found.append(WishFlaw.LARGE)
    if SensitiveMatter.DEBT in matters:
        found.append(WishFlaw.LOAN)
    if matters - _LARGE_MATTERS - {SensitiveMatter.DEBT}:
        found.append(WishFlaw.SENSITIVE)
    return found


def check_wish(text: str, words: WishWords, sensitive: SensitiveWords, cap: int = VALUE_CAP) -> None:
    """Refuse a wish that cannot be taken as it is written, with the reason."""
    match flaw_of(text, words, sensitive, cap):
        case None:
            return
        case WishFlaw.EMPTY:
            raise WishEmpty
        case WishFlaw.TOO_LONG:
            raise WishTooLong(most=MAX_TEXT, length=len(text))
        case WishFlaw.SECRECY:
            raise WishSecret
        case WishFlaw.PRIVATE:
            raise WishPrivate(details=_named(text))
        case WishFlaw.LARGE:
            raise WishLarge
        case WishFlaw.LOAN:
            raise WishLoan
        case WishFlaw.MONEY:
            raise WishMoney
        case WishFlaw.TOO_DEAR:
            raise WishTooDear(cap=cap)
        case WishFlaw.LINK:
            raise WishLink
        case WishFlaw.SENSITIVE:
            raise WishSensitive


def _named(text: str) -> list[PrivateDetail]:
    """The kinds of private details in a fixed order, to be named in the refusal."""
    found = private_details(text)
    return [kind for kind in PrivateDetail if kind in found]
