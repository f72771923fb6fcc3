"""看我的数据 and 谁看过我的数据: what is held of a person, kind by kind, and who read it (P7, P15)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import features
from bot.core.person_data import Figure
from bot.core.reads.people import name_of
from bot.core.rules.say import Say
from bot.core.tables import Consent
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault

READS_SHOWN: Final = 30
"""Lines of 谁看过我的数据 in one answer; the export has them all."""


@dataclass(frozen=True, slots=True)
class ConsentHeld:
    """One consent in force."""

    scope: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DataHeld(Say):
    """What is held of a person, kind by kind; no content."""

    template: ClassVar[str] = "rights/held"
    name: str
    org: str
    age_band: str
    is_cadre: bool
    cadres: tuple[str, ...]
    consents: tuple[ConsentHeld, ...]
    reads: int
    figures: dict[str, Figure]
    """By the names that the features declare."""


@dataclass(frozen=True, slots=True)
class NothingHeld(Say):
    """To somebody whom no table knows."""

    template: ClassVar[str] = "rights/nothing_held"


@dataclass(frozen=True, slots=True)
class Read:
    """Reads of one kind on one day by holders of one role; never a name."""

    day: date
    role: str
    action: str
    ref: str
    times: int


async def data_held(session: AsyncSession, vault: Vault, person_id: int) -> DataHeld:
    """Counts of everything held; the caller has made sure that it is the person who asks."""
    person = await session.get_one(Person, person_id)
    org = await session.get(OrgUnit, person.org_id) if person.org_id is not None else None
    in_force = await session.execute(
        select(Consent.scope, func.min(Consent.given_at))
        .where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
        .group_by(Consent.scope)
        .order_by(func.min(Consent.given_at))
    )
    grants = await session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1))
    return DataHeld(
        name=await name_of(session, vault, person_id),
        org=org.name if org else "",
        age_band=person.age_band or "",
        is_cadre=grants is not None,
        cadres=await _cadres(session, vault, person_id),
        consents=tuple(ConsentHeld(scope, since) for scope, since in in_force),
        reads=len(await reads_of(session, person_id)),
        figures=await figures_of(session, vault, person_id),
    )


async def figures_of(session: AsyncSession, vault: Vault, person_id: int) -> dict[str, Figure]:
    """How much is held of a person, as the features count it."""
    counts = [count for feature in features() for count in feature.held]
    return {count.name: await count.read(session, vault, person_id) for count in counts}


async def _cadres(session: AsyncSession, vault: Vault, person_id: int) -> tuple[str, ...]:
    rows = await session.execute(
        select(Contact.cadre_id)
        .where(Contact.youth_id == person_id, Contact.ended_at.is_(None))
        .group_by(Contact.cadre_id)
        .order_by(func.min(Contact.since))
    )
    names = [await name_of(session, vault, cadre_id) for cadre_id in rows.scalars().all()]
    return tuple(name for name in names if name)


async def reads_of(session: AsyncSession, person_id: int) -> tuple[Read, ...]:
    """Reads of this person's content by others, newest first, gathered by day, role and kind."""
    rows = await session.execute(
        select(AuditEntry.at, AuditEntry.actor_role, AuditEntry.action, AuditEntry.ref)
        .where(
            AuditEntry.subject_id == person_id,
            AuditEntry.action.startswith("read."),
            (AuditEntry.actor_id.is_(None)) | (AuditEntry.actor_id != person_id),
        )
        .order_by(AuditEntry.at.desc())
    )
    times: dict[tuple[date, str, str, str], int] = {}
    for at, role, action, ref in rows:
        key = (at.date(), role, action, ref)
        times[key] = times.get(key, 0) + 1
    return tuple(Read(*key, n) for key, n in times.items())
