"""找人聊聊: passing words on, signed, in order, and to nobody else (P24, P27, P32, P37)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from bot.core.acts.crisis import on_card
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.say import Say
from bot.features.relay.acts.end import RelayGone, end_relay
from bot.features.relay.acts.look_again import stands
from bot.features.relay.acts.on_the_way import opening_state
from bot.features.relay.acts.route import called, look, save, speaks_from, take, tell, tell_words, veil
from bot.features.relay.reads.relay import Seat, seat_of
from bot.features.relay.rules.relay import (
    MAX_WORDS,
    SECOND_TAP,
    UNDER_WAY,
    RelayEnd,
    RelaySide,
    RelayState,
    harmless,
    spoken,
)
from bot.features.relay.tables import Relay, Route
from bot.store.unit import Unit

HEAD: Final = 12
"""Characters by which a speaker recognises the words that did not arrive."""
LOST: Final = ("failed", "expired", "cancelled")
WAITS: Final = ("ready",)


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
    most: int


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


@dataclass(frozen=True, slots=True)
class Told:
    """Private words of somebody in a relay: the text, what else was in the message, and when they came."""

    text: str = field(repr=False)
    media: bool = False
    tap: bool = False
    """Nothing but an option's sign, as in ``1``."""
    danger: bool = False
    place: int = 0


async def pass_on(unit: Unit, actor: Actor, told: Told, *, hotlines: tuple[Hotline, ...]) -> tuple[Say, ...]:
    """Pass words on to the other side; what the speaker hears is returned: nothing, if all is well."""
    seat = await seat_of(unit.session, unit.vault, actor.person_id) if actor.person_id is not None else None
    if seat is None:
        return (RelayGone(),)
    ended = await _end_if_over(unit, seat)
    taken = await take(unit, seat.relay_id) if ended is None else None
    if taken is None or taken[0].state != RelayState.OPEN:
        return (ended or RelayGone(),)
    relay, route = taken
    veil(unit, relay, seat.side)
    speaks_from(unit, route, seat.side, actor.account_id)
    held_back = await _held_back(unit, relay, route, seat.side, told)
    if held_back is not None:
        await save(unit, relay, route)
        return (held_back,)
    await _pass(unit, relay, route, seat.side, told, hotlines)
    await save(unit, relay, route)
    return (RelayTextOnly(words=True),) if told.media else ()


async def _end_if_over(unit: Unit, seat: Seat) -> Say | None:
    """The two may not talk any more, or one of them could never be told that they are joined: then it ends here."""
    found = await look(unit, seat.relay_id)
    if found is None or found[0].state != RelayState.OPEN:
        return None
    lost = await opening_state(unit.session, seat.relay_id, seat.side) in LOST
    if not lost and await stands(unit, *found):
        return None
    taken = await take(unit, seat.relay_id, to_end=True)
    if taken is None:
        return None
    veil(unit, taken[0], seat.side)
    return await end_relay(unit, *taken, RelayEnd.OVER, by=seat.side)


async def _held_back(unit: Unit, relay: Relay, route: Route, side: RelaySide, told: Told) -> Say | None:
    """Why these words are not passed on; None if they are."""
    since = unit.now - (route.opened_at or unit.now)
    if told.tap and since <= SECOND_TAP:
        return RelayOnAlready()
    early = told.place < route.opened_place and timedelta() <= since <= UNDER_WAY
    if early or await opening_state(unit.session, relay.id, side) in WAITS:
        return RelayNotYet()
    words = harmless(told.text).strip()
    if not words:
        return RelayTextOnly(words=False)
    if len(words) > MAX_WORDS:
        return RelayTooLong(MAX_WORDS)
    if secrecy_marking(words):
        return RelaySecret()
    if relay.anonymous and side is RelaySide.YOUTH and private_details(words):
        mark = unit.vault.mac("dedup", "relay", relay.id, words).hex()
        known, route.held = route.held == mark, mark
        return None if known else RelayDetails()
    return None


async def _pass(
    unit: Unit, relay: Relay, route: Route, side: RelaySide, told: Told, hotlines: tuple[Hotline, ...]
) -> None:
    parts = spoken(told.text)
    who = harmless(await called(unit, relay, route, side))
    says = [RelayWords(who, part, number, len(parts)) for number, part in enumerate(parts, 1)]
    await tell_words(unit, relay, route, side.other, says, RelayNotDelivered(parts[0][:HEAD]))
    route.last_word_at, route.idle_noticed = unit.now, False
    if side is RelaySide.YOUTH:
        route.youth_words += 1
    else:
        route.cadre_words += 1
    if told.danger and side is RelaySide.YOUTH and not route.warned:
        route.warned = True
        await tell(unit, relay, route, RelaySide.CADRE, RelayDanger(relay.anonymous, on_card(hotlines)))
