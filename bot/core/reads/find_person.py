"""Finding a person for a written request: by account number, or by name within an organisation (P7)."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.people import account_index
from bot.core.reads.unreadable import shown
from bot.core.rules.text import plain_key
from bot.store.people import Account, OrgUnit, Person
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who fits: enough for the operator to tell two of the same name apart."""

    person_id: int
    name: str = field(repr=False)
    org: str
    is_youth: bool


async def by_account(session: AsyncSession, vault: Vault, channel: str, native_id: str) -> list[Found]:
    """The person to whom an account belongs."""
    index = account_index(vault, channel, "", native_id)
    rows = await session.execute(
        select(Person)
        .join(Account, Account.person_id == Person.id)
        .where(Account.channel == channel, Account.scope == "", Account.native_index == index)
    )
    return [await _found(session, vault, person) for person in rows.scalars().all()]


async def by_name(session: AsyncSession, vault: Vault, org_code: str, name: str) -> list[Found]:
    """Everybody of that name in an organisation or below it; names are sealed, so all of them are opened."""
    path = (await session.execute(select(OrgUnit.path).where(OrgUnit.code == org_code))).scalar_one_or_none()
    if path is None:
        return []
    rows = await session.execute(
        select(Person)
        .join(OrgUnit, OrgUnit.id == Person.org_id)
        .where(OrgUnit.path.startswith(path, autoescape=True))
        .order_by(Person.id)
    )
    told = plain_key(name)
    found = [await _found(session, vault, person) for person in rows.scalars().all()]
    return [person for person in found if plain_key(person.name) == told]


async def _found(session: AsyncSession, vault: Vault, person: Person) -> Found:
    org = await session.get(OrgUnit, person.org_id) if person.org_id is not None else None
    name = await shown(session, vault, f"people:{person.id}:name", person.name)
    return Found(person.id, name, org.name if org else "", person.is_youth)
