"""机器人记住了什么: what is stored about one person, by kinds, for the sandbox's side panel; no words are opened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.people import account_index
from bot.core.tables import Consent
from bot.features.consultation.tables import ConsultationAnswer
from bot.features.relay.reads.relay import relay_state
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, Prompt
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
    messages: int = 0
    last_message_at: datetime | None = None
    talks: int = 0
    notes: int = 0
    voices: int = 0
    relay: str = ""
    answers: int = 0
    wishes: int = 0
    asked: tuple[str, ...] = ()
    reads: int = 0
    open_talks_listening: int = 0


async def held_about(session: AsyncSession, vault: Vault, channel: str, native_id: str) -> Held:
    """Everything held about the person with this account, as counts and kinds."""
    found = (
        await session.execute(
            select(Account, Person)
            .join(Person, Person.id == Account.person_id)
            .where(Account.channel == channel, Account.native_index == account_index(vault, channel, "", native_id))
        )
    ).one_or_none()
    if found is None:
        return Held(known=False)
    account, person = found
    consents = await session.execute(
        select(Consent.scope, Consent.given_at)
        .where(Consent.person_id == person.id, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at)
    )
    messages, last_at = (
        await session.execute(
            select(func.count(), func.max(TalkMessage.sent_at)).where(TalkMessage.person_id == person.id)
        )
    ).one()
    my_talks = select(TalkPart.talk_id).where(TalkPart.person_id == person.id)
    return Held(
        known=True,
        name=await vault.read(session, f"people:{person.id}:name", person.name) or "",
        age_band=person.age_band or "",
        in_roster=await _count(session, RoleGrant, RoleGrant.person_id == person.id, RoleGrant.until.is_(None)) > 0,
        contacts=await _count(session, Contact, Contact.youth_id == person.id, Contact.ended_at.is_(None)),
        consents=tuple((scope, at) for scope, at in consents),
        messages=messages,
        last_message_at=last_at,
        talks=await _count(session, TalkPart, TalkPart.person_id == person.id),
        notes=await _count(session, Talk, Talk.id.in_(my_talks), Talk.notes.is_not(None)),
        voices=await _count(session, Voice, Voice.author_id == person.id),
        relay=await relay_state(session, vault, person.id),
        answers=await _count(session, ConsultationAnswer, ConsultationAnswer.person_id == person.id),
        wishes=await _count(session, Wish, Wish.owner_id == person.id),
        asked=tuple(
            (
                await session.execute(
                    select(Prompt.kind).where(Prompt.account_id == account.id, Prompt.state.in_(("open", "queued")))
                )
            ).scalars()
        ),
        reads=await _count(
            session, AuditEntry, AuditEntry.subject_id == person.id, AuditEntry.action.startswith("read.")
        ),
        open_talks_listening=await _count(session, Talk, Talk.cadre_id == person.id, Talk.state == "open"),
    )


async def _count(session: AsyncSession, table: type, *where: object) -> int:
    statement = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
    return (await session.execute(statement)).scalar_one()
