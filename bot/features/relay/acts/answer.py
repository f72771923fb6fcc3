"""找人聊聊: the cadre's answer, and how two who both have time are joined (P22)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.acts.crisis import on_card
from bot.core.question import Ask, Asked
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor, AgeBand
from bot.core.rules.say import Say
from bot.features.relay.acts.begin import Hotlines, take_seat
from bot.features.relay.acts.end import (
    LATER,
    RelayData,
    RelayGivenUp,
    RelayGone,
    RelayOff,
    ask_next,
    give_up_for,
    is_busy,
    put_request,
    tell_of_another,
)
from bot.features.relay.acts.look_again import stands
from bot.features.relay.acts.on_the_way import forget_questions, opening_key
from bot.features.relay.acts.ready import ask_ready
from bot.features.relay.acts.route import called, drop, save, speaks_from, take, tell, tell_asker, veil
from bot.features.relay.rules.later import later_time
from bot.features.relay.rules.relay import (
    IDLE_END,
    LATER_DEFAULT,
    LONGEST,
    REQUEST_LIFE,
    RelayBusy,
    RelaySide,
    RelayState,
    RelayWhenUnclear,
    after_quiet,
    hour_of,
    is_quiet,
    is_there,
)
from bot.features.relay.tables import OPENED, Relay, Route
from bot.store.people import Person
from bot.store.unit import Unit

SPANS: Final = {"half_hour": timedelta(minutes=30), "two_hours": timedelta(hours=2)}
WHEN: Final = (*SPANS, "unsure")
WHEN_LIFE: Final = timedelta(minutes=30)
"""How long the question "when?" waits; then it counts as 晚点 without a time."""


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
class RelayInLine(Say):
    """To the youth: the cadre has just begun another talk, so it waits."""

    template: ClassVar[str] = "relay/in_line"
    cadre: str


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


async def answer_request(
    unit: Unit, actor: Actor, question: Asked[RelayData], answer: str, *, hotlines: Hotlines
) -> Say | None:
    """现在可以, 晚点, 这次不方便. One answer counts; what it is worth is looked up now."""
    found = await _asked_about(unit, question, RelayState.ASKED)
    if found is None:
        return RelayGone()
    relay, route = found
    if actor.person_id != route.cadre.person_id or not await stands(unit, relay, route):
        await give_up_for(unit, relay, route)
        return RelayGone()
    if answer == "no":
        return await _decline(unit, relay, route, hotlines)
    if answer == "later":
        ask = Ask(LATER, WHEN, RelayLaterAsked(), RelayData(relay.id), relay.id, takes_text=True, life=WHEN_LIFE)
        await ask_speaker(unit, actor, ask)
        return None
    return await _come(unit, actor, relay, route, RelaySide.CADRE)


async def answer_later(unit: Unit, question: Asked[RelayData], answer: str) -> Say:
    """When the cadre has time: one of the options, or a time in their own words."""
    found = await _asked_about(unit, question, RelayState.ASKED)
    if found is None:
        return RelayGone()
    at = _moment(answer, unit.now)
    if at is None:
        raise RelayWhenUnclear
    return await _put_off(unit, *found, at)


@LATER.when_silent
async def later_silent(unit: Unit, question: Asked[RelayData]) -> None:
    """晚点 and then nothing: asked again in an hour."""
    found = await _asked_about(unit, question, RelayState.ASKED)
    if found is not None:
        await _put_off(unit, *found, unit.now + LATER_DEFAULT)


def _moment(answer: str, now: datetime) -> datetime | None:
    if answer == "unsure":
        return now + LATER_DEFAULT
    return now + SPANS[answer] if answer in SPANS else later_time(answer, now)


async def answer_ready(unit: Unit, actor: Actor, question: Asked[RelayData], answer: str) -> Say | None:
    """The youth, asked once more because some time has passed."""
    found = await _asked_about(unit, question, RelayState.READY)
    if found is None:
        return RelayGone()
    relay, route = found
    veil(unit, relay, RelaySide.YOUTH)
    if answer == "no" or not await stands(unit, relay, route):
        cadre_id, cadre_index = route.cadre.person_id, relay.cadre_index
        await unit.push_person(cadre_id, RelayOff(), idem_key=f"relay:{relay.id}:off", cls="O")
        await drop(unit, relay)
        await ask_next(unit, cadre_id, cadre_index)
        return RelayGivenUp()
    return await _come(unit, actor, relay, route, RelaySide.YOUTH)


async def _asked_about(unit: Unit, question: Asked[RelayData], state: RelayState) -> tuple[Relay, Route] | None:
    """The relay that a question is about, if it is still at that point; the answered question leaves no row."""
    taken = await take(unit, question.data.relay)
    await forget_questions(unit, subject_id=question.data.relay, only=question.id)
    return taken if taken is not None and taken[0].state == state else None


async def _decline(unit: Unit, relay: Relay, route: Route, hotlines: Hotlines) -> Say:
    cadre = await called(unit, relay, route, RelaySide.CADRE)
    await tell_asker(unit, relay, route, RelayDeclined(cadre, on_card(hotlines)))
    cadre_id, cadre_index = route.cadre.person_id, relay.cadre_index
    await drop(unit, relay)
    await ask_next(unit, cadre_id, cadre_index)
    return RelayDeclineNoted()


async def _put_off(unit: Unit, relay: Relay, route: Route, at: datetime) -> Say:
    due = after_quiet(at)
    relay.state, relay.due_at = RelayState.LATER.value, due
    route.ends_at = due + REQUEST_LIFE
    relay.expires_at = hour_of(route.ends_at)
    await save(unit, relay, route)
    cadre = await called(unit, relay, route, RelaySide.CADRE)
    await tell_asker(unit, relay, route, RelayLater(cadre, due))
    await ask_next(unit, route.cadre.person_id, relay.cadre_index)
    return RelayLaterNoted(due, due != at)


async def _come(unit: Unit, actor: Actor, relay: Relay, route: Route, side: RelaySide) -> Say:
    """One side is there: the other one is joined if it said so lately, else asked first."""
    speaks_from(unit, route, side, actor.account_id)
    route.end(side).said_at = unit.now
    if is_there(route.end(side.other).said_at, unit.now):
        return await _open(unit, relay, route, side)
    await save(unit, relay, route)
    if side is RelaySide.YOUTH:
        await put_request(unit, relay, route, again=True)
    else:
        relay.state = RelayState.READY.value
        await unit.session.flush()
        await ask_ready(unit, relay, route)
        await ask_next(unit, route.cadre.person_id, relay.cadre_index)
    return RelayAskingOther(is_quiet(unit.now))


async def _open(unit: Unit, relay: Relay, route: Route, side: RelaySide) -> Say:
    """Join the two; ``side`` hears it in the answer, the other one by a message that must have left first."""
    cadre_id = route.cadre.person_id
    if side is RelaySide.YOUTH and await is_busy(unit, cadre_id):
        return await _wait_again(unit, relay, route)
    if not await take_seat(unit, relay.id, cadre_id, RelaySide.CADRE):
        raise RelayBusy
    relay.state = RelayState.OPEN.value
    route.opened_at = route.last_word_at = unit.now
    route.opened_place = unit.position()
    unit.signal(OPENED, relay.id)
    route.topic = ""
    await save(unit, relay, route)
    said = {one: await _opened(unit, relay, route, one) for one in RelaySide}
    key = opening_key(relay.id, side.other)
    await tell(unit, relay, route, side.other, said[side.other], idem_key=key, priority=2)
    return said[side]


async def _opened(unit: Unit, relay: Relay, route: Route, side: RelaySide) -> RelayOpened:
    person = await unit.session.get_one(Person, route.end(side).person_id)
    minor = side is RelaySide.YOUTH and person.age_band == AgeBand.MINOR
    other = await called(unit, relay, route, side.other)
    minutes = [int(span.total_seconds() // 60) for span in (IDLE_END, LONGEST)]
    return RelayOpened(side, other, relay.anonymous, minor, minutes[0], minutes[1] // 60)


async def _wait_again(unit: Unit, relay: Relay, route: Route) -> Say:
    """The cadre has begun another talk meanwhile: this one waits its turn, and both hear it."""
    relay.state = RelayState.WAITING.value
    await save(unit, relay, route)
    await tell_of_another(unit, route.cadre.person_id, relay.id)
    return RelayInLine(await called(unit, relay, route, RelaySide.CADRE))
