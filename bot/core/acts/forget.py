"""Forgetting somebody who never finished joining, or is under 14: rows and key, at once (P1, P10)."""

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import delete, select

from bot.core.tables import Consent, ConsentRefusal
from bot.store.chat import Contact, RefNumber
from bot.store.delivery import DataKey, OutboxMessage, Prompt
from bot.store.people import Account, Person
from bot.store.tombstones import add_tombstone
from bot.store.unit import Unit

CONTACT_LETTER: Final = "K"
ROWS_OF_ONE: Final = 25
"""One joiner counts as so many rows of a batch: about a dozen statements each, and a line outside the database."""


async def drop_joiner(unit: Unit, person_id: int) -> None:
    """Erase a *pending* person: what ``加入`` made and nothing else can exist of them yet."""
    person = await unit.session.get(Person, person_id)
    if person is None or person.state != "pending":
        return
    key_id = person.key_id
    refs = list((await unit.session.execute(select(Contact.ref).where(Contact.youth_id == person_id))).scalars())
    for table, column in (
        (Contact, Contact.youth_id),
        (Consent, Consent.person_id),
        (ConsentRefusal, ConsentRefusal.person_id),
        (Prompt, Prompt.person_id),
        (OutboxMessage, OutboxMessage.person_id),
        (Account, Account.person_id),
        (Person, Person.id),
    ):
        await unit.session.execute(delete(table).where(column == person_id))
    await unit.session.execute(delete(RefNumber).where(RefNumber.letter == CONTACT_LETTER, RefNumber.number.in_(refs)))
    await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
    unit.destroyed(key_id)
    unit.forgotten.add(person_id)
    unit.erased = True
    if unit.tombstones is not None:
        unit.before_commit(partial(add_tombstone, unit.tombstones, person_id, youth_only=False, now=unit.now))


async def drop_stale_joins(unit: Unit, before: datetime, *, limit: int) -> int:
    """Erase some of those who typed ``加入`` before that instant and never gave an age band; returns how many."""
    rows = await unit.session.execute(
        select(Person.id)
        .where(Person.state == "pending", Person.created_at <= before)
        .limit(max(1, limit // ROWS_OF_ONE))
    )
    stale = list(rows.scalars())
    for person_id in stale:
        await drop_joiner(unit, person_id)
    return len(stale)
