"""导出 of what the core keeps of a person; features declare their own (P7). Instants are aware datetimes."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import Account, BindCode, OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault


async def export_accounts(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """The accounts, with their numbers."""
    rows = (await session.execute(select(Account).where(Account.person_id == person_id))).scalars().all()
    return [
        {
            "channel": a.channel,
            "account": await shown(session, vault, f"accounts:{a.id}:native", a.native),
            "via_group": a.via_group,
            "since": a.bound_at,
        }
        for a in rows
    ]


async def export_note(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """备注 of the roster, where there is one."""
    person = await session.get(Person, person_id)
    note = await vault.read(session, f"people:{person_id}:note", person.note) if person and person.note else None
    return [{"note": note}] if note else []


async def export_roles(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Roles held, now and earlier."""
    rows = await session.execute(
        select(RoleGrant, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(RoleGrant.person_id == person_id)
    )
    return [
        {"role": g.role, "org": org, "kind": g.cadre_kind or "", "since": g.since, "until": g.until} for g, org in rows
    ]


async def export_contacts(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Contacts as a youth, and as a cadre only how many: the others' names are their data."""
    rows = await session.execute(
        select(Contact, Chat.native_id)
        .outerjoin(Chat, Chat.id == Contact.chat_id)
        .where(Contact.youth_id == person_id)
        .order_by(Contact.since)
    )
    return [
        {
            "cadre": await name_of(session, vault, c.cadre_id),
            "group": group or "",
            "since": c.since,
            "last": c.last_contact_at,
            "ended": c.ended_at,
        }
        for c, group in rows.all()
    ]


async def export_chats(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Groups this person looks after."""
    owned = select(Chat.id).where(Chat.owner_id == person_id)
    hosted = select(ChatHost.chat_id).where(ChatHost.person_id == person_id)
    rows = await session.execute(select(Chat).where(Chat.id.in_(owned.union(hosted))))
    return [{"group": c.native_id, "state": c.state, "since": c.linked_at} for c in rows.scalars().all()]


async def export_consents(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Every consent, given or withdrawn."""
    rows = await session.execute(
        select(Consent, Chat.native_id)
        .outerjoin(Chat, Chat.id == Consent.chat_id)
        .where(Consent.person_id == person_id)
        .order_by(Consent.given_at)
    )
    return [
        {
            "scope": c.scope,
            "group": group or "",
            "text_version": c.text_version,
            "text_hash": c.text_hash,
            "channel": c.channel,
            "given": c.given_at,
            "withdrawn": c.withdrawn_at,
        }
        for c, group in rows.all()
    ]


async def export_refusals(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What was not agreed to: kept only so as not to ask again."""
    rows = await session.execute(select(ConsentRefusal).where(ConsentRefusal.person_id == person_id))
    return [{"scope": r.scope, "at": r.at} for r in rows.scalars().all()]


async def export_receipts(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Receipts of consents and withdrawals."""
    rows = await session.execute(select(Receipt).where(Receipt.person_id == person_id).order_by(Receipt.at))
    return [{"number": r.number, "kind": r.kind, "at": r.at, "facts": r.facts} for r in rows.scalars().all()]


async def export_questions(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Questions put to this person: kind and time, never their words."""
    rows = await session.execute(
        select(Prompt.kind, Prompt.state, Prompt.asked_at, Prompt.expires_at)
        .where(Prompt.person_id == person_id)
        .order_by(Prompt.asked_at)
    )
    return [{"kind": kind, "state": state, "asked": at, "until": until} for kind, state, at, until in rows]


async def export_crises(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """That the person may have been in danger, never what they said."""
    rows = await session.execute(select(Crisis).where(Crisis.person_id == person_id).order_by(Crisis.opened_at))
    return [{"state": c.state, "opened": c.opened_at, "closed": c.closed_at} for c in rows.scalars().all()]


async def export_messages(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Messages of the bot to this person: when, never what they said (the payload is deleted once sent)."""
    rows = await session.execute(
        select(OutboxMessage.kind, OutboxMessage.state, OutboxMessage.created_at, OutboxMessage.sent_at)
        .where(OutboxMessage.person_id == person_id)
        .order_by(OutboxMessage.position)
    )
    return [{"kind": kind, "state": state, "made": made, "sent": sent} for kind, state, made, sent in rows]


async def export_codes(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Invitations, without the code."""
    rows = await session.execute(select(BindCode).where(BindCode.person_id == person_id))
    return [{"until": c.expires_at, "used": c.used_at} for c in rows.scalars().all()]


async def export_audit(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What was done with this person's data: action, role and day; who exactly stays out (P13)."""
    rows = await session.execute(
        select(AuditEntry).where(AuditEntry.subject_id == person_id).order_by(AuditEntry.at, AuditEntry.seq)
    )
    return [
        {"day": e.at.date(), "action": e.action, "role": e.actor_role, "ref": e.ref, "self": e.actor_id == person_id}
        for e in rows.scalars().all()
    ]
