"""心愿池: what is said on the way into a pool and in it, and what is refused."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.pool.rules.words import Blank


@dataclass(frozen=True, slots=True)
class PoolAsked(Say):
    """To the cadre: the owner is being asked; nothing is in a pool so far."""

    template: ClassVar[str] = "pool/asked"
    ref: int


@dataclass(frozen=True, slots=True)
class PoolLevel:
    """One answer: up to this level, whose organ is called so."""

    level: str
    organ: str


@dataclass(frozen=True, slots=True)
class PoolQuestion(Say):
    """To the owner, once: what a pool would show, letter for letter, and how far up it may go."""

    template: ClassVar[str] = "pool/question"
    ref: int
    cadre: str
    tried: str = field(repr=False)
    words: str = field(repr=False)
    blanks: tuple[Blank, ...]
    levels: tuple[PoolLevel, ...]
    days: int


@dataclass(frozen=True, slots=True)
class PoolTextAsked(Say):
    """To the owner: write it anew; what is shown now."""

    template: ClassVar[str] = "pool/text_asked"
    ref: int
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PoolEntered(Say):
    """To the owner: in the pool of this organ, as far up as they said."""

    template: ClassVar[str] = "pool/entered"
    ref: int
    organ: str
    agreed: str
    days: int


@dataclass(frozen=True, slots=True)
class PoolDeclined(Say):
    """To the owner: it stays with their cadre."""

    template: ClassVar[str] = "pool/declined"
    ref: int


@dataclass(frozen=True, slots=True)
class PoolOver(Say):
    """To the owner: meanwhile there is nothing to decide any more."""

    template: ClassVar[str] = "pool/over"
    ref: int


@dataclass(frozen=True, slots=True)
class PoolSettled(Say):
    """To the cadre: it is in a pool, or it stays with them; nothing is said about why."""

    template: ClassVar[str] = "pool/settled"
    ref: int
    organ: str


class PoolNone(Refusal):
    """No organisation above the owner's has a pool."""

    code = "pool.none"


class PoolAskedBefore(Refusal):
    """The owner has been asked, or is being asked: once is enough (P5); field ``ref``."""

    code = "pool.asked_before"


class PoolUnreachable(Refusal):
    """An owner who cannot be asked cannot agree; field ``ref``."""

    code = "pool.unreachable"


class PoolTextBlank(Refusal):
    """New words of which only blanks are left."""

    code = "pool.text_blank"
