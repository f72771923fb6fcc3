"""我的结对: the secretaries a cadre guides, or who guides a secretary; only one's own (R2.14, A4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.officers import Officer, officers
from bot.core.reads.orgs import organs_of
from bot.core.reads.people import name_to_choose
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.say import Say
from bot.features.mentor.tables import MentorLink
from bot.store.people import OrgUnit, Person
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class MentorLine:
    """The other side of one link."""

    name: str
    org: str
    since: datetime
    guides: bool
    """Whether the reader is the one who is guided by them."""


@dataclass(frozen=True, slots=True)
class MyMentorLinks(Say):
    """``我的结对``; ``free``: secretaries below the own county whom one could guide, a few."""

    template: ClassVar[str] = "mentor/mine"
    lines: tuple[MentorLine, ...]
    free: tuple[str, ...]
    may_link: bool


async def my_links(session: AsyncSession, vault: Vault, actor: Actor, *, now: datetime) -> MyMentorLinks:
    """Both sides: whom one guides, and who guides one."""
    rows = await session.execute(
        select(MentorLink)
        .where(
            or_(MentorLink.cadre_id == actor.person_id, MentorLink.secretary_id == actor.person_id),
            MentorLink.ended_at.is_(None),
        )
        .order_by(MentorLink.began_at, MentorLink.id)
    )
    lines, known = [], set[int]()
    for link in rows.scalars():
        guided = link.secretary_id == actor.person_id
        other = await session.get(Person, link.cadre_id if guided else link.secretary_id)
        if other is None:
            continue
        known.add(other.id)
        org = await session.get(OrgUnit, other.org_id) if other.org_id is not None else None
        name = await name_to_choose(session, vault, other.id)
        lines.append(MentorLine(name, org.name if org is not None else "", link.began_at, guided))
    paths = await county_paths(session, actor)
    below = await secretaries(session, vault, paths, now=now) if paths else []
    free = [f"{one.org} {one.name}" for one in below if one.person_id not in known | {actor.person_id}]
    return MyMentorLinks(tuple(lines), tuple(free[:6]), bool(paths))


async def county_paths(session: AsyncSession, actor: Actor) -> list[str]:
    """The county organs of which the actor is a cadre."""
    organs = await organs_of(session, actor, Role.CADRE)
    return [organ.path for organ in organs if organ.level is OrgLevel.COUNTY]


async def secretaries(session: AsyncSession, vault: Vault, paths: list[str], *, now: datetime) -> list[Officer]:
    """Secretaries of grassroots committees and general branches below these counties."""
    grassroots = OrgUnit.level == OrgLevel.GRASSROOTS.value
    return await officers(session, vault, paths, (Role.SECRETARY,), grassroots, now=now)
