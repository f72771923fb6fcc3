"""机器人记住了什么: what is stored about one person, by kinds, for the sandbox's side panel; no words are opened."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Figure
from bot.core.reads.office import in_force
from bot.core.reads.people import account_index
from bot.core.reads.unreadable import shown
from bot.core.tables import Consent
from bot.features.rights.reads.held import figures_of
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.people import Account, Person, RoleGrant
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Held:
    """What is held about one person; ``known`` False: nothing at all."""

    known: bool
    name: str = ""
    age_band: str = ""
    in_roster: bool = False
    contacts: int = 0
    consents: tuple[tuple[str, datetime], ...] = ()
    reads: int = 0
    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])


async def held_about(session: AsyncSession, vault: Vault, channel: str, native_id: str, *, now: datetime) -> Held:
    """Everything held about the person with this account, as counts and kinds."""
    person = (
        await session.execute(
            select(Person)
            .join(Account, Person.id == Account.person_id)
            .where(Account.channel == channel, Account.native_index == account_index(vault, channel, "", native_id))
        )
    ).scalar_one_or_none()
    if person is None:
        return Held(known=False)
    consents = await session.execute(
        select(Consent.scope, Consent.given_at)
        .where(Consent.person_id == person.id, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at)
    )
    return Held(
        known=True,
        name=await shown(session, vault, f"people:{person.id}:name", person.name),
        age_band=person.age_band or "",
        in_roster=await _count(session, RoleGrant, RoleGrant.person_id == person.id, in_force(now)) > 0,
        contacts=await _count(session, Contact, Contact.youth_id == person.id, Contact.ended_at.is_(None)),
        consents=tuple((scope, at) for scope, at in consents),
        reads=await _count(
            session, AuditEntry, AuditEntry.subject_id == person.id, AuditEntry.action.startswith("read.")
        ),
        figures=await figures_of(session, vault, person.id),
    )


async def _count(session: AsyncSession, table: type, *where: object) -> int:
    statement = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
    return (await session.execute(statement)).scalar_one()
