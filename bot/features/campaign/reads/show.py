"""集中活动: what is on and comes, how oneself stands, and for an organ what is missing below; counts only (R3, P13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.reads.office import in_force
from bot.core.reads.orgs import Organ, organs_of
from bot.core.rules.campaign import CampaignDuty, Campaigns, CampaignYear
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.campaign.reads.parts import below, cadre_states, organ_states
from bot.features.campaign.rules.campaign import CampaignState, CampaignUnknown, LevelCount, counted
from bot.features.guidance.reads.duty import guided_by, must_guide
from bot.features.guidance.rules.checklist import read_checklist
from bot.store.people import OrgUnit, RoleGrant


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign: its window, and how the reader stands; ``mine`` empty: they need not hold one."""

    name: str
    duty: CampaignDuty
    first: date
    last: date
    on: bool
    mine: CampaignState | str


@dataclass(frozen=True, slots=True)
class CampaignList(Say):
    """``集中活动``: on now and next."""

    template: ClassVar[str] = "campaign/list"
    lines: tuple[CampaignLine, ...]


@dataclass(frozen=True, slots=True)
class CampaignSpan:
    """A step of it; ``mine``: of a level for which the reader answers."""

    name: str
    first: date
    last: date
    mine: bool


@dataclass(frozen=True, slots=True)
class CampaignShown(Say):
    """``集中活动 <名>``: its basis and steps, the own state, and for an organ the counts below."""

    template: ClassVar[str] = "campaign/shown"
    line: CampaignLine
    basis: str
    text: str
    spans: tuple[CampaignSpan, ...]
    estimated: bool
    """A day of it hangs on a workday that is only worked out (预计)."""
    kinds: tuple[str, ...]
    levels: tuple[LevelCount, ...]


async def list_campaigns(
    session: AsyncSession, actor: Actor, campaigns: Campaigns, workdays: Workdays, now: datetime
) -> CampaignList:
    """What is on now and what comes, with the own state."""
    today = now.astimezone(SHANGHAI).date()
    held = campaigns.held(today, workdays)
    return CampaignList(tuple([await _line(session, actor, one, today, now) for one in held]))


async def show_campaign(
    session: AsyncSession, actor: Actor, said: str, campaigns: Campaigns, workdays: Workdays, now: datetime
) -> CampaignShown:
    """One of them; refuses ``campaign.unknown``."""
    today = now.astimezone(SHANGHAI).date()
    held = find_campaign(said, campaigns, today, workdays)
    organs = await organs_of(session, actor)
    mine = {organ.level for organ in organs} | {organ.level for organ in await organs_of(session, actor, Role.CADRE)}
    spans = held.campaign.spans(held.year, workdays)
    return CampaignShown(
        line=await _line(session, actor, held, today, now),
        basis=held.campaign.basis,
        text=held.campaign.text,
        spans=tuple(CampaignSpan(step.name, at.first, at.last, step.level in mine) for step, at in spans),
        estimated=held.campaign.unsure(held.year, workdays),
        kinds=tuple(kind.value for kind in held.campaign.kinds),
        levels=tuple(await _levels(session, held, organs, now)),
    )


def find_campaign(said: str, campaigns: Campaigns, today: date, workdays: Workdays) -> CampaignYear:
    """The one that is called so; refuses ``campaign.unknown``."""
    held = campaigns.named(said, today, workdays)
    if held is None:
        raise CampaignUnknown(names=tuple(one.campaign.name for one in campaigns.held(today, workdays)))
    return held


async def _line(session: AsyncSession, actor: Actor, held: CampaignYear, today: date, now: datetime) -> CampaignLine:
    window, campaign = held.window, held.campaign
    mine = await _mine(session, actor, held)
    return CampaignLine(campaign.name, campaign.duty, window.first, window.last, today in window, mine)


