"""找人聊聊: what the bot says before a relay opens. A name that is empty stands for somebody who is not shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.core.rules.crisis import Hotline
from bot.core.rules.say import Say
from bot.features.relay.rules.relay import RelayState

# --- asking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayUnder14(Say):
    """No relay under 14: the numbers, and the responsible person (P10)."""

    template: ClassVar[str] = "relay/under_14"
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class RelayWhichAsked(Say):
    """Several cadres: whom to ask."""

    template: ClassVar[str] = "relay/which"
    cadres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelayGuessAsked(Say):
    """Before an anonymous relay to a cadre of few youths: that they may guess."""

    template: ClassVar[str] = "relay/guess"
    cadre: str
    few: int


@dataclass(frozen=True, slots=True)
class RelayAsked(Say):
    """What happens now with the request: ``turn`` asked, or waiting behind another one; ``busy``: behind a talk.

    ``night``: the cadre is asked in the morning; ``minor``: in simple words; ``again``: the cadre is asked once more.
    """

    template: ClassVar[str] = "relay/asked"
    cadre: str
    anonymous: bool
    minor: bool
    turn: RelayState
    busy: bool
    night: bool
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class RelayNotNow(Say):
    """This cadre cannot be asked anonymously, for whatever reason; other ways."""

    template: ClassVar[str] = "relay/not_now"
    cadre: str
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class RelayGivenUp(Say):
    """To the youth: the request is taken back."""

    template: ClassVar[str] = "relay/given_up"


@dataclass(frozen=True, slots=True)
class RelayDeclined(Say):
    """To the youth: not convenient this time, and not because of them; other ways."""

    template: ClassVar[str] = "relay/declined"
    cadre: str
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class RelayLater(Say):
    """To the youth: when the cadre will be asked again."""

    template: ClassVar[str] = "relay/later"
    cadre: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RelayReadyAsked(Say):
    """To the youth: the cadre has time now; is it still wanted?"""

    template: ClassVar[str] = "relay/ready"
    cadre: str
    anonymous: bool


@dataclass(frozen=True, slots=True)
class RelayUnanswered(Say):
    """To the youth: nobody answered, or it did not come about; other ways."""

    template: ClassVar[str] = "relay/unanswered"


@dataclass(frozen=True, slots=True)
class RelayInLine(Say):
    """To the youth: the cadre has just begun another talk, so it waits."""

    template: ClassVar[str] = "relay/in_line"
    cadre: str


# --- the cadre's answers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayRequest(Say):
    """To the cadre: somebody would like to talk; ``again``: at the time they named, or since the youth is there now."""

    template: ClassVar[str] = "relay/request"
    who: str
    topic: str
    again: bool


@dataclass(frozen=True, slots=True)
class RelayAnswerFirst(Say):
    """To the cadre: somebody waits behind the question that is open."""

    template: ClassVar[str] = "relay/answer_first"


@dataclass(frozen=True, slots=True)
class RelayAnotherWaits(Say):
    """To the cadre in a relay: somebody else would like to talk and waits."""

    template: ClassVar[str] = "relay/another_waits"


@dataclass(frozen=True, slots=True)
class RelayLaterAsked(Say):
    """To the cadre: when?"""

    template: ClassVar[str] = "relay/later_asked"


@dataclass(frozen=True, slots=True)
class RelayLaterNoted(Say):
    """To the cadre: when they are asked again; ``moved``: out of the quiet hours."""

    template: ClassVar[str] = "relay/later_noted"
    at: datetime
    moved: bool


@dataclass(frozen=True, slots=True)
class RelayDeclineNoted(Say):
    """To the cadre: it is passed on kindly."""

    template: ClassVar[str] = "relay/decline_noted"


@dataclass(frozen=True, slots=True)
class RelayAskingOther(Say):
    """To who has just said yes: the other side is asked whether they are still there; ``night``: in the morning."""

    template: ClassVar[str] = "relay/asking_other"
    night: bool


@dataclass(frozen=True, slots=True)
class RelayOff(Say):
    """To a cadre: it has come to nothing, no answer is needed any more; the same words whatever the cause."""

    template: ClassVar[str] = "relay/off"


@dataclass(frozen=True, slots=True)
class RelayGone(Say):
    """The answer to a question about a relay that is no more."""

    template: ClassVar[str] = "relay/gone"
