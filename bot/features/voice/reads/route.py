"""Who may hold a voice: the level above a cadre, an organ, or whom a complaint concerns (6.4, P13)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import Holders
from bot.core.reads.office import in_force, present, reachable
from bot.core.rules.people import Role
from bot.features.voice.rules.voice import VoiceAbout
from bot.features.voice.tables import Voice
from bot.store.people import Account, OrgUnit, Person, RoleGrant

OFFICES: Final = (Role.CADRE.value, Role.SECRETARY.value, Role.ORGAN_ADMIN.value)
"""Roles by which somebody is part of an organisation that is complained of."""
ADMIN: Final = Role.ORGAN_ADMIN.value


async def above(
    session: AsyncSession,
    org_id: int | None,
    *,
    now: datetime,
    itself: bool = False,
    barred: Collection[int] = (),
    skip: Collection[str] = (ADMIN,),
    but: int | None = None,
) -> Holders | None:
    """The organ admins of the nearest organisation above ``org_id`` (``itself``: or of it) who can be written to.

    A level where one of ``barred`` holds one of the roles ``skip`` is left out, and every level below it: nobody deals
    with what concerns those who stand over them. ``but`` is left out alone. None: there is nobody above.
    """
    line = await _line(session, org_id)
    grants = await _grants(session, [org.id for org in line], now=now)
    first = 0 if itself else 1
    for place, org in enumerate(line):
        if any(person in barred and role in skip for person, role, _ in grants.get(org.id, ())):
            first = max(first, place + 1)
    for org in line[first:]:
        people = tuple(
            person
            for person, role, reachable in grants.get(org.id, ())
            if role == ADMIN and reachable and person not in barred and person != but
        )
        if people:
            return Holders(org.id, org.name, people)
    return None


async def _line(session: AsyncSession, org_id: int | None) -> list[OrgUnit]:
    """The organisation and everything above it, upwards."""
    org = await session.get(OrgUnit, org_id) if org_id is not None else None
    if org is None:
        return []
    ids = [int(part) for part in org.path.split("/") if part]
    rows = await session.execute(select(OrgUnit).where(OrgUnit.id.in_(ids)))
    found = {row.id: row for row in rows.scalars().all()}
    return [found[i] for i in reversed(ids) if i in found]


async def _grants(
    session: AsyncSession, org_ids: Sequence[int], *, now: datetime
) -> dict[int, list[tuple[int, str, bool]]]:
    """Person, role and whether they can be written to, by organisation, for the offices held now."""
    one = select(Account.id).where(Account.person_id == RoleGrant.person_id).limit(1)  # not read as a whole, as EXISTS
    away = select(Person.id).where(Person.id == RoleGrant.person_id, Person.away_until > now).limit(1)
    rows = await session.execute(
        select(
            RoleGrant.org_id,
            RoleGrant.person_id,
            RoleGrant.role,
            one.scalar_subquery().is_not(None),
            away.scalar_subquery().is_(None),
        )
        .where(
            RoleGrant.org_id.in_(org_ids),
            RoleGrant.role.in_(OFFICES),
            in_force(now),
        )
        .order_by(RoleGrant.since, RoleGrant.id)
    )
    found: dict[int, list[tuple[int, str, bool]]] = {}
    for org_id, person_id, role, has_account, here in rows:
        found.setdefault(org_id, []).append((person_id, role, bool(has_account and here)))
    return found


async def office_holders(session: AsyncSession, org_id: int, *, now: datetime) -> frozenset[int]:
    """Everybody who holds an office of this organisation now."""
    return frozenset(person for person, _, _ in (await _grants(session, [org_id], now=now)).get(org_id, ()))


async def complaint_route(
    session: AsyncSession,
    about: VoiceAbout,
    *,
    author_id: int | None,
    org_id: int,
    about_id: int | None,
    from_org: int | None = None,
    now: datetime,
) -> Holders | None:
    """Who gets a complaint, or gets it next when ``from_org`` hands it on; never anybody it concerns.

    About a cadre: above every organisation of the line in which that cadre holds an office. About an organisation:
    above it, and above every level where one of its people is an admin. About anything else: above the author's own
    organisation, or that one's admins where nothing is above.
    """
    if about is VoiceAbout.CADRE and about_id is not None:
        cadre = await session.get(Person, about_id)
        start = from_org or (cadre.org_id if cadre is not None and cadre.org_id is not None else org_id)
        return await above(session, start, now=now, barred={about_id}, skip=OFFICES, but=author_id)
    if about is VoiceAbout.ORG:
        barred = await office_holders(session, org_id, now=now)
        return await above(session, from_org or org_id, now=now, barred=barred, but=author_id)
    found = await above(session, from_org or org_id, now=now, but=author_id)
    if found is None and from_org is None:
        found = await above(session, org_id, now=now, itself=True, but=author_id)
    return found


async def next_holder(session: AsyncSession, voice: Voice, *, now: datetime) -> Holders | None:
    """The level above whoever holds this item now; None when there is none."""
    if voice.about is not None:
        return await complaint_route(
            session,
            VoiceAbout(voice.about),
            author_id=voice.author_id,
            org_id=voice.about_org_id or voice.org_id,
            about_id=voice.about_id,
            from_org=voice.holder_org_id,
            now=now,
        )
    if voice.holder_org_id is not None:
        return await above(session, voice.holder_org_id, now=now, but=voice.author_id)
    cadre = await session.get(Person, voice.cadre_id) if voice.cadre_id is not None else None
    start = cadre.org_id if cadre is not None and cadre.org_id is not None else voice.org_id
    barred = {cadre.id} if cadre is not None else set[int]()
    return await above(session, start, now=now, itself=True, barred=barred, but=voice.author_id)


async def top_admins(session: AsyncSession, *, now: datetime) -> Holders | None:
    """The organ admins of the highest organisation that has any: for somebody whom the bot does not know."""
    rows = await session.execute(
        select(OrgUnit, RoleGrant.person_id)
        .join(RoleGrant, RoleGrant.org_id == OrgUnit.id)
        .where(
            RoleGrant.role == ADMIN,
            in_force(now),
            reachable(RoleGrant.person_id),
            present(RoleGrant.person_id, now),
        )
        .order_by(RoleGrant.since, RoleGrant.id)
    )
    found = [(org.path.count("/"), org.code, org, person) for org, person in rows.all()]
    if not found:
        return None
    _, _, top, _ = min(found, key=lambda each: each[:2])
    return Holders(top.id, top.name, tuple(person for *_, org, person in found if org.id == top.id))
