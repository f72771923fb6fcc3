"""导出: everything that is held about one person, as plain rows for chat, page and JSON (P7)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.people import name_of
from bot.core.rules.refs import Ref
from bot.core.rules.say import to_plain
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.features.relay.reads.relay import relay_state
from bot.features.relay.tables import RelayBlock
from bot.features.rights.tables import RightsRequest
from bot.features.talk.reads.record import export_talks
from bot.features.voice.reads.export import export_answers, export_questions, export_voices
from bot.features.wish.reads.wish import export_wishes
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import Account, BindCode, OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Export:
    """导出 of one person: ``person`` and one list of rows a kind; instants are aware datetimes."""

    at: datetime
    person: dict[str, Any] = field(repr=False)
    sections: dict[str, Rows] = field(repr=False)

    def counts(self) -> dict[str, int]:
        """Rows of each kind, for the audit (P15)."""
        return {name: len(rows) for name, rows in self.sections.items()}

    def plain(self) -> dict[str, Any]:
        """JSON-able, instants as ISO 8601 with their zone."""
        return _iso({"at": self.at, "person": self.person, **self.sections})


def _iso(value: Any) -> Any:
    plain = to_plain(value)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1 and ("$at" in node or "$on" in node):
                return next(iter(node.values()))
            return {k: walk(v) for k, v in node.items()}
        return [walk(v) for v in node] if isinstance(node, list) else node

    return walk(plain)


async def export_person(session: AsyncSession, vault: Vault, person_id: int, *, now: datetime) -> Export:
    """Collect everything of this person; the caller has made sure who asks."""
    person = await session.get_one(Person, person_id)
    org = await session.get(OrgUnit, person.org_id) if person.org_id is not None else None
    return Export(
        now,
        {
            "name": await vault.read(session, f"people:{person.id}:name", person.name) or "",
            "org": org.name if org else "",
            "age_band": person.age_band or "",
            "state": person.state,
            "is_youth": person.is_youth,
            "reminders_off": person.reminders_off,
            "since": person.created_at,
        },
        {
            "accounts": await _accounts(session, vault, person_id),
            "roles": await _roles(session, person_id),
            "contacts": await _contacts(session, vault, person_id),
            "chats": await _chats(session, person_id),
            "consents": await _consents(session, person_id),
            "refusals": await _refusals(session, person_id),
            "receipts": await _receipts(session, person_id),
            "talks": await _talks(session, vault, person_id),
            "voices": await export_voices(session, vault, person_id),
            "consultation_answers": await export_answers(session, vault, person_id),
            "consultations": await export_questions(session, vault, person_id),
            "wishes": await export_wishes(session, vault, person_id),
            "relays": await _relays(session, vault, person_id),
            "blocks": await _blocks(session, person_id),
            "questions": await _questions(session, person_id),
            "requests": await _requests(session, person_id),
            "crises": await _crises(session, person_id),
            "messages": await _messages(session, person_id),
            "codes": await _codes(session, person_id),
            "audit": await _audit(session, person_id),
        },
    )


async def _accounts(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    rows = (await session.execute(select(Account).where(Account.person_id == person_id))).scalars().all()
    return [
        {
            "channel": a.channel,
            "account": await vault.read(session, f"accounts:{a.id}:native", a.native) or "",
            "via_group": a.via_group,
            "since": a.bound_at,
        }
        for a in rows
    ]


async def _roles(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(
        select(RoleGrant, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(RoleGrant.person_id == person_id)
    )
    return [
        {"role": g.role, "org": org, "kind": g.cadre_kind or "", "since": g.since, "until": g.until} for g, org in rows
    ]


async def _contacts(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
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


async def _chats(session: AsyncSession, person_id: int) -> Rows:
    owned = select(Chat.id).where(Chat.owner_id == person_id)
    hosted = select(ChatHost.chat_id).where(ChatHost.person_id == person_id)
    rows = await session.execute(select(Chat).where(Chat.id.in_(owned.union(hosted))))
    return [{"group": c.native_id, "state": c.state, "since": c.linked_at} for c in rows.scalars().all()]


async def _consents(session: AsyncSession, person_id: int) -> Rows:
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


async def _refusals(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(select(ConsentRefusal).where(ConsentRefusal.person_id == person_id))
    return [{"scope": r.scope, "at": r.at} for r in rows.scalars().all()]


async def _receipts(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(select(Receipt).where(Receipt.person_id == person_id).order_by(Receipt.at))
    return [{"number": r.number, "kind": r.kind, "at": r.at, "facts": r.facts} for r in rows.scalars().all()]


async def _talks(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Talks this person took part in: their own words and what was written about them, nobody else's words."""
    return [
        {
            "ref": str(Ref("T", talk.ref)),
            "role": talk.role.value,
            "opened": talk.opened_at,
            "closed": talk.closed_at,
            "kept": talk.kept.value,
            "co_sign": talk.co_sign.value,
            "notes": talk.notes,
            "notes_waiting": talk.notes_waiting,
            "amendment": talk.amendment,
            "messages": [{"at": line.at, "text": line.words or ""} for line in talk.lines],
        }
        for talk in await export_talks(session, vault, person_id)
    ]


async def _relays(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """That one waits or is open, and nothing else: whom it joins is the other side's too."""
    state = await relay_state(session, vault, person_id)
    return [{"state": state}] if state else []


async def _blocks(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(select(RelayBlock.at).where(RelayBlock.cadre_id == person_id).order_by(RelayBlock.at))
    return [{"day": at.date()} for at in rows.scalars()]


async def _questions(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(
        select(Prompt.kind, Prompt.state, Prompt.asked_at, Prompt.expires_at)
        .where(Prompt.person_id == person_id)
        .order_by(Prompt.asked_at)
    )
    return [{"kind": kind, "state": state, "asked": at, "until": until} for kind, state, at, until in rows]


async def _requests(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(
        select(RightsRequest).where(RightsRequest.person_id == person_id).order_by(RightsRequest.asked_at)
    )
    return [
        {"kind": r.kind, "state": r.state, "asked": r.asked_at, "due": r.due_at, "done": r.done_at}
        for r in rows.scalars().all()
    ]


async def _crises(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(select(Crisis).where(Crisis.person_id == person_id).order_by(Crisis.opened_at))
    return [{"state": c.state, "opened": c.opened_at, "closed": c.closed_at} for c in rows.scalars().all()]


async def _messages(session: AsyncSession, person_id: int) -> Rows:
    """Messages of the bot to this person: that and when, never again what they said (payloads go once sent)."""
    rows = await session.execute(
        select(OutboxMessage.kind, OutboxMessage.state, OutboxMessage.created_at, OutboxMessage.sent_at)
        .where(OutboxMessage.person_id == person_id)
        .order_by(OutboxMessage.position)
    )
    return [{"kind": kind, "state": state, "made": made, "sent": sent} for kind, state, made, sent in rows]


async def _codes(session: AsyncSession, person_id: int) -> Rows:
    rows = await session.execute(select(BindCode).where(BindCode.person_id == person_id))
    return [{"until": c.expires_at, "used": c.used_at} for c in rows.scalars().all()]


async def _audit(session: AsyncSession, person_id: int) -> Rows:
    """What was done with this person's data: action, role and day; who exactly stays out (P13)."""
    rows = await session.execute(
        select(AuditEntry).where(AuditEntry.subject_id == person_id).order_by(AuditEntry.at, AuditEntry.seq)
    )
    return [
        {"day": e.at.date(), "action": e.action, "role": e.actor_role, "ref": e.ref, "self": e.actor_id == person_id}
        for e in rows.scalars().all()
    ]
