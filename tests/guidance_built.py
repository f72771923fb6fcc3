"""Builders of guidance: a cadre linked with a committee, and its choice of this year."""

from datetime import timedelta

from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.rules.people import Actor
from bot.features.activity.tables import Activity
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment, GuidanceEntry
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.activities_built import make_activity


async def make_guided(store: Store, cadre: Actor, org: OrgUnit) -> None:
    """The cadre is linked with this committee and guides it this year."""
    person_id = cadre.person_id or 0
    async with store.unit() as unit:
        unit.session.add(GrassrootsLink(id=new_id(), cadre_id=person_id, org_id=org.id, began_at=unit.now))
        unit.session.add(
            GuidanceAssignment(id=new_id(), cadre_id=person_id, year=unit.now.year, org_id=org.id, chosen_at=unit.now)
        )


async def make_guided_activity(store: Store, cadre: Actor, *, kind: str = "league_lesson", tied: bool = True) -> int:
    """An activity of the cadre that is over; ``tied``: an item of this year's guidance was done by it. Its number."""
    ref = await make_activity(store, cadre, starts=-timedelta(hours=3), kind=kind)
    async with store.unit() as unit:
        activity = (await unit.session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()
        activity.state, activity.ended_at = "ended", unit.now
        mine = select(GuidanceAssignment.id).where(GuidanceAssignment.cadre_id == cadre.person_id)
        if tied:
            entry = GuidanceEntry(
                id=new_id(),
                assignment_id=(await unit.session.execute(mine)).scalar_one(),
                item="lesson",
                activity_id=activity.id,
                on=activity.starts_at.astimezone(SHANGHAI).date(),
                entered_at=unit.now,
            )
            unit.session.add(entry)
    return ref
