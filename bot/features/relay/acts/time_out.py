"""找人聊聊: what time brings — silence, the longest time, a named hour, an answer that never came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import MOST_APART
from bot.core.feature import Look
from bot.core.rules.say import Say
from bot.features.relay.acts.end import ask_next, end_relay, give_up_for, is_busy, put_request
from bot.features.relay.acts.look_again import still
from bot.features.relay.acts.on_the_way import IS_RELAY, drop_rows, tell_expired
from bot.features.relay.acts.ready import ask_ready
from bot.features.relay.acts.route import save, tell
from bot.features.relay.reads.relay import next_in_line
from bot.features.relay.rules.relay import (
    IDLE_END,
    IDLE_NOTICE,
    LAST_NOTICE,
    RelayEnd,
    RelaySide,
    RelayState,
    RelayStep,
    next_step,
)
from bot.features.relay.tables import Relay, RelayAfter, Route
from bot.store.delivery import OutboxMessage
from bot.store.outbox import LIVE_STATES
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RelayEndsSoon(Say):
    """To both: silence, or the longest time, ends it in a few minutes."""

    template: ClassVar[str] = "relay/ends_soon"
    step: RelayStep
    minutes: int


async def relays_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Every open relay, for the two may have lost their contact; requests whose moment has come."""
    put_off = Relay.state.in_((RelayState.LATER.value, RelayState.READY.value))
    come = or_(
        Relay.state == RelayState.OPEN.value,
        Relay.expires_at <= look.now,  # to the hour: its last one is spent looking
        put_off & (Relay.due_at <= look.now),
    )
    rows = await session.execute(select(Relay.id).where(come))
    return rows.scalars().all()


async def words_due(session: AsyncSession, look: Look) -> list[None]:
    """One item when rows of words are to be cleared away."""
    words = await session.scalar(
        select(OutboxMessage.id)
        .where(IS_RELAY, or_(OutboxMessage.state.not_in(LIVE_STATES), OutboxMessage.expires_at <= look.now))
        .limit(1)
    )
    after = await session.scalar(select(RelayAfter.id).where(RelayAfter.until <= look.now).limit(1))
    return [None] if words is not None or after is not None else []


async def tick_relay(unit: Unit, relay_id: int, _look: Look) -> bool:
    """Do what is due for one relay; True when that was something for it."""
    taken = await still(unit, relay_id)
    if taken is None:
        return False
    relay, route = taken
    if relay.state == RelayState.OPEN:
        return await _tick_open(unit, relay, route)
    if route.ends_at is not None and route.ends_at <= unit.now:
        await give_up_for(unit, relay, route)
        return True
    if relay.due_at is None or relay.due_at > unit.now:
        return False
    if relay.state == RelayState.READY:
        await ask_ready(unit, relay, route)
        return True
    return relay.state == RelayState.LATER and await _ask_again(unit, relay, route)


async def _tick_open(unit: Unit, relay: Relay, route: Route) -> bool:
    if not sound(route, unit.now):
        route.opened_at = route.last_word_at = unit.now
        await save(unit, relay, route)
    step = next_step(
        opened_at=route.opened_at or unit.now,
        last_word_at=route.last_word_at or unit.now,
        idle_noticed=route.idle_noticed,
        last_noticed=route.last_noticed,
        now=unit.now,
    )
    match step:
        case RelayStep.NONE:
            return False
        case RelayStep.IDLE_END:
            await end_relay(unit, relay, route, RelayEnd.IDLE)
        case RelayStep.LONG_END:
            await end_relay(unit, relay, route, RelayEnd.LONG)
        case RelayStep.IDLE_NOTICE | RelayStep.LAST_NOTICE:
            idle = step is RelayStep.IDLE_NOTICE
            route.idle_noticed, route.last_noticed = route.idle_noticed or idle, route.last_noticed or not idle
            left = IDLE_END - IDLE_NOTICE if idle else LAST_NOTICE
            say = RelayEndsSoon(step, int(left.total_seconds() // 60))
            for side in RelaySide:
                await tell(unit, relay, route, side, say, expires_at=unit.now + left)
            await save(unit, relay, route)
    return True


def sound(route: Route, now: datetime) -> bool:
    """Whether an open relay's times are known, and none of them lies ahead, as after a clock that did."""
    times = (route.opened_at, route.last_word_at)
    return all(at is not None and at - now <= MOST_APART for at in times)


async def _ask_again(unit: Unit, relay: Relay, route: Route) -> bool:
    """The hour that the cadre named: they are asked, or it stands in line behind what is going on."""
    relay.state, relay.due_at = RelayState.WAITING.value, None
    await unit.session.flush()
    busy = await is_busy(unit, route.cadre.person_id)
    if not busy and await next_in_line(unit.session, unit.vault, relay.cadre_index) == relay.id:
        await put_request(unit, relay, route, again=True)
    else:
        await ask_next(unit, route.cadre.person_id, relay.cadre_index)
    return True


async def tidy_words(unit: Unit, _item: None = None, _look: Look | None = None) -> int:
    """Words that did not leave in time are told of; rows that are final go; so do tags after their hour."""
    await tell_expired(unit)
    live = await unit.session.execute(select(Relay.id).where(Relay.state == RelayState.OPEN.value))
    gone = await drop_rows(unit, list(live.scalars()))
    await unit.session.execute(
        delete(RelayAfter).where(RelayAfter.until <= unit.now).execution_options(synchronize_session=False)
    )
    unit.erased = unit.erased or gone > 0
    return gone
