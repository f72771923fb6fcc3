"""导出 of mentoring: when somebody guided a secretary, or was guided; not by whom (P7, P12)."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.features.mentor.tables import MentorLink
from bot.store.sealing import Vault


async def export_mentor_links(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Both sides of this person's links."""
    rows = await session.execute(
        select(MentorLink)
        .where(or_(MentorLink.cadre_id == person_id, MentorLink.secretary_id == person_id))
        .order_by(MentorLink.began_at, MentorLink.id)
    )
    return [
        {"guides": link.cadre_id == person_id, "since": link.began_at, "until": link.ended_at}
        for link in rows.scalars()
    ]
