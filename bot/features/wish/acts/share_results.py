"""拼好愿: what is said when youths of one cadre share a wish; nobody is told who the others are."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say


@dataclass(frozen=True, slots=True)
class ShareAsked(Say):
    """To the cadre: each owner is being asked."""

    template: ClassVar[str] = "wish/share_asked"
    refs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShareQuestion(Say):
    """To an owner: so many wish the same; together? Who they are is not said."""

    template: ClassVar[str] = "wish/share_question"
    ref: int
    others: int
    cadre: str


@dataclass(frozen=True, slots=True)
class ShareJoined(Say):
    """To an owner: theirs goes on together with others; each confirms for themselves."""

    template: ClassVar[str] = "wish/share_joined"
    ref: int
    waits: bool
    """Nobody else has said yes so far."""


@dataclass(frozen=True, slots=True)
class ShareDeclined(Say):
    """To an owner: theirs stays as it is."""

    template: ClassVar[str] = "wish/share_declined"
    ref: int


@dataclass(frozen=True, slots=True)
class ShareOver(Say):
    """To an owner: meanwhile there is nothing to share any more."""

    template: ClassVar[str] = "wish/share_over"
    ref: int


@dataclass(frozen=True, slots=True)
class ShareGrown(Say):
    """To the cadre: one more is part of this wish."""

    template: ClassVar[str] = "wish/share_grown"
    ref: int
    lead: int
    count: int


@dataclass(frozen=True, slots=True)
class ShareGoesOn(Say):
    """To who is at a shared wish: over for one of those who share it, and it goes on for the others."""

    template: ClassVar[str] = "wish/share_goes_on"
    ref: int
    other: int
    count: int


@dataclass(frozen=True, slots=True)
class AlongQuestion(Say):
    """To who shares a wish that is to go into a pool: what it would show, and how far up it may go; along with it?"""

    template: ClassVar[str] = "pool/along"
    ref: int
    organ: str
    agreed: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlongAnswered(Say):
    """To who shares it: theirs goes along, or stays with the cadre."""

    template: ClassVar[str] = "pool/along_answered"
    ref: int
    along: bool


@dataclass(frozen=True, slots=True)
class PoolWaits(Say):
    """To the owner who said yes: those who share the wish are asked too, then it goes into the pool."""

    template: ClassVar[str] = "pool/waits"
    ref: int
    others: int


class ShareWhich(Refusal):
    """拼心愿 without at least two wishes, or with too many; field ``most``."""

    code = "wish.share_which"


class ShareNotPossible(Refusal):
    """One of them is not the own youths', is held by somebody else, in a pool, or of the same owner; field ``ref``."""

    code = "wish.share_not_possible"


class ShareAskedBefore(Refusal):
    """Its owner has been asked, or is being asked: once is enough, and the two look alike (P5); field ``ref``."""

    code = "wish.share_asked_before"
