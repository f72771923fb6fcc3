"""联系基层, 解除基层: a cadre links a grassroots committee or general branch; those concerned are told (R1.2)."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from bot.core.reads.duty import holders_at, org_name
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import NotAllowed
from bot.core.rules.say import Say
from bot.features.guidance.reads.grassroots import chosen, find_below, linked_with
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class GrassrootsLinked(Say):
    """To the cadre: linked now, or already before; how many people of the committee and the organ were told."""

    template: ClassVar[str] = "guidance/link"
    org: str
    again: bool
    told: int


@dataclass(frozen=True, slots=True)
class GrassrootsUnlinked(Say):
    """To the cadre: the link has ended; ``guided``: what was entered for this year's guidance stays."""

    template: ClassVar[str] = "guidance/unlink"
    org: str
    guided: bool


@dataclass(frozen=True, slots=True)
class GrassrootsTold(Say):
    """To the committee's secretaries and the organ's admins: who is linked with whom now, or no longer."""

    template: ClassVar[str] = "guidance/told"
    cadre: str
    organ: str
    org: str
    ended: bool


async def link_grassroots(unit: Unit, actor: Actor, typed: str) -> GrassrootsLinked:
    """``联系基层 <组织>``: within the own tree only; refuses ``guidance.org_not_found``, ``guidance.org_ambiguous``."""
    person_id = _cadre(actor)
    org = await find_below(unit.session, actor, typed, OrgLevel.GRASSROOTS)
    if any(one.id == org.id for one in await linked_with(unit.session, person_id)):
        return GrassrootsLinked(org.name, again=True, told=0)
    unit.session.add(GrassrootsLink(id=new_id(), cadre_id=person_id, org_id=org.id, began_at=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "guidance.linked", role=Role.CADRE, org=org.id)
    return GrassrootsLinked(org.name, again=False, told=await _tell(unit, actor, org, ended=False))


async def unlink_grassroots(unit: Unit, actor: Actor, typed: str) -> GrassrootsUnlinked:
    """``解除基层 <组织>``: what was entered stays; refuses ``guidance.org_not_found``."""
    person_id = _cadre(actor)
    org = chosen(await linked_with(unit.session, person_id), typed)
    active = (
        GrassrootsLink.cadre_id == person_id,
        GrassrootsLink.org_id == org.id,
        GrassrootsLink.ended_at.is_(None),
    )
    await unit.swap(GrassrootsLink, *active, ended_at=unit.now)
    await unit.audit(actor, "guidance.unlinked", role=Role.CADRE, org=org.id)
    await _tell(unit, actor, org, ended=True)
    guided = await unit.session.execute(
        select(GuidanceAssignment.id).where(
            GuidanceAssignment.cadre_id == person_id,
            GuidanceAssignment.org_id == org.id,
            GuidanceAssignment.year == unit.now.year,
        )
    )
    return GrassrootsUnlinked(org.name, guided=guided.first() is not None)


def _cadre(actor: Actor) -> int:
    if actor.person_id is None or not actor.has(Role.CADRE):
        raise NotAllowed(needs="cadre", known=actor.known)
    return actor.person_id


async def _tell(unit: Unit, actor: Actor, org: OrgUnit, *, ended: bool) -> int:
    """Tell the committee's secretaries and the admins of the cadre's organ; each once, never oneself."""
    own = min(actor.orgs(Role.CADRE))
    people = set(await holders_at(unit.session, org.id, Role.SECRETARY, now=unit.now))
    people |= set(await holders_at(unit.session, own, Role.ORGAN_ADMIN, now=unit.now))
    people.discard(actor.person_id or 0)
    who = await name_of(unit.session, unit.vault, actor.person_id or 0)
    say = GrassrootsTold(who, await org_name(unit.session, own), org.name, ended)
    return sum([await unit.push_person(person_id, say) for person_id in sorted(people)])
