"""清除 of mentoring: both sides of the links of somebody who erases their data."""

from sqlalchemy import delete

from bot.core.person_data import Erasing
from bot.features.mentor.tables import MentorLink


async def forget_mentor_links(going: Erasing) -> None:
    """Everything of one person, unless the organisation's roster keeps them."""
    if going.youth_only:
        return
    for side in (MentorLink.cadre_id, MentorLink.secretary_id):
        await going.unit.session.execute(delete(MentorLink).where(side == going.person_id))
