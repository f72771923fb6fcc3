"""日历订阅: whose an address is, and what stands in that calendar."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look, features
from bot.core.reads.office import holds, in_force
from bot.core.reads.people import names_of
from bot.core.rules.calendar import CalendarEntry, CalendarOf
from bot.core.rules.people import Role
from bot.features.feed.reads.dates import dates_of
from bot.features.feed.rules.feed import MOST_TOKEN, without_names
from bot.features.feed.tables import CalendarFeed
from bot.store.chat import Contact
from bot.store.people import Person, RoleGrant
from bot.store.sealing import Vault

MOST: Final = 1000
"""Entries of one calendar."""


def token_hash(vault: Vault, token: str) -> bytes:
    """What is kept of a token."""
    return vault.mac("codes", "feed", token)


def in_office(now: datetime) -> ColumnElement[bool]:
    """That whoever an address was given to still is a cadre, or administers this organ."""
    own = and_(CalendarFeed.org_id.is_(None), holds(CalendarFeed.person_id, now, Role.CADRE))
    organ = holds(CalendarFeed.person_id, now, Role.ORGAN_ADMIN, org_id=CalendarFeed.org_id)
    return or_(own, and_(CalendarFeed.org_id.is_not(None), organ))


async def whose(session: AsyncSession, vault: Vault, token: str, *, now: datetime) -> CalendarOf | None:
    """Whose calendar this address opens; None: nobody's, or not any more."""
    if len(token) > MOST_TOKEN or not token.isascii():
        return None
    found = await session.execute(
        select(CalendarFeed.person_id, CalendarFeed.org_id)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.token_hash == token_hash(vault, token), Person.state == "active", in_office(now))
    )
    row = found.one_or_none()
    return CalendarOf(row.person_id, row.org_id) if row is not None else None


async def entries(session: AsyncSession, vault: Vault, of: CalendarOf, look: Look) -> list[CalendarEntry]:
    """What stands in it, in a fixed order: of every feature, and the dates of the calendar year. No youth's name."""
    found = list(await dates_of(session, of, look))
    for feature in features():
        for source in feature.calendar:
            found += await source.read(session, vault, of, look)
    found.sort(key=lambda one: (one.starts.isoformat(), one.uid))
    return without_names(found[:MOST], await _youths(session, vault, of, look.now))


async def _youths(session: AsyncSession, vault: Vault, of: CalendarOf, now: datetime) -> Sequence[str]:
    """称呼 of every youth they are or were in contact with, or the cadres of their organ."""
    contacts = select(Contact.youth_id)
    if of.org_id is None:
        contacts = contacts.where(Contact.cadre_id == of.person_id)
    else:
        cadres = select(RoleGrant.person_id).where(
            RoleGrant.org_id == of.org_id, RoleGrant.role == Role.CADRE.value, in_force(now)
        )
        contacts = contacts.where(Contact.cadre_id.in_(cadres))
    ids = (await session.execute(contacts.distinct())).scalars().all()
    return list((await names_of(session, vault, ids)).values())
