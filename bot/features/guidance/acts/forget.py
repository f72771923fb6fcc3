"""清除 of guidance: whoever erases their data takes their links, choices and entries along."""

from sqlalchemy import delete

from bot.core.person_data import Erasing
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment


async def forget_guidance(going: Erasing) -> None:
    """Everything of one person, unless the organisation's roster keeps them."""
    if going.youth_only:
        return
    for table in (GuidanceAssignment, GrassrootsLink):
        await going.unit.session.execute(delete(table).where(table.cadre_id == going.person_id))
