"""找人聊聊: the cadre has time; whether the youth is still there is asked, of an anonymous one without a row (P23)."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask
from bot.core.rules.message import Address
from bot.core.rules.say import Say
from bot.features.relay.acts.end import READY, RelayData
from bot.features.relay.acts.route import address_of, called, tell
from bot.features.relay.rules.relay import RelaySide, after_quiet, is_quiet
from bot.features.relay.tables import READY_ASKED, Relay, Route
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RelayReadyAsked(Say):
    """To the youth: the cadre has time now; is it still wanted?"""

    template: ClassVar[str] = "relay/ready"
    cadre: str
    anonymous: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A question that waits in memory: of which private chat, and its place in the order of everything."""

    address: Address = field(repr=False)
    ask: Ask[Any]
    place: int


async def ask_ready(unit: Unit, relay: Relay, route: Route) -> None:
    """Ask the youth, at night in the morning. A row of the question would name who asked without a name."""
    cadre = await called(unit, relay, route, RelaySide.CADRE)
    life = (route.ends_at or relay.expires_at) - unit.now
    say = RelayReadyAsked(cadre, relay.anonymous)
    ask = Ask(READY, ("yes", "no"), say, RelayData(relay.id), relay.id, life=life)
    if not relay.anonymous:
        await ask_person(unit, route.youth.person_id, ask)
        return
    relay.due_at = after_quiet(unit.now) if is_quiet(unit.now) else None
    await unit.session.flush()
    address = await address_of(unit, route, RelaySide.YOUTH)
    if relay.due_at is None and address is not None:
        await tell(unit, relay, route, RelaySide.YOUTH, say)
        unit.signal(READY_ASKED, Held(address, ask, unit.position()))
