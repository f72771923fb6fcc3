"""找人聊聊: what the bot says while a relay is open, at its end and about blocking. An empty name is not shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.core.rules.crisis import Hotline
from bot.core.rules.say import Say
from bot.features.relay.rules.relay import RelayEnd, RelaySide, RelayStep

# --- open ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayOpened(Say):
    """To each side: they are joined, how to speak to whom, how to end it. ``side`` is the reader's."""

    template: ClassVar[str] = "relay/opened"
    side: RelaySide
    other: str
    anonymous: bool
    minor: bool
    idle: int
    longest: int


@dataclass(frozen=True, slots=True)
class RelayWords(Say):
    """What one side said, under a sign that only the bot can put; ``part`` of ``parts`` for long words."""

    template: ClassVar[str] = "relay/words"
    who: str
    words: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class RelayNotDelivered(Say):
    """To the speaker: these words did not arrive, or nobody knows; the same whoever the other side is."""

    template: ClassVar[str] = "relay/not_delivered"
    head: str


@dataclass(frozen=True, slots=True)
class RelayNotYet(Say):
    """To the speaker: said before the relay was open for them, so it was not passed on."""

    template: ClassVar[str] = "relay/not_yet"


@dataclass(frozen=True, slots=True)
class RelayOnAlready(Say):
    """The same answer a second time: they are joined already."""

    template: ClassVar[str] = "relay/on_already"


@dataclass(frozen=True, slots=True)
class RelayTextOnly(Say):
    """Pictures, voice and files are not passed on; ``words``: the words beside them were."""

    template: ClassVar[str] = "relay/text_only"
    words: bool


@dataclass(frozen=True, slots=True)
class RelaySecret(Say):
    """Words with a secrecy marking are not passed on (P37)."""

    template: ClassVar[str] = "relay/secret"


@dataclass(frozen=True, slots=True)
class RelayTooLong(Say):
    """Nothing of words that are too long is passed on."""

    template: ClassVar[str] = "relay/too_long"
    limit: int


@dataclass(frozen=True, slots=True)
class RelayDetails(Say):
    """Words that would show who an anonymous youth is wait until they say them once more (P24)."""

    template: ClassVar[str] = "relay/details"


@dataclass(frozen=True, slots=True)
class RelayTooFast(Say):
    """Over the limit: from these words on nothing is passed on for a minute."""

    template: ClassVar[str] = "relay/too_fast"


@dataclass(frozen=True, slots=True)
class RelayDanger(Say):
    """To the cadre, once: what to do when the other side speaks of danger (P27, P29)."""

    template: ClassVar[str] = "relay/danger"
    anonymous: bool
    hotlines: tuple[Hotline, ...]


# --- the end ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayEndsSoon(Say):
    """To both: silence, or the longest time, ends it in a few minutes."""

    template: ClassVar[str] = "relay/ends_soon"
    step: RelayStep
    minutes: int


@dataclass(frozen=True, slots=True)
class RelayEnded(Say):
    """To each side: it is over. ``mine``: the reader ended it; ``other`` is named only where they are known.

    For the cadre of an anonymous relay every cause on the other side reads alike.
    """

    template: ClassVar[str] = "relay/ended"
    side: RelaySide
    other: str
    why: RelayEnd
    mine: bool
    anonymous: bool


@dataclass(frozen=True, slots=True)
class RelayKeepAsked(Say):
    """To the youth of a named relay: is it kept that the two have talked once?"""

    template: ClassVar[str] = "relay/keep"
    cadre: str
    minor: bool


@dataclass(frozen=True, slots=True)
class RelayKept(Say):
    """To the youth: what is kept now; without ``ref`` nothing."""

    template: ClassVar[str] = "relay/kept"
    ref: int


# --- blocking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayBlocked(Say):
    """To the cadre: this asker opens no anonymous relay to them any more; where abuse is reported."""

    template: ClassVar[str] = "relay/blocked"
    ended: bool


@dataclass(frozen=True, slots=True)
class RelayUnblockAsked(Say):
    """Several are blocked: which one, told by the moment at which the cadre did it."""

    template: ClassVar[str] = "relay/unblock_which"
    blocked: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class RelayUnblocked(Say):
    """They may ask again; ``left`` others may not."""

    template: ClassVar[str] = "relay/unblocked"
    count: int
    left: int
