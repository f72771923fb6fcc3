"""代接的人: who stands in for a cadre who is gone, for one youth: the co-host, else the organ's admins, else above."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import nearest_holders
from bot.core.reads.office import serves
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import Person
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class StandIn:
    """代接的人: the people who see the waiting item; the first of them takes it. ``org_id``: as an organ's admins."""

    people: tuple[int, ...]
    org_id: int | None
    name: str = field(repr=False)
    """What the youth reads: the cadre's name, or the organ's."""


async def stand_in_for(
    session: AsyncSession, vault: Vault, cadre_id: int, youth_id: int, *, now: datetime
) -> StandIn | None:
    """Who stands in now; None when there is nobody, not even above."""
    colleagues = await _colleagues(session, cadre_id, youth_id, now=now)
    if colleagues:
        return StandIn(colleagues, None, await name_of(session, vault, colleagues[0]))
    org_id = await _org_of(session, cadre_id, youth_id)
    found = await nearest_holders(session, org_id, Role.ORGAN_ADMIN, now=now, but=frozenset({cadre_id, youth_id}))
    return StandIn(found.people, found.org_id, found.org_name) if found is not None else None


def in_turn(row_id: Any) -> tuple[ColumnElement[Any], ...]:
    """An order that starts at a random row, so that rows without a stand-in do not block those behind them."""
    return case((row_id >= secrets.randbits(62), 0), else_=1), row_id


async def anybody_for(
    session: AsyncSession, vault: Vault, pairs: Iterable[tuple[int, int]], *, now: datetime
) -> set[tuple[int, int]]:
    """The pairs (cadre, youth) among these for which somebody stands in."""
    found = {pair: await stand_in_for(session, vault, *pair, now=now) for pair in set(pairs)}
    return {pair for pair, stand_in in found.items() if stand_in is not None}


async def _colleagues(session: AsyncSession, cadre_id: int, youth_id: int, *, now: datetime) -> tuple[int, ...]:
    """Who looks after the same group, the longest first; then the youth's other cadres."""
    through = select(Contact.chat_id).where(
        Contact.cadre_id == cadre_id, Contact.youth_id == youth_id, Contact.ended_at.is_(None)
    )
    hosts = await session.execute(
        select(ChatHost.person_id)
        .join(Chat, Chat.id == ChatHost.chat_id)
        .where(Chat.id.in_(through), Chat.state == "linked", serves(ChatHost.person_id, now))
        .order_by(ChatHost.since, ChatHost.person_id)
    )
    others = await session.execute(
        select(Contact.cadre_id)
        .where(Contact.youth_id == youth_id, Contact.ended_at.is_(None), serves(Contact.cadre_id, now))
        .group_by(Contact.cadre_id)
        .order_by(func.min(Contact.since), Contact.cadre_id)
    )
    found = dict.fromkeys([*hosts.scalars(), *others.scalars()])
    return tuple(person for person in found if person not in (cadre_id, youth_id))


async def _org_of(session: AsyncSession, cadre_id: int, youth_id: int) -> int | None:
    """The organisation of the group through which they are in contact, else the cadre's own."""
    through = await session.scalar(
        select(Chat.org_id)
        .join(Contact, Contact.chat_id == Chat.id)
        .where(Contact.cadre_id == cadre_id, Contact.youth_id == youth_id, Contact.ended_at.is_(None))
        .order_by(Contact.since)
        .limit(1)
    )
    if through is not None:
        return through
    return await session.scalar(select(Person.org_id).where(Person.id == cadre_id))


async def stood_in_by(
    session: AsyncSession, vault: Vault, actor: Actor, pairs: Iterable[tuple[int, int]], *, now: datetime
) -> set[tuple[int, int]]:
    """The pairs (cadre, youth) among these for which this actor stands in."""
    if not (actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)):
        return set()
    found: set[tuple[int, int]] = set()
    for cadre_id, youth_id in set(pairs):
        stand_in = await stand_in_for(session, vault, cadre_id, youth_id, now=now)
        if stand_in is not None and actor.person_id in stand_in.people:
            found.add((cadre_id, youth_id))
    return found


async def stranded_contacts(session: AsyncSession, vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since when youths are in contact with a cadre who is gone and for whom nobody stands in."""
    found = await session.execute(
        select(func.min(Contact.since), Contact.cadre_id, Contact.youth_id)
        .where(Contact.ended_at.is_(None), ~serves(Contact.cadre_id, now))
        .group_by(Contact.cadre_id, Contact.youth_id)
    )
    rows = [(since, (cadre, youth)) for since, cadre, youth in found]
    someone = await anybody_for(session, vault, (pair for _, pair in rows), now=now)
    return [since for since, pair in rows if pair not in someone]
