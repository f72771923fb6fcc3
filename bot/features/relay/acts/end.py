"""找人聊聊: how a relay ends, what is asked then, and who is asked next (P1, P5, P7)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import delete

from bot.core.acts.prompt import ask_account, ask_person, close_question, put_next
from bot.core.question import Ask, Asks, Question, always, as_long_as, ends
from bot.core.reads.office import is_serving
from bot.core.reads.questions import IN_LINE, asked, is_waiting, waiting
from bot.core.rules.people import Actor, AgeBand
from bot.core.rules.say import Say
from bot.features.relay.acts.on_the_way import cancel_words
from bot.features.relay.acts.route import called, drop, take, tell, veil
from bot.features.relay.reads.relay import next_in_line, seat_of
from bot.features.relay.rules.relay import BLOCK_WITHIN, RelayEnd, RelayNone, RelaySide, RelayState
from bot.features.relay.tables import Relay, RelayAfter, Route, block_tag
from bot.features.talk.acts.note import NoteData
from bot.store.outbox import places
from bot.store.people import Account, Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RelayData:
    """Which relay is asked about."""

    relay: int


_ASKED: Final = as_long_as(Relay.id, Relay.state == RelayState.ASKED.value)
_READY: Final = as_long_as(Relay.id, Relay.state == RelayState.READY.value)
REQUEST: Final = Question("relay.request", Asks.OFFICE, RelayData, silence=ends, no="no", reason=_ASKED, untold=True)
LATER: Final = Question("relay.later", Asks.OFFICE, RelayData, reason=_ASKED, untold=True)
READY: Final = Question("relay.ready", Asks.YOUTH, RelayData, silence=ends, no="no", reason=_READY, untold=True)
KEEP: Final = Question(
    "talk.relay",
    Asks.YOUTH,
    NoteData,
    optional=True,
    silence=ends,
    no="none",
    cancel="none",
    reason=always,
    untold=True,
)
"""Among the talks' questions: it is the bot's own, and waits for hours after a crisis."""
ANSWERS: Final = ("now", "later", "no")
ABOUT: Final = (REQUEST, LATER, READY)
"""Kinds of question about a relay that has not opened."""


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
class RelayGivenUp(Say):
    """To the youth: the request is taken back."""

    template: ClassVar[str] = "relay/given_up"


@dataclass(frozen=True, slots=True)
class RelayUnanswered(Say):
    """To the youth: nobody answered, or it did not come about; other ways."""

    template: ClassVar[str] = "relay/unanswered"


UNANSWERED: Final = RelayUnanswered()


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
class RelayOff(Say):
    """To a cadre: it has come to nothing, no answer is needed any more; the same words whatever the cause."""

    template: ClassVar[str] = "relay/off"


@dataclass(frozen=True, slots=True)
class RelayGone(Say):
    """The answer to a question about a relay that is no more."""

    template: ClassVar[str] = "relay/gone"


async def stop(unit: Unit, actor: Actor) -> Say:
    """``结束聊天``: an open relay ends; a request that waits is taken back by its youth."""
    seat = await seat_of(unit.session, unit.vault, actor.person_id) if actor.person_id is not None else None
    taken = await take(unit, seat.relay_id, to_end=True) if seat is not None else None
    if seat is None or taken is None:
        raise RelayNone
    relay, route = taken
    veil(unit, relay, seat.side)
    if relay.state == RelayState.OPEN:
        return await end_relay(unit, relay, route, RelayEnd.SAID, by=seat.side)
    await _call_off(unit, relay, route)
    return RelayGivenUp()


async def end_relay(
    unit: Unit, relay: Relay, route: Route, why: RelayEnd, *, by: RelaySide | None = None
) -> RelayEnded:
    """End an open relay: both hear it, in order after the last words. Returns what the one who ended it hears.

    ``by``: the side that is answered by the caller; without it both are told here. Words that have not left when the
    two are no longer in contact stay behind.
    """
    if why is RelayEnd.OVER:
        await cancel_words(unit, relay.id)
    said = {side: await _ended(unit, relay, route, side, why, by) for side in RelaySide}
    for side in RelaySide:
        if side is not by:
            await tell(unit, relay, route, side, said[side])
    if relay.anonymous:
        await _leave_tag(unit, relay, route)
    elif why is not RelayEnd.OVER and route.youth_words and route.cadre_words:
        await _ask_to_keep(unit, relay, route)
    cadre_index, cadre_id = relay.cadre_index, route.cadre.person_id
    await drop(unit, relay)
    await ask_next(unit, cadre_id, cadre_index)
    return said[by or RelaySide.YOUTH]


async def _ended(
    unit: Unit, relay: Relay, route: Route, side: RelaySide, why: RelayEnd, by: RelaySide | None
) -> RelayEnded:
    """What one side hears. A cadre hears nothing of an unknown youth that would differ from one cause to another."""
    mine = side is by
    veiled = relay.anonymous and side is RelaySide.CADRE and not mine and why is RelayEnd.SAID
    other = await called(unit, relay, route, side.other)
    return RelayEnded(side, other, RelayEnd.OVER if veiled else why, mine, relay.anonymous)


async def _leave_tag(unit: Unit, relay: Relay, route: Route) -> None:
    """For an hour the cadre may still block this asker; nothing else of an anonymous relay stays."""
    await unit.session.execute(
        delete(RelayAfter)
        .where(RelayAfter.cadre_index == relay.cadre_index)
        .execution_options(synchronize_session=False)
    )
    tag = block_tag(unit.vault, route.cadre.person_id, route.youth.person_id)
    until = (unit.now + BLOCK_WITHIN).replace(second=0, microsecond=0)  # not the moment of the end
    unit.session.add(RelayAfter(cadre_index=relay.cadre_index, tag=tag, until=until))
    await unit.session.flush()


async def _ask_to_keep(unit: Unit, relay: Relay, route: Route) -> None:
    """The youth alone decides whether it is kept that the two have talked; silence keeps nothing.

    It is a question like any other: after the last words, at night in the morning, after a crisis in hours.
    """
    cadre_id = route.cadre.person_id
    if route.instead_of is not None and not await is_serving(unit.session, cadre_id, now=unit.now):
        return  # an organ's admin stood in: a talk is a cadre's
    account_id = route.youth.account_id
    account = await unit.session.get(Account, account_id) if account_id is not None else None
    person = await unit.session.get(Person, route.youth.person_id)
    if account is None or person is None:
        return
    say = RelayKeepAsked(await called(unit, relay, route, RelaySide.CADRE), person.age_band == AgeBand.MINOR)
    data = NoteData(route.cadre.person_id, route.opened_at or unit.now)
    ask = Ask(KEEP, ("none", "once"), say, data, subject_id=route.cadre.person_id)
    await ask_account(unit, account, ask)


# --- requests --------------------------------------------------------------------------------------------------------


async def _call_off(unit: Unit, relay: Relay, route: Route, *, tell_cadre: bool = True) -> None:
    """A request is no more: whoever was asked about it need not answer, and the next one takes its turn."""
    cadre_index, cadre_id = relay.cadre_index, route.cadre.person_id
    if await take_back_questions(unit, relay) and tell_cadre:
        await unit.push_person(cadre_id, RelayOff(), idem_key=f"relay:{relay.id}:off", cls="O")
    await drop(unit, relay)
    await ask_next(unit, cadre_id, cadre_index)


async def give_up_for(
    unit: Unit,
    relay: Relay,
    route: Route,
    *,
    silent: bool = False,
    by_cadre: bool = False,
    say: Say = UNANSWERED,
) -> None:
    """End a request that has not opened, since nobody answered or the two may not talk; its youth hears of it.

    ``silent``: they are gone. ``by_cadre``: the cadre knows, and hears of it in their own answer.
    """
    if not silent:
        await tell(unit, relay, route, RelaySide.YOUTH, say, kind="push")
    await _call_off(unit, relay, route, tell_cadre=not by_cadre)


async def take_back_questions(unit: Unit, relay: Relay) -> bool:
    """Close what is being asked about a relay; whether the cadre has read the question."""
    rows = await unit.session.execute(waiting(*ABOUT, subject_id=relay.id))
    of_cadre = False
    for prompt in rows.scalars().all():
        key = f"prompt:{prompt.id}:"
        shown = prompt.kind != READY.kind and (await places(unit.session, key, person_id=prompt.person_id)).left
        if await close_question(unit, await asked(unit.session, unit.vault, prompt), state="cancelled"):
            of_cadre |= bool(shown)
            await put_next(unit, prompt.account_id)
    return of_cadre


async def ask_next(unit: Unit, cadre_id: int, cadre_index: bytes) -> None:
    """Ask the cadre about the oldest request that waits, unless they are in a relay or being asked already."""
    if await is_busy(unit, cadre_id):
        return
    relay_id = await next_in_line(unit.session, unit.vault, cadre_index)
    taken = await take(unit, relay_id) if relay_id is not None else None
    if taken is not None:
        await put_request(unit, *taken)


async def is_busy(unit: Unit, person_id: int) -> bool:
    """Whether this person is in an open relay."""
    seat = await seat_of(unit.session, unit.vault, person_id)
    return seat is not None and seat.state is RelayState.OPEN


async def put_request(unit: Unit, relay: Relay, route: Route, *, again: bool = False) -> None:
    """Put the youth's question to the cadre; in the quiet hours its words wait for the morning (P22)."""
    relay.state = RelayState.ASKED.value
    relay.due_at = None
    await unit.session.flush()
    say = RelayRequest(await called(unit, relay, route, RelaySide.YOUTH), route.topic, again)
    life = (route.ends_at or relay.expires_at) - unit.now
    cadre_id = route.cadre.person_id
    await ask_person(unit, cadre_id, Ask(REQUEST, ANSWERS, say, RelayData(relay.id), subject_id=relay.id, life=life))
    if await is_waiting(unit.session, REQUEST, subject_id=relay.id, state=IN_LINE):
        await _hint(unit, cadre_id, RelayAnswerFirst(), relay.id)


async def tell_of_another(unit: Unit, cadre_id: int, relay_id: int) -> None:
    """To a cadre in a relay: somebody else waits."""
    await _hint(unit, cadre_id, RelayAnotherWaits(), relay_id)


async def _hint(unit: Unit, cadre_id: int, say: Say, relay_id: int) -> None:
    """Something that is of use now or not at all."""
    key = f"relay:{relay_id}:hint:{unit.position()}"
    await unit.push_person(cadre_id, say, idem_key=key, cls="O", expires_at=unit.now + BLOCK_WITHIN)
