"""变动 Events: what the core tells the features of; each is told inside the unit that makes the change."""

from dataclasses import dataclass

from bot.core.rules.message import Moment
from bot.core.rules.people import Actor, AgeBand
from bot.store.chat import Chat


@dataclass(frozen=True, slots=True)
class ContactEnded:
    """退出: contacts of this youth have ended."""

    youth_id: int


@dataclass(frozen=True, slots=True)
class YouthLeftGroup:
    """A youth is no longer in a group through which these cadres are in contact with them; the contacts go on."""

    youth_id: int
    cadre_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class WithdrawnWhileAway:
    """原话 was withdrawn for one group (None: all) by words found later: it holds since they were said."""

    person_id: int
    chat_id: int | None
    said: Moment


@dataclass(frozen=True, slots=True)
class LinkEnding:
    """The link of a group is about to end. ``lost``: the bot was put out of it, so nothing can be said there."""

    chat: Chat
    actor: Actor | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The link of a group has ended; who looked after it is still known."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class HostLeaving:
    """A co-host is about to leave a group, whose owner goes on looking after it."""

    chat: Chat
    person_id: int
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class OfficeEnded:
    """These people no longer are cadres of an organisation, or are away for a while; whether they are cadres of
    another one is asked of the tables (``core.reads.office``).
    """

    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AdminEnded:
    """These people no longer administer an organisation; whether they administer another one is asked of the tables."""

    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AccountGone:
    """解绑: an account of this person is theirs no longer."""

    person_id: int


@dataclass(frozen=True, slots=True)
class AgeBandChanged:
    """更正 年龄段: this youth is of another age band than they were taken for."""

    youth_id: int
    band: AgeBand
