"""条目 by their references, for the duties of officers: every look-up starts from the reader (P13)."""

from dataclasses import replace

from sqlalchemy import Executable, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import items
from bot.core.reads.orgs import ids_in
from bot.core.rules.items import Item, ItemLine
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refs import Ref
from bot.store.people import OrgUnit, Person
from bot.store.sealing import Vault


async def find_item(session: AsyncSession, ref: Ref) -> Item | None:
    """The item that a reference names; the caller checks whether the actor may know of it."""
    source = items().get(ref.letter)
    item = await source.find(session, ref.number) if source is not None else None
    if item is None or not item.subjects:
        return None
    minors = select(Person.id).where(Person.id.in_(item.subjects), Person.age_band == AgeBand.MINOR.value).limit(1)
    return replace(item, minor=(await session.execute(minors)).first() is not None)


async def covers(session: AsyncSession, actor: Actor, item: Item, *roles: Role) -> Role | None:
    """The first of these offices that the actor holds for the item's organisation or for one above it.

    None also for who is a party to it or complained of in it: nobody is the judge of their own.
    """
    if actor.person_id is None or item.speaks_of(actor) or actor.person_id in item.subjects | item.cadres:
        return None
    for role in roles:
        if await is_above(session, actor, role, item.org_id):
            return role
    return None


async def is_above(session: AsyncSession, actor: Actor, role: Role, org_id: int) -> bool:
    """Whether the actor holds this office for an organisation, or for one above it."""
    path = await session.scalar(select(OrgUnit.path).where(OrgUnit.id == org_id))
    return bool(actor.orgs(role) & set(ids_in(path or "")))


async def lines_of(session: AsyncSession, vault: Vault, ref: Ref) -> tuple[ItemLine, ...]:
    """All words of the item in their order; the caller has checked the reader's right."""
    return tuple(await items()[ref.letter].lines(session, vault, ref.number))


def mark_of(ref: Ref) -> Executable:
    """A statement over exactly the rows that are shown, for an audited reading."""
    return items()[ref.letter].mark(ref.number)
