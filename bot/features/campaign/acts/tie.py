"""集中活动 记、撤: an activity is said to be part of a campaign, or no longer; it counts once there (A3, P41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import delete, select

from bot.clock import SHANGHAI
from bot.core.rules.campaign import Campaigns
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.activity.events import CampaignNamed
from bot.features.activity.reads.activity import find_organised
from bot.features.activity.rules.activity import ActivityState
from bot.features.campaign.reads.show import find_campaign
from bot.features.campaign.rules.campaign import CampaignActivity, CampaignOutside
from bot.features.campaign.tables import CampaignPart
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class CampaignTied(Say):
    """To who organises it: part of the campaign now, or already before; ``over``: whether it is over."""

    template: ClassVar[str] = "campaign/tied"
    ref: int
    name: str
    again: bool
    over: bool


@dataclass(frozen=True, slots=True)
class CampaignUntied(Say):
    """To who organises it: so many campaigns it is no part of any more."""

    template: ClassVar[str] = "campaign/untied"
    ref: int
    count: int


async def tie(
    unit: Unit, actor: Actor, number: int, said: str, campaigns: Campaigns, workdays: Workdays
) -> CampaignTied:
    """``集中活动 记 <名> <A>``; refuses ``campaign.unknown``, ``campaign.outside``, ``campaign.no_activity``."""
    held = find_campaign(said, campaigns, unit.now.astimezone(SHANGHAI).date(), workdays)
    activity = await find_organised(unit.session, actor, number, lock=True)
    if activity.state == ActivityState.CANCELLED:
        raise CampaignActivity
    day = activity.starts_at.astimezone(SHANGHAI).date()
    fitting = [
        (year, window)
        for year in (held.year, day.year, day.year - 1)
        if (window := held.campaign.window(year, workdays)) is not None and day in window
    ]
    if not fitting:
        raise CampaignOutside(name=held.campaign.name, first=held.window.first, last=held.window.last)
    key, year = held.campaign.key, fitting[0][0]
    mine = (CampaignPart.activity_id == activity.id, CampaignPart.campaign == key)
    again = (await unit.session.execute(select(CampaignPart.id).where(*mine))).first() is not None
    if not again:
        unit.session.add(CampaignPart(activity_id=activity.id, campaign=key, year=year, since=unit.now))
        await unit.session.flush()
        await unit.audit(actor, "campaign.tied", role=_role(actor), ref=f"A{number}", campaign=key, year=year)
    return CampaignTied(number, held.campaign.name, again, activity.state == ActivityState.ENDED)


async def tie_named(unit: Unit, named: CampaignNamed) -> None:
    """Its name was said when the activity was announced: it is part of it from the beginning."""
    unit.session.add(
        CampaignPart(activity_id=named.activity_id, campaign=named.campaign, year=named.year, since=unit.now)
    )
    await unit.session.flush()
    who, key, year = named.actor, named.campaign, named.year
    await unit.audit(who, "campaign.tied", role=_role(who), ref=f"A{named.ref}", campaign=key, year=year)


async def untie(unit: Unit, actor: Actor, number: int) -> CampaignUntied:
    """``集中活动 撤 <A>``: of every campaign it was said to be part of; what it is by its kind it stays."""
    activity = await find_organised(unit.session, actor, number, lock=True)
    gone: Sequence[int] = (
        (
            await unit.session.execute(
                delete(CampaignPart).where(CampaignPart.activity_id == activity.id).returning(CampaignPart.id)
            )
        )
        .scalars()
        .all()
    )
    if gone:
        await unit.audit(actor, "campaign.untied", role=_role(actor), ref=f"A{number}")
    return CampaignUntied(number, len(gone))


def _role(actor: Actor) -> Role:
    return Role.CADRE if actor.has(Role.CADRE) else Role.ORGAN_ADMIN
