"""结对, 解除结对: a cadre of a county links a grassroots secretary, who is told (R2.14)."""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.events import OfficeEnded
from bot.core.reads.office import in_force
from bot.core.reads.officers import Officer, named
from bot.core.reads.people import name_of, name_to_choose
from bot.core.rules.people import Actor, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.mentor.reads.links import county_paths, secretaries
from bot.features.mentor.rules.mentor import MentorLinkNotFound, NotOfACounty
from bot.features.mentor.tables import MentorLink
from bot.store.base import new_id
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class MentorLinked(Say):
    """To the cadre: linked now, or before already; ``told``: whether the secretary could be told."""

    template: ClassVar[str] = "mentor/linked"
    name: str = field(repr=False)
    org: str
    again: bool
    told: bool


@dataclass(frozen=True, slots=True)
class MentorUnlinked(Say):
    """To the cadre: the link has ended."""

    template: ClassVar[str] = "mentor/unlinked"
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MentorTold(Say):
    """To the secretary: who guides them now, or no longer."""

    template: ClassVar[str] = "mentor/told"
    name: str = field(repr=False)
    ended: bool


async def link_secretary(unit: Unit, actor: Actor, typed: str) -> MentorLinked:
    """``结对 <书记>``; refuses ``mentor.not_of_a_county``, ``officer.not_found`` and ``officer.ambiguous``."""
    paths = await county_paths(unit.session, actor)
    if not paths or actor.person_id is None:
        raise NotOfACounty
    below = await secretaries(unit.session, unit.vault, paths, now=unit.now)
    one = named([person for person in below if person.person_id != actor.person_id], typed)
    links = await _active(unit.session, actor.person_id)
    if any(link.secretary_id == one.person_id for link in links):
        return MentorLinked(one.name, one.org, again=True, told=False)
    unit.session.add(MentorLink(id=new_id(), cadre_id=actor.person_id, secretary_id=one.person_id, began_at=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "mentor.linked", role=Role.CADRE, subject_id=one.person_id)
    return MentorLinked(one.name, one.org, again=False, told=await _tell(unit, actor, one.person_id, ended=False))


async def unlink_secretary(unit: Unit, actor: Actor, typed: str) -> MentorUnlinked:
    """``解除结对 <书记>``, also of somebody who is no secretary any more; refuses ``mentor.not_found``."""
    linked: list[Officer] = []
    for link in await _active(unit.session, actor.person_id):
        linked.append(await _of(unit.session, unit.vault, link.secretary_id))
    if not linked:
        raise MentorLinkNotFound
    one = named(linked, typed)
    active = (
        MentorLink.cadre_id == actor.person_id,
        MentorLink.secretary_id == one.person_id,
        MentorLink.ended_at.is_(None),
    )
    await unit.swap(MentorLink, *active, ended_at=unit.now)
    await unit.audit(actor, "mentor.unlinked", role=Role.CADRE, subject_id=one.person_id)
    await _tell(unit, actor, one.person_id, ended=True)
    return MentorUnlinked(one.name)


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """The links of somebody who is no cadre at all any more end; a cadre who is only away keeps them."""
    still = exists().where(
        RoleGrant.person_id == MentorLink.cadre_id, RoleGrant.role == Role.CADRE.value, in_force(unit.now)
    )
    ended = (MentorLink.cadre_id.in_(event.person_ids), MentorLink.ended_at.is_(None), ~still)
    await unit.swap(MentorLink, *ended, ended_at=unit.now)


async def expire_mentor_links(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Links that ended long ago; one batch, how many."""
    rows = await unit.session.execute(
        select(MentorLink).where(MentorLink.ended_at < unit.now - periods.talks).limit(limit)
    )
    gone = rows.scalars().all()
    for link in gone:
        await unit.session.delete(link)
    await unit.session.flush()
    return len(gone)


async def _active(session: AsyncSession, cadre_id: int | None) -> list[MentorLink]:
    rows = await session.execute(
        select(MentorLink).where(MentorLink.cadre_id == cadre_id, MentorLink.ended_at.is_(None))
    )
    return list(rows.scalars().all())


async def _of(session: AsyncSession, vault: Vault, person_id: int) -> Officer:
    person = await session.get_one(Person, person_id)
    org = await session.get(OrgUnit, person.org_id) if person.org_id is not None else None
    name = await name_to_choose(session, vault, person_id)
    return Officer(person_id, name, org.name if org is not None else "", person.org_id or 0)


async def _tell(unit: Unit, actor: Actor, secretary_id: int, *, ended: bool) -> bool:
    who = await name_of(unit.session, unit.vault, actor.person_id or 0)
    return await unit.push_person(secretary_id, MentorTold(who, ended))