async def _mine(session: AsyncSession, actor: Actor, held: CampaignYear) -> CampaignState | str:
    """How the reader stands: an admin for the organ, a cadre for the own part; empty where nobody asks it of them."""
    match held.campaign.duty:
        case CampaignDuty.ORGAN:
            own = [one for one in await _own_organs(session, actor) if one.level in held.campaign.levels]
            if not own:
                return ""
            states = await organ_states(session, held, [one.path for one in own])
            return min((states.get(one.id, CampaignState.MISSING) for one in own), key=list(CampaignState).index)
        case CampaignDuty.CADRE if actor.has(Role.CADRE):
            levels = held.campaign.levels
            if levels and not any(one.level in levels for one in await organs_of(session, actor, Role.CADRE)):
                return ""
            me = select(RoleGrant.person_id).where(RoleGrant.person_id == actor.person_id)
            return (await cadre_states(session, held, me)).get(actor.person_id or 0, CampaignState.MISSING)
        case CampaignDuty.GUIDE if actor.has(Role.CADRE):
            me = select(RoleGrant.person_id).where(RoleGrant.person_id == actor.person_id, must_guide())
            if (await session.execute(me.limit(1))).first() is None:
                return ""
            return (await _guiding(session, held, me)).get(actor.person_id or 0, CampaignState.MISSING)
        case _:
            return ""


async def _own_organs(session: AsyncSession, actor: Actor) -> Sequence[Organ]:
    return [*await organs_of(session, actor), *await organs_of(session, actor, Role.CADRE)]


async def _levels(
    session: AsyncSession, held: CampaignYear, organs: Sequence[Organ], now: datetime
) -> list[LevelCount]:
    """For an organ: of those below who have to, how many have one; its own cadres are among the cadres."""
    if not organs:
        return []
    paths = [organ.path for organ in organs]
    match held.campaign.duty:
        case CampaignDuty.ORGAN:
            return await _organ_counts(session, held, organs, paths)
        case CampaignDuty.CADRE:
            cadres = _cadres(paths, held.campaign.levels, now)
            who = (await session.execute(cadres)).scalars().all()
            return [counted(None, who, await cadre_states(session, held, cadres))]
        case CampaignDuty.GUIDE:
            cadres = _cadres(paths, (), now).where(must_guide())
            who = (await session.execute(cadres)).scalars().all()
            return [counted(None, who, await _guiding(session, held, cadres))]


async def _guiding(session: AsyncSession, held: CampaignYear, cadres: Select[int]) -> Mapping[int, CampaignState]:
    """Everything of the checklist done, or a committee chosen; who has chosen none is left out."""
    found = await guided_by(session, cadres, held.year, read_checklist(held.campaign, held.year))
    return {one: CampaignState.DONE if done else CampaignState.PLANNED for one, done in found.items()}


async def _organ_counts(
    session: AsyncSession, held: CampaignYear, organs: Sequence[Organ], paths: Sequence[str]
) -> list[LevelCount]:
    wanted = [level.value for level in held.campaign.levels]
    own = [organ.id for organ in organs]
    rows = await session.execute(
        select(OrgUnit.level, OrgUnit.id).where(below(paths), OrgUnit.level.in_(wanted), OrgUnit.id.not_in(own))
    )
    by_level: dict[OrgLevel, list[int]] = {}
    for level, org_id in rows:
        by_level.setdefault(OrgLevel(level), []).append(org_id)
    states = await organ_states(session, held, paths) if by_level else {}
    return [counted(level, by_level[level], states) for level in OrgLevel if level in by_level]


def _cadres(paths: Sequence[str], levels: Sequence[OrgLevel], now: datetime) -> Select[int]:
    """Who is a cadre now in the organisations with these paths and below."""
    where: list[ColumnElement[bool]] = [below(paths)]
    if levels:
        where.append(OrgUnit.level.in_([level.value for level in levels]))
    return (
        select(RoleGrant.person_id)
        .where(
            RoleGrant.org_id.in_(select(OrgUnit.id).where(*where)),
            RoleGrant.role == Role.CADRE.value,
            in_force(now),
        )
        .distinct()
    )
