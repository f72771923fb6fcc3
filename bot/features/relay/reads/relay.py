"""找人聊聊: whose place is where, who may talk with whom, and what is left to do; nothing here opens any words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from bot.core.reads.office import is_serving, serves
from bot.core.rules.people import Role
from bot.features.relay.rules.relay import RelaySide, RelayState
from bot.features.relay.tables import Relay, RelayBlock, RelaySeat, block_tag, person_index, read_route, seat_indexes
from bot.store.chat import Chat, Contact
from bot.store.people import Account, Person
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place in a relay."""

    relay_id: int
    side: RelaySide
    state: RelayState


async def seat_of(session: AsyncSession, vault: Vault, person_id: int) -> Seat | None:
    """The relay this person waits for or is in; a cadre has a place only while it is open."""
    state = select(Relay.state).where(Relay.id == RelaySeat.relay_id).scalar_subquery().label("state")
    mine = RelaySeat.person_index.in_(seat_indexes(vault, person_id))
    row = (await session.execute(select(RelaySeat.relay_id, RelaySeat.side, state).where(mine))).first()
    return None if row is None else Seat(row.relay_id, RelaySide(row.side), RelayState(row.state))


async def any_open(session: AsyncSession) -> bool:
    """Whether anybody at all is talking through the bot at this moment."""
    return bool(await session.scalar(select(exists().where(Relay.state == RelayState.OPEN.value))))


async def talks(session: AsyncSession, vault: Vault, person_id: int | None) -> bool:
    """Whether this person is in an open relay."""
    seat = await seat_of(session, vault, person_id) if person_id is not None else None
    return seat is not None and seat.state is RelayState.OPEN


async def relay_state(session: AsyncSession, vault: Vault, person_id: int) -> str:
    """``open`` or ``waiting`` for somebody with a place in a relay, else empty: all that is told of it (P7)."""
    seat = await seat_of(session, vault, person_id)
    if seat is None:
        return ""
    return (RelayState.OPEN if seat.state is RelayState.OPEN else RelayState.WAITING).value


async def relays_of(session: AsyncSession, vault: Vault, person_id: int) -> list[int]:
    """Every relay this person has to do with: their own place, and requests to them as a cadre."""
    mine = select(RelaySeat.relay_id).where(RelaySeat.person_index.in_(seat_indexes(vault, person_id)))
    theirs = Relay.cadre_index == person_index(vault, person_id)
    rows = await session.execute(select(Relay.id).where(or_(theirs, Relay.id.in_(mine))).order_by(Relay.id))
    return list(rows.scalars())


async def next_in_line(session: AsyncSession, vault: Vault, cadre_index: bytes) -> int | None:
    """The oldest request that waits for this cadre; None while another one is being answered."""
    rows = await session.execute(
        select(Relay).where(Relay.cadre_index == cadre_index, Relay.state.in_((RelayState.WAITING, RelayState.ASKED)))
    )
    found = list(rows.scalars())
    if any(relay.state == RelayState.ASKED for relay in found):
        return None
    since: dict[int, float] = {}
    for relay in found:
        route = await read_route(session, vault, relay)
        if route is not None:
            since[relay.id] = route.asked_at.timestamp() if route.asked_at is not None else 0.0
    return min(since, key=lambda one: (since[one], one), default=None)


def _linked() -> tuple[ColumnElement[bool], ...]:
    """What makes a contact alive: not ended, its group linked if any, the youth still one."""
    linked = exists().where(Chat.id == Contact.chat_id, Chat.state == "linked")
    youth = exists().where(Person.id == Contact.youth_id, Person.state == "active", Person.is_youth.is_(True))
    return (Contact.ended_at.is_(None), or_(Contact.chat_id.is_(None), linked), youth)


def _in_contact(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes a contact one that a relay may rest on: alive, and the cadre serves."""
    return (*_linked(), serves(Contact.cadre_id, now))


async def linked_cadres(session: AsyncSession, youth_id: int) -> list[int]:
    """The cadres a youth is in contact with, whether they serve or not."""
    rows = await session.execute(
        select(Contact.cadre_id)
        .where(Contact.youth_id == youth_id, *_linked())
        .group_by(Contact.cadre_id)
        .order_by(func.min(Contact.since), Contact.cadre_id)
    )
    return list(rows.scalars())


async def may_stand_in(session: AsyncSession, youth_id: int, cadre_id: int, instead_of: int, *, now: datetime) -> bool:
    """Whether somebody who was named to this youth in the place of a cadre may talk with them now."""
    if instead_of not in await linked_cadres(session, youth_id):
        return False
    return await is_serving(session, cadre_id, Role.CADRE, Role.ORGAN_ADMIN, now=now)


async def cadres_for(session: AsyncSession, youth_id: int, *, now: datetime) -> list[int]:
    """The cadres a youth may ask, in the order in which the contacts began."""
    rows = await session.execute(
        select(Contact.cadre_id)
        .where(Contact.youth_id == youth_id, *_in_contact(now))
        .group_by(Contact.cadre_id)
        .order_by(func.min(Contact.since), Contact.cadre_id)
    )
    return list(rows.scalars())


async def may_talk(session: AsyncSession, youth_id: int, cadre_id: int, *, now: datetime) -> bool:
    """Whether these two may talk now."""
    found = await session.execute(
        select(Contact.id).where(Contact.youth_id == youth_id, Contact.cadre_id == cadre_id, *_in_contact(now)).limit(1)
    )
    return found.first() is not None


async def may_meet(
    session: AsyncSession, youth_id: int, cadre_id: int, instead_of: int | None, *, now: datetime
) -> bool:
    """The same, also for somebody who stands in."""
    if instead_of is None:
        return await may_talk(session, youth_id, cadre_id, now=now)
    return await may_stand_in(session, youth_id, cadre_id, instead_of, now=now)


async def has_account(session: AsyncSession, person_id: int, account_id: int | None) -> bool:
    """Whether the person still has this account; without a number, any account at all."""
    mine = select(Account.id).where(Account.person_id == person_id)
    if account_id is not None:
        mine = mine.where(Account.id == account_id)
    return (await session.execute(mine.limit(1))).first() is not None


async def count_youths(session: AsyncSession, cadre_id: int, *, now: datetime) -> int:
    """How many youths might be the one who speaks: for the warning of an anonymous relay, never shown."""
    found = await session.execute(
        select(func.count(func.distinct(Contact.youth_id))).where(Contact.cadre_id == cadre_id, *_in_contact(now))
    )
    return found.scalar_one()


async def is_blocked(session: AsyncSession, vault: Vault, cadre_id: int, person_id: int) -> bool:
    """Whether this person may not open an anonymous relay to this cadre."""
    found = await session.execute(
        select(RelayBlock.id).where(
            RelayBlock.cadre_id == cadre_id, RelayBlock.tag == block_tag(vault, cadre_id, person_id)
        )
    )
    return found.first() is not None
