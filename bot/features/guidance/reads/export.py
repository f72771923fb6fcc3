"""导出 of guidance: whom this person is linked with and guides, and what they entered (P7)."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.features.guidance.reads.data import item_name
from bot.features.guidance.reads.progress import words_of_entry
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment, GuidanceEntry
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


async def export_links(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """The committees this person is or was linked with."""
    rows = await session.execute(
        select(GrassrootsLink, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == GrassrootsLink.org_id)
        .where(GrassrootsLink.cadre_id == person_id)
        .order_by(GrassrootsLink.began_at, GrassrootsLink.id)
    )
    return [{"org": name, "since": link.began_at, "until": link.ended_at} for link, name in rows.all()]


async def export_guidance(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Whom this person guides in each year, and what they entered."""
    rows = await session.execute(
        select(GuidanceAssignment, GuidanceEntry, OrgUnit.name)
        .outerjoin(GuidanceEntry, GuidanceEntry.assignment_id == GuidanceAssignment.id)
        .join(OrgUnit, OrgUnit.id == GuidanceAssignment.org_id)
        .where(GuidanceAssignment.cadre_id == person_id)
        .order_by(GuidanceAssignment.year, GuidanceEntry.on, GuidanceEntry.id)
    )
    return [
        {"year": chosen.year, "org": org}
        | ({} if entry is None else {"on": entry.on, "item": item_name(chosen.year, entry.item)})
        | ({} if entry is None else {"text": await words_of_entry(session, vault, entry)})
        for chosen, entry, org in rows.all()
    ]


async def count_guidance(session: AsyncSession, vault: Vault, person_id: int) -> int:
    """How many entries of guidance are held of a person."""
    entries = (
        select(func.count())
        .select_from(GuidanceEntry)
        .join(GuidanceAssignment, GuidanceAssignment.id == GuidanceEntry.assignment_id)
        .where(GuidanceAssignment.cadre_id == person_id)
    )
    return (await session.execute(entries)).scalar_one()
