"""看我的数据 and 谁看过我的数据: what is held of a person, kind by kind, and who read it (P7, P15)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from sqlalchemy import func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.people import name_of
from bot.core.rules.say import Say
from bot.core.tables import Consent, Crisis, Receipt
from bot.features.consultation.tables import ConsultationAnswer
from bot.features.relay.reads.relay import relay_state
from bot.features.relay.tables import RelayBlock
from bot.features.rights.tables import Download, RightsRequest
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import Account, OrgUnit, Person, RoleGrant
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
    accounts: int
    cadres: tuple[str, ...]
    consents: tuple[ConsentHeld, ...]
    withdrawn: int
    receipts: int
    talks: int
    messages: int
    notes: int
    voices: int
    consultation_answers: int
    wishes: int
    questions: int
    requests: int
    crises: int
    sent: int
    downloads: int
    relay: str
    """waiting or open; empty: none. Never with whom."""
    blocks: int
    reads: int


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

    async def count(table: type, *where: object) -> int:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()  # type: ignore[arg-type]

    in_force = await session.execute(
        select(Consent.scope, func.min(Consent.given_at))
        .where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
        .group_by(Consent.scope)
        .order_by(func.min(Consent.given_at))
    )
    my_talks = union(  # parts are entered when a talk is closed; until then the words stand for it
        select(TalkPart.talk_id).where(TalkPart.person_id == person_id),
        select(TalkMessage.talk_id).where(TalkMessage.person_id == person_id),
    )
    return DataHeld(
        name=await name_of(session, vault, person_id),
        org=org.name if org else "",
        age_band=person.age_band or "",
        is_cadre=await count(RoleGrant, RoleGrant.person_id == person_id) > 0,
        accounts=await count(Account, Account.person_id == person_id),
        cadres=await _cadres(session, vault, person_id),
        consents=tuple(ConsentHeld(scope, since) for scope, since in in_force),
        withdrawn=await count(Consent, Consent.person_id == person_id, Consent.withdrawn_at.is_not(None)),
        receipts=await count(Receipt, Receipt.person_id == person_id),
        talks=await count(Talk, Talk.id.in_(my_talks)),
        messages=await count(TalkMessage, TalkMessage.person_id == person_id),
        notes=await count(Talk, Talk.id.in_(my_talks), Talk.notes.is_not(None)),
        voices=await count(Voice, Voice.author_id == person_id),
        consultation_answers=await count(ConsultationAnswer, ConsultationAnswer.person_id == person_id),
        wishes=await count(Wish, Wish.owner_id == person_id),
        questions=await count(Prompt, Prompt.person_id == person_id, Prompt.state.in_(("open", "queued"))),
        requests=await count(RightsRequest, RightsRequest.person_id == person_id),
        crises=await count(Crisis, Crisis.person_id == person_id),
        sent=await count(OutboxMessage, OutboxMessage.person_id == person_id),
        downloads=await count(Download, Download.person_id == person_id),
        relay=await relay_state(session, vault, person_id),
        blocks=await count(RelayBlock, RelayBlock.cadre_id == person_id),
        reads=len(await reads_of(session, person_id)),
    )


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
