"""Builders of guidance: a cadre linked with a committee, and its choice of this year."""

from bot.core.rules.people import Actor
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.store import Store


async def make_guided(store: Store, cadre: Actor, org: OrgUnit) -> None:
    """The cadre is linked with this committee and guides it this year."""
    person_id = cadre.person_id or 0
    async with store.unit() as unit:
        unit.session.add(GrassrootsLink(id=new_id(), cadre_id=person_id, org_id=org.id, began_at=unit.now))
        unit.session.add(
            GuidanceAssignment(id=new_id(), cadre_id=person_id, year=unit.now.year, org_id=org.id, chosen_at=unit.now)
        )
