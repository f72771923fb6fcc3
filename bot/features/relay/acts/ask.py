"""找人聊聊: a youth asks a cadre for a talk through the bot, named or not (P10, P22, P23)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from sqlalchemy import select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.crisis import on_card
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.office import holds
from bot.core.reads.people import name_of, name_to_choose
from bot.core.rules.consent import may_be_recorded
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.relay.acts.begin import Hotlines, begin, me_of
from bot.features.relay.acts.end import RelayGivenUp
from bot.features.relay.acts.instead import InsteadData, instead
from bot.features.relay.reads.relay import cadres_for, count_youths, is_blocked, linked_cadres, may_meet, seat_of
from bot.features.relay.rules.relay import (
    FEW_YOUTHS,
    REQUEST_LIFE,
    RelayAlready,
    RelayNobody,
    RelayState,
    RelayWish,
    RelayYourself,
    read_wish,
)
from bot.store.unit import Unit


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
    me = me_of(actor)
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
    me = me_of(actor)
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
    me = me_of(actor)
    await _must_be_free(unit, me)
    if not await may_meet(unit.session, me, cadre_id, instead_of, now=unit.now):
        raise RelayNobody
    cadre = await name_of(unit.session, unit.vault, cadre_id)
    if wish.anonymous and await is_blocked(unit.session, unit.vault, cadre_id, me):
        return RelayNotNow(cadre, on_card(hotlines))
    if wish.anonymous and not knowing and await count_youths(unit.session, cadre_id, now=unit.now) < FEW_YOUTHS:
        data = GuessData(cadre_id, wish.topic, instead_of)
        return Ask(GUESS, GUESS_OPTIONS, RelayGuessAsked(cadre, FEW_YOUTHS), data, life=REQUEST_LIFE)
    return await begin(unit, actor, cadre_id, wish, hotlines, instead_of)


async def _must_be_free(unit: Unit, person_id: int) -> None:
    seat = await seat_of(unit.session, unit.vault, person_id)
    if seat is not None:
        raise RelayAlready(open=seat.state is RelayState.OPEN)
