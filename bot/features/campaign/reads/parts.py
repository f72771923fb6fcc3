"""Activities that are part of a campaign: said to be, or of a kind that always is, and beginning in its window."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.clock import SHANGHAI
from bot.core.rules.campaign import CampaignYear
from bot.core.rules.people import Role
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityPart
from bot.features.campaign.rules.campaign import CampaignState, state_of
from bot.features.campaign.tables import CampaignPart
from bot.store.people import OrgUnit, RoleGrant

IN_OFFICE = (Role.CADRE.value, Role.ORGAN_ADMIN.value)


def below(paths: Collection[str]) -> ColumnElement[bool]:
    """The organisations with these paths and those below."""
    return or_(False, *(OrgUnit.path.startswith(path, autoescape=True) for path in paths))


async def cadre_states(session: AsyncSession, held: CampaignYear, cadres: Select[int]) -> Mapping[int, CampaignState]:
    """How these cadres stand; who has nothing is left out."""
    return await _states(session, held, Activity.cadre_id, Activity.cadre_id.in_(cadres))


async def organ_states(
    session: AsyncSession, held: CampaignYear, paths: Collection[str]
) -> Mapping[int, CampaignState]:
    """How the organs with these paths and below stand, by what their own people hold; who has nothing is left out."""
    orgs = select(OrgUnit.id).where(below(paths))
    people = select(RoleGrant.person_id).where(RoleGrant.org_id.in_(orgs), RoleGrant.role.in_(IN_OFFICE))
    return await _states(session, held, Activity.org_id, Activity.cadre_id.in_(people) & Activity.org_id.in_(orgs))


def begins_in(held: CampaignYear) -> ColumnElement[bool]:
    """Whether an activity begins in the window."""
    start = datetime.combine(held.window.first, time(), SHANGHAI)
    end = datetime.combine(held.window.last + timedelta(days=1), time(), SHANGHAI)
    return (Activity.starts_at >= start) & (Activity.starts_at < end)


async def _states(
    session: AsyncSession, held: CampaignYear, by: InstrumentedAttribute[int], who: ColumnElement[bool]
) -> Mapping[int, CampaignState]:
    said = exists().where(
        CampaignPart.activity_id == Activity.id,
        CampaignPart.campaign == held.campaign.key,
        CampaignPart.year == held.year,
    )
    kinds = [kind.value for kind in held.campaign.kinds]
    confirmed = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.state == PartState.CONFIRMED)
    rows = await session.execute(
        select(by, Activity.state, confirmed).where(
            who,
            begins_in(held),
            Activity.state != ActivityState.CANCELLED,
            or_(said, Activity.kind.in_(kinds)) if kinds else said,
        )
    )
    found: dict[int, list[bool]] = defaultdict(list)
    for one, state, yes in rows:
        found[one].append(state == ActivityState.ENDED and yes)
    return {one: state_of(counts) for one, counts in found.items()}
