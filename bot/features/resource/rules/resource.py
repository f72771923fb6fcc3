"""资源 Resource: goods, time and services an organ has to give, never money, and the match with a wish (R2.7, P36)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.phrases import Phrases, plain_text, see
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal
from bot.features.pool.rules.words import either
from bot.features.wish.rules.value import number_of, sums

MAX_TEXT: Final = 200
"""Characters of an offer at most: it is read in a question, on a phone."""
MAX_CAPACITY: Final = 10_000
PAGE: Final = 8
"""Offers on one page."""
MATCHED_AT_ONCE: Final = 20
"""Wishes named in one 匹配 at most: each of their owners is asked."""


class ResourceKind(StrEnum):
    """资源类别: what is offered."""

    GOODS = "goods"
    TIME = "time"
    SERVICE = "service"


class ResourceState(StrEnum):
    """资源状态: whether new wishes may still be matched with it."""

    OPEN = "open"
    CLOSED = "closed"


class ResourceNotFound(NotFound):
    """No such offer, or another organisation's: the same words."""

    code = "resource.not_found"


class ResourceEmpty(Refusal):
    """Nothing that could be given; or no capacity, or more than can be meant; field ``most``."""

    code = "resource.empty"


class ResourceTooLong(Refusal):
    """More than is read in a question; field ``most``."""

    code = "resource.too_long"


class ResourceMoney(Refusal):
    """Money, whatever it is called (P36)."""

    code = "resource.money"


class ResourcePrivate(Refusal):
    """A phone or another private detail, a link or a secrecy marking: a provider is not written to by youths."""

    code = "resource.private"


class ResourceUsedUp(Refusal):
    """Fewer are left than wishes were named; fields ``ref``, ``left``, ``wanted``."""

    code = "resource.used_up"


class ResourceClosed(Refusal):
    """This offer takes no new wishes; field ``ref``."""

    code = "resource.closed"


class MatchNotPossible(Refusal):
    """A wish that does not wait in a pool, is being matched, or was asked about this offer before; field ``ref``."""

    code = "resource.match_not_possible"


class MatchWords(Refusal):
    """匹配 without one offer and at least one wish, or with too many; field ``most``."""

    code = "resource.match_words"


@dataclass(frozen=True, slots=True)
class Offer:
    """登记的资源: what was typed, understood; ``kind`` None: it has to be asked."""

    text: str = field(repr=False)
    capacity: int
    kind: ResourceKind | None


class ResourceWords:
    """资源用词: the units and words of ``templates/pool/resources.toml`` by which an offer is understood."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        units = {kind: data[kind]["units"].split() for kind in ResourceKind}
        self.kind_of = {unit: kind for kind, listed in units.items() for unit in listed}
        self.amount = re.compile(
            rf"(?P<number>[0-9]{{1,6}}|[{data['digits']}]{{1,6}}) ?(?P<unit>{either(' '.join(self.kind_of))})"
        )
        self.words = Phrases({kind: data[kind]["phrases"] for kind in ResourceKind}, {})
        self.money = Phrases({"money": data["money"]["phrases"]}, {})


def read_offer(text: str, words: ResourceWords) -> Offer:
    """An offer as typed: ``青联捐的图书 60 本`` is 60 goods; one is meant where no number stands. Refuses money."""
    offer = " ".join(text.split())
    if len(offer) > MAX_TEXT:
        raise ResourceTooLong(most=MAX_TEXT)
    if sum(char.isalpha() for char in offer) < 2:
        raise ResourceEmpty(most=MAX_CAPACITY)
    plain = plain_text(offer, {})
    amounts = list(words.amount.finditer(plain))
    _refuse_what_is_not_given(offer, plain, words, named=bool(amounts))
    capacity, kind = 1, None
    if amounts:
        most = max(amounts, key=lambda found: number_of(found["number"]) or 0)  # 一批书包，30 个
        capacity = int(number_of(most["number"]) or 0)
        kind = words.kind_of[most["unit"]]
    if not 1 <= capacity <= MAX_CAPACITY:
        raise ResourceEmpty(most=MAX_CAPACITY)
    told = words.words.labels(see(plain))
    if len(told) == 1:  # 辅导 4 次 is a service, whatever its unit
        kind = ResourceKind(next(iter(told)))
    return Offer(offer, capacity, kind)


def _refuse_what_is_not_given(text: str, plain: str, words: ResourceWords, *, named: bool) -> None:
    """Money in any form, and what no provider's offer may hold; a price beside an amount of things is a price."""
    if private_details(text) or secrecy_marking(text) or re.search(r"https?:|www\.|@", plain):
        raise ResourcePrivate
    if words.money.labels(see(plain)):
        raise ResourceMoney
    if any(told.asked or told.borrowed or not named for told in sums(plain)):
        raise ResourceMoney


# --- likeness --------------------------------------------------------------------------------------------------------


def likeness(offer: str, wish: str) -> int:
    """How many pairs of letters an offer and a wish share: enough to put likely wishes first, and no more than that."""
    return len(_pairs(offer) & _pairs(wish))


def _pairs(text: str) -> frozenset[str]:
    letters = [char if char.isalpha() else " " for char in plain_text(text, {})]
    joined = "".join(letters)
    return frozenset(joined[i : i + 2] for i in range(len(joined) - 1) if " " not in joined[i : i + 2])
