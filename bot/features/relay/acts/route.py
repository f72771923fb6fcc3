"""找人聊聊: taking a relay's rows in hand, and saying something to one of its sides."""

from collections.abc import Sequence
from typing import Unpack

from sqlalchemy import delete, select

from bot.core.reads.people import name_of
from bot.core.rules.message import Address
from bot.core.rules.say import Say
from bot.features.relay.acts.on_the_way import drop_rows_of, forget_questions
from bot.features.relay.rules.relay import WORD_LIFE, RelaySide, is_there
from bot.features.relay.tables import Relay, RelaySeat, Route, read_route, seal_route
from bot.store.delivery import DataKey, Prompt
from bot.store.outbox import RELAY, Sending
from bot.store.people import Account, Person
from bot.store.unit import Unit


async def take(unit: Unit, relay_id: int, *, to_end: bool = False) -> tuple[Relay, Route] | None:
    """The relay, locked, with its route; None when it is no more.

    ``to_end``: its end closes questions and puts others, so those are locked before it. Order for everybody: the
    accounts of the youth, questions about the relay, the accounts of the cadre, the relay.
    """
    if to_end:
        found = await look(unit, relay_id)
        if found is None:
            return None
        route = found[1]
        if not found[0].anonymous:  # who is asked nothing by rows; PostgreSQL would number the lock beside theirs
            await lock_accounts(unit, route.youth.person_id)
        await unit.session.execute(
            select(Prompt.id).where(Prompt.subject_id == relay_id).order_by(Prompt.id).with_for_update()
        )
        await lock_accounts(unit, route.cadre.person_id)
    rows = await unit.session.execute(
        select(Relay).where(Relay.id == relay_id).with_for_update().execution_options(populate_existing=True)
    )
    relay = rows.scalar_one_or_none()
    route = await read_route(unit.session, unit.vault, relay) if relay is not None else None
    return None if relay is None or route is None else (relay, route)


async def look(unit: Unit, relay_id: int) -> tuple[Relay, Route] | None:
    """The relay as it is now, without holding it."""
    relay = await unit.session.get(Relay, relay_id, populate_existing=True)
    route = await read_route(unit.session, unit.vault, relay) if relay is not None else None
    return None if relay is None or route is None else (relay, route)


async def lock_accounts(unit: Unit, person_id: int) -> None:
    """One at a time for this person: who is being asked, and who is being erased."""
    await unit.session.execute(
        select(Account.id).where(Account.person_id == person_id).order_by(Account.id).with_for_update()
    )


async def save(unit: Unit, relay: Relay, route: Route) -> None:
    """Write a changed route back, sealed anew."""
    relay.route = await seal_route(unit, relay.id, relay.key_id, route)
    await unit.session.flush()


async def drop(unit: Unit, relay: Relay) -> None:
    """Nothing of a relay stays: places, questions, rows of words that are final, the route and its key."""
    relay_id, key_id = relay.id, relay.key_id
    await unit.session.flush()
    await forget_questions(unit, subject_id=relay_id)
    await drop_rows_of(unit, relay_id)
    unit.session.expunge(relay)
    for table, column, value in (
        (RelaySeat, RelaySeat.relay_id, relay_id),
        (Relay, Relay.id, relay_id),
        (DataKey, DataKey.id, key_id),
    ):
        await unit.session.execute(delete(table).where(column == value).execution_options(synchronize_session=False))
    unit.destroyed(key_id)
    unit.erased = True


async def called(unit: Unit, relay: Relay, route: Route, side: RelaySide) -> str:
    """How one side is called to the other; empty for an anonymous youth."""
    if side is RelaySide.YOUTH and relay.anonymous:
        return ""
    return await name_of(unit.session, unit.vault, route.end(side).person_id)


async def address_of(unit: Unit, route: Route, side: RelaySide) -> Address | None:
    """Where this side spoke last, or else the newest account; the bot it is pinned to comes with it."""
    end = route.end(side)
    if end.address is not None:
        return end.address
    account = await unit.account_of(end.person_id)
    return await unit.private_address(account) if account is not None else None


def veil(unit: Unit, relay: Relay, side: RelaySide) -> None:
    """What is said in this unit to the youth of an anonymous relay, who speaks in it, stands in no row of theirs."""
    unit.veiled = unit.veiled or (relay.anonymous and side is RelaySide.YOUTH)


def speaks_from(unit: Unit, route: Route, side: RelaySide, account_id: int | None) -> None:
    """Words for this side go from now on to where it has just spoken."""
    end = route.end(side)
    end.account_id = account_id
    if unit.spoken_to is not None:
        end.address = unit.spoken_to


async def tell(
    unit: Unit,
    relay: Relay,
    route: Route,
    side: RelaySide,
    say: Say,
    *,
    fallback: tuple[Address, Say] | None = None,
    **how: Unpack[Sending],
) -> None:
    """Something for one side of an open relay, in order with the words; its row goes once it is final."""
    address = await address_of(unit, route, side)
    person = await unit.session.get(Person, route.end(side).person_id)
    if address is None or person is None:
        return
    usual: Sending = {"idem_key": f"relay:{relay.id}:{unit.position()}", "kind": RELAY, "priority": 3}
    how = usual | how
    if relay.anonymous and side is RelaySide.YOUTH:
        how |= {"line": f"relay:{relay.id}"} if how["kind"] == RELAY else {"nameless": True}
    await unit.push(address, say, key_id=person.key_id, fallback=fallback, **how)


async def tell_words(unit: Unit, relay: Relay, route: Route, side: RelaySide, says: Sequence[Say], lost: Say) -> None:
    """Words for one side; if they do not arrive in time, the other one hears ``lost``."""
    speaker = await address_of(unit, route, side.other)
    fallback = (speaker, lost) if speaker is not None else None
    for say in says:
        await tell(unit, relay, route, side, say, fallback=fallback, expires_at=unit.now + WORD_LIFE)


async def tell_asker(unit: Unit, relay: Relay, route: Route, say: Say, *, at_once: bool | None = None) -> None:
    """News about a request for its youth: at once while they are there, else like anything nobody waits for."""
    live = is_there(route.youth.said_at, unit.now) if at_once is None else at_once
    await tell(unit, relay, route, RelaySide.YOUTH, say, kind=RELAY if live else "push")
