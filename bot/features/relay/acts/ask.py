"""找人聊聊: a youth asks a cadre for a talk through the bot, named or not (P10, P22, P23)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from sqlalchemy import select, text

from bot.core.acts.asking import ask_speaker
from bot.core.acts.crisis import on_card
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.office import holds
from bot.core.reads.people import name_of, name_to_choose
from bot.core.rules.consent import may_be_recorded
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.relay.acts.end import RelayGivenUp, is_busy, put_request, tell_of_another
from bot.features.relay.acts.instead import InsteadData, instead
from bot.features.relay.acts.route import lock_accounts
from bot.features.relay.reads.relay import (
    cadres_for,
    count_youths,
    is_blocked,
    linked_cadres,
    may_meet,
    next_in_line,
    seat_of,
)
from bot.features.relay.rules.relay import (
    FEW_YOUTHS,
    REQUEST_LIFE,
    RelayAlready,
    RelayNobody,
    RelaySide,
    RelayState,
    RelayTooOften,
    RelayWish,
    RelayYourself,
    hour_of,
    is_quiet,
    read_wish,
)
from bot.features.relay.tables import End, Relay, RelaySeat, Route, nameless_index, person_index, seal_route
from bot.store.base import new_id
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit

Hotlines = tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class WhichData:
    """What is wished, and the cadres in the order shown."""

    cadres: tuple[int, ...]
    anonymous: bool
    topic: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GuessData:
    """What is wished of a cadre who may guess who asks."""

    cadre: int
    topic: str = field(repr=False)
    instead_of: int | None = None


Told: TypeAlias = Say | Ask[WhichData] | Ask[GuessData] | Ask[InsteadData] | None
"""What the youth hears; a question that only somebody is asked who wants to be anonymous is held in memory."""
WHICH: Final = Question("relay.which", Asks.YOUTH, WhichData, silence=ends, reason=always)
GUESS: Final = Question("relay.guess", Asks.YOUTH, GuessData, silence=ends, no="no", reason=always)
GUESS_OPTIONS: Final = ("anonymous", "named", "no")
MOST_NAMED: Final = 8
"""Cadres that one question lists."""


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
class RelayWhichAskedNameless(Say):
    """The same to somebody who wants to ask anonymously and so stands in no row."""

    template: ClassVar[str] = "relay/which_nameless"
    cadres: tuple[str, ...]

    @property
    def leads_to_nobody(self) -> bool:
        """It leads to nobody."""
        return True


@dataclass(frozen=True, slots=True)
class RelayGuessAsked(Say):
    """Before an anonymous relay to a cadre of few youths: that they may guess."""

    template: ClassVar[str] = "relay/guess"
    cadre: str
    few: int

    @property
    def leads_to_nobody(self) -> bool:
        """Who wants to ask anonymously stands in no row."""
        return True


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

    @property
    def leads_to_nobody(self) -> bool:
        """Who asked anonymously stands in no row."""
        return self.anonymous


@dataclass(frozen=True, slots=True)
class RelayNotNow(Say):
    """This cadre cannot be asked now; other ways. Being blocked and having no account read alike."""

    template: ClassVar[str] = "relay/not_now"
    cadre: str
    hotlines: tuple[Hotline, ...]

    @property
    def leads_to_nobody(self) -> bool:
        """Who asked anonymously stands in no row."""
        return True


async def ask_relay(unit: Unit, actor: Actor, told: str | None, *, hotlines: Hotlines) -> Told:
    """``找人聊聊 [匿名] [话题]``: to the linked cadre, or first the question to which one."""
    wish = read_wish(told)
    if not may_be_recorded(actor.age_band):
        return RelayUnder14(on_card(hotlines))
    me = _me(actor)
    await _must_be_free(unit, me)
    found = await cadres_for(unit.session, me, now=unit.now)
    cadres = [cadre for cadre in found if cadre != me]
    if not cadres:
        return await _ask_instead(unit, actor, wish, hotlines, yourself=bool(found))
    if len(cadres) == 1:
        return await _choose(unit, actor, cadres[0], wish, hotlines)
    listed = cadres[:MOST_NAMED]
    names = tuple([await name_to_choose(unit.session, unit.vault, cadre) for cadre in listed])
    data = WhichData(tuple(listed), wish.anonymous, wish.topic)
    options = tuple(str(n) for n in range(1, len(listed) + 1))
    say = RelayWhichAskedNameless(names) if wish.anonymous else RelayWhichAsked(names)
    return await _put(unit, actor, Ask(WHICH, options, say, data, life=REQUEST_LIFE))


async def _put(unit: Unit, actor: Actor, ask: Ask[WhichData] | Ask[InsteadData]) -> Told:
    """A question is a row, except where that would say who wants to be anonymous."""
    if ask.data.anonymous:
        return ask
    await ask_speaker(unit, actor, ask)
    return None


async def _ask_instead(unit: Unit, actor: Actor, wish: RelayWish, hotlines: Hotlines, *, yourself: bool) -> Told:
    """The cadre is gone: whether who stands in shall be asked; where nobody does, other ways."""
    me = _me(actor)
    ask = await instead(unit, me, wish)
    if ask is not None:
        return await _put(unit, actor, ask)
    for cadre_id in await linked_cadres(unit.session, me):
        if cadre_id != me and await unit.session.scalar(select(holds(cadre_id, unit.now))):
            return RelayNotNow(await name_of(unit.session, unit.vault, cadre_id), on_card(hotlines))
    raise RelayYourself if yourself else RelayNobody


async def answer_instead(
    unit: Unit, actor: Actor, question: Asked[InsteadData], answer: str, *, hotlines: Hotlines
) -> Told:
    """Whether who stands in is asked; whether they may is looked up again now."""
    data = question.data
    if answer == "no":
        return RelayGivenUp()
    wish = RelayWish(data.anonymous, data.topic)
    return await _choose(unit, actor, data.cadre, wish, hotlines, instead_of=data.instead_of)


async def answer_which(
    unit: Unit, actor: Actor, question: Asked[WhichData], answer: str, *, hotlines: Hotlines
) -> Told:
    """The cadre that was meant; the contact is looked up again now."""
    data = question.data
    wish = RelayWish(data.anonymous, data.topic)
    return await _choose(unit, actor, data.cadres[int(answer) - 1], wish, hotlines)


async def answer_guess(
    unit: Unit, actor: Actor, question: Asked[GuessData], answer: str, *, hotlines: Hotlines
) -> Told:
    """Knowing that the cadre may guess: still anonymous, by name, or not at all."""
    data = question.data
    if answer == "no":
        return RelayGivenUp()
    wish = RelayWish(answer == "anonymous", data.topic)
    return await _choose(unit, actor, data.cadre, wish, hotlines, knowing=True, instead_of=data.instead_of)


async def _choose(
    unit: Unit,
    actor: Actor,
    cadre_id: int,
    wish: RelayWish,
    hotlines: Hotlines,
    *,
    knowing: bool = False,
    instead_of: int | None = None,
) -> Told:
    me = _me(actor)
    await _must_be_free(unit, me)
    if not await may_meet(unit.session, me, cadre_id, instead_of, now=unit.now):
        raise RelayNobody
    cadre = await name_of(unit.session, unit.vault, cadre_id)
    if wish.anonymous and await is_blocked(unit.session, unit.vault, cadre_id, me):
        return RelayNotNow(cadre, on_card(hotlines))
    if wish.anonymous and not knowing and await count_youths(unit.session, cadre_id, now=unit.now) < FEW_YOUTHS:
        data = GuessData(cadre_id, wish.topic, instead_of)
        return Ask(GUESS, GUESS_OPTIONS, RelayGuessAsked(cadre, FEW_YOUTHS), data, life=REQUEST_LIFE)
    return await _begin(unit, actor, cadre_id, wish, hotlines, instead_of)


async def _begin(
    unit: Unit, actor: Actor, cadre_id: int, wish: RelayWish, hotlines: Hotlines, instead_of: int | None
) -> RelayAsked:
    """Enter the request and ask, or let it wait its turn: one relay at a time, one question about one at a time."""
    if unit.crowd.full(("relay", cadre_id, actor.person_id), unit.now):
        raise RelayTooOften
    await lock_accounts(unit, cadre_id)
    relay, route = await _enter(unit, actor, cadre_id, wish, instead_of)
    busy = await is_busy(unit, cadre_id)
    first = await next_in_line(unit.session, unit.vault, relay.cadre_index)
    if not busy and first == relay.id:
        await put_request(unit, relay, route)
    elif busy:
        await tell_of_another(unit, cadre_id, relay.id)
    await unit.session.flush()
    night = is_quiet(unit.now)
    return RelayAsked(
        cadre=await name_of(unit.session, unit.vault, cadre_id),
        anonymous=wish.anonymous,
        minor=actor.is_minor,
        turn=RelayState(relay.state),
        busy=busy,
        night=night,
        hotlines=on_card(hotlines) if night else (),
    )


async def _enter(
    unit: Unit, actor: Actor, cadre_id: int, wish: RelayWish, instead_of: int | None
) -> tuple[Relay, Route]:
    me, relay_id = _me(actor), new_id()
    mine = End(me, actor.account_id, unit.spoken_to, unit.now)
    ends_at = unit.now + REQUEST_LIFE
    route = Route(mine, End(cadre_id), wish.topic, instead_of=instead_of, asked_at=unit.now, ends_at=ends_at)
    key_id = await unit.vault.new_key(unit.session, f"relay:{relay_id}")
    relay = Relay(
        id=relay_id,
        state=RelayState.WAITING.value,
        anonymous=wish.anonymous,
        cadre_index=person_index(unit.vault, cadre_id),
        key_id=key_id,
        route=await seal_route(unit, relay_id, key_id, route),
        expires_at=hour_of(ends_at),
    )
    unit.session.add(relay)
    await unit.session.flush()
    if not await take_seat(unit, relay_id, me, RelaySide.YOUTH, nameless=wish.anonymous):
        raise RelayAlready(open=False)
    return relay, route


async def take_seat(unit: Unit, relay_id: int, person_id: int, side: RelaySide, *, nameless: bool = False) -> bool:
    """A place in a relay; False when this person has one already, here or elsewhere."""
    own = person_index(unit.vault, person_id)
    if unit.session.get_bind().dialect.name == "postgresql":  # of several indexes each may be free to somebody else
        await unit.session.execute(
            text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(own[:8], "big", signed=True)}
        )
    if await seat_of(unit.session, unit.vault, person_id) is not None:
        return False
    index = nameless_index(unit.vault, person_id) if nameless else own
    taken = await unit.session.execute(
        insert_ignore(unit.session, RelaySeat)
        .values(person_index=index, relay_id=relay_id, side=side.value)
        .returning(RelaySeat.relay_id)
    )
    return taken.scalar_one_or_none() is not None


async def _must_be_free(unit: Unit, person_id: int) -> None:
    seat = await seat_of(unit.session, unit.vault, person_id)
    if seat is not None:
        raise RelayAlready(open=seat.state is RelayState.OPEN)


def _me(actor: Actor) -> int:
    if actor.person_id is None:
        raise RuntimeError("a stranger reached an action for youths")
    return actor.person_id
