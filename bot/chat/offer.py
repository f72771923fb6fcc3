"""To whom the menu names a command, where that is fewer than those who may call it: calling it stays possible."""

from dataclasses import dataclass
from enum import Enum

from bot.core.rules.people import Actor, Role


@dataclass(frozen=True, slots=True)
class Here:
    """The place the menu is asked for in: private, or a group of which the actor is a host or could become one."""

    private: bool
    host: bool = False
    may_link: bool = False


class Offer(Enum):
    """Whom the menu tells of a command.

    In a group the answer is read by all: there it is the same for everybody but the group's own cadres, so that nobody
    learns who has joined.
    """

    CALLERS = "callers"
    """Everybody who may call it."""
    STRANGERS = "strangers"
    """Only who has no account here."""
    KNOWN = "known"
    YOUTHS = "youths"
    NOT_YOUTHS = "not_youths"
    """People of the roster who are not youths as well."""
    GUESTS = "guests"
    """Everybody but the group's own cadres."""
    HOSTS = "hosts"
    OWN_GROUP = "own_group"
    """In private everybody who may call it, in a group its own cadres."""
    LINKERS = "linkers"
    NOBODY = "nobody"
    """It answers something that was asked a moment ago, or is not needed on this channel."""

    def reaches(self, actor: Actor, here: Here) -> bool:
        """Whether this actor is told of it here."""
        match self:
            case Offer.CALLERS:
                return True
            case Offer.STRANGERS:
                return not actor.known
            case Offer.KNOWN:
                return actor.known or not here.private
            case Offer.YOUTHS:
                return actor.has(Role.YOUTH) if here.private else not here.host
            case Offer.NOT_YOUTHS:
                return actor.known and not actor.has(Role.YOUTH)
            case Offer.GUESTS:
                return not here.host
            case Offer.HOSTS:
                return here.host
            case Offer.OWN_GROUP:
                return here.private or here.host
            case Offer.LINKERS:
                return here.may_link
            case Offer.NOBODY:
                return False
