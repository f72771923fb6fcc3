"""找人聊聊: a request is entered, and the cadre is asked or it waits its turn (P22)."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import text

from bot.core.acts.crisis import on_card
from bot.core.reads.people import name_of
from bot.core.rules.crisis import Hotline
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.relay.acts.end import is_busy, put_request, tell_of_another
from bot.features.relay.acts.route import lock_accounts
from bot.features.relay.reads.relay import next_in_line, seat_of
from bot.features.relay.rules.relay import (
    REQUEST_LIFE,
    RelayAlready,
    RelaySide,
    RelayState,
    RelayTooOften,
    RelayWish,
    hour_of,
    is_quiet,
)
from bot.features.relay.tables import End, Relay, RelaySeat, Route, nameless_index, person_index, seal_route
from bot.store.base import new_id
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit

Hotlines = tuple[Hotline, ...]


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


async def begin(
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
    me, relay_id = me_of(actor), new_id()
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


def me_of(actor: Actor) -> int:
    """Who asks, in an action that only known people reach."""
    if actor.person_id is None:
        raise RuntimeError("a stranger reached an action for youths")
    return actor.person_id
