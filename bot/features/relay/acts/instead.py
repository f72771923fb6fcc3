"""找人聊聊 where the cadre is gone: who stands in is named first, and asked only by the youth's word (P12, P22)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from bot.core.question import Ask, Asks, Question, always, ends
from bot.core.reads.people import name_of
from bot.core.reads.stand_in import stand_in_for
from bot.core.rules.say import Say
from bot.features.relay.reads.relay import linked_cadres
from bot.features.relay.rules.relay import REQUEST_LIFE, RelayWish
from bot.features.relay.tables import Relay, Route
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class InsteadData:
    """What is wished, of whom instead of whom."""

    cadre: int
    instead_of: int
    anonymous: bool
    topic: str = field(repr=False)


INSTEAD: Final = Question("relay.instead", Asks.YOUTH, InsteadData, silence=ends, no="no", cancel="no", reason=always)
OPTIONS: Final = ("yes", "no")


@dataclass(frozen=True, slots=True)
class RelayInsteadAsked(Say):
    """To the youth: their cadre is not there; who could be asked, who hears nothing before a yes."""

    template: ClassVar[str] = "relay/instead"
    cadre: str = field(repr=False)
    to: str = field(repr=False)
    anonymous: bool
    topic: bool

    @property
    def leads_to_nobody(self) -> bool:
        """Who wants to ask anonymously stands in no row."""
        return self.anonymous


@dataclass(frozen=True, slots=True)
class RelayCadreGone(Say):
    """To the youth: the cadre whom they asked is not there any more, and nobody else has heard of it."""

    template: ClassVar[str] = "relay/cadre_gone"
    cadre: str = field(repr=False)


async def instead(unit: Unit, youth_id: int, wish: RelayWish) -> Ask[InsteadData] | None:
    """The question whether who stands in shall be asked; None: there is nobody."""
    for gone in await linked_cadres(unit.session, youth_id):
        if gone == youth_id:
            continue
        to = await stand_in_for(unit.session, unit.vault, gone, youth_id, now=unit.now)
        if to is not None:
            cadre = await name_of(unit.session, unit.vault, gone)
            say = RelayInsteadAsked(cadre, to.name, wish.anonymous, bool(wish.topic))
            data = InsteadData(to.people[0], gone, wish.anonymous, wish.topic)
            return Ask(INSTEAD, OPTIONS, say, data, life=REQUEST_LIFE)
    return None


async def instead_of_gone(unit: Unit, relay: Relay, route: Route) -> Ask[InsteadData] | None:
    """The same about a request that its cadre cannot answer any more; never about an anonymous one, which would leave
    a row of its youth.
    """
    if relay.anonymous:
        return None
    return await instead(unit, route.youth.person_id, RelayWish(False, route.topic))
