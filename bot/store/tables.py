"""All tables in one place to import from."""

from bot.store.anonymous import AnonymousVoice
from bot.store.base import Base
from bot.store.chat import Chat, ChatDay, ChatHost, Contact, RefNumber
from bot.store.consent import (
    Consent,
    ConsentRefusal,
    Crisis,
    Download,
    Receipt,
    RetentionRun,
    RightsRequest,
)
from bot.store.delivery import AuditEntry, AuditHead, DataKey, EventKey, OutboxMessage, Prompt, Setting
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant
from bot.store.relay import Relay, RelayAfter, RelayBlock, RelaySeat
from bot.store.talk import Gap, Talk, TalkMessage, TalkPart
from bot.store.voice import Consultation, ConsultationAnswer, Escalation, Voice, VoiceAnswer
from bot.store.wish import Resource, ResourceMatch, Wish

__all__ = [
    "Account",
    "AnonymousVoice",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BindAttempt",
    "BindCode",
    "Chat",
    "ChatDay",
    "ChatHost",
    "Consent",
    "ConsentRefusal",
    "Consultation",
    "ConsultationAnswer",
    "Contact",
    "Crisis",
    "DataKey",
    "Download",
    "Escalation",
    "EventKey",
    "Gap",
    "OrgUnit",
    "OutboxMessage",
    "Person",
    "Prompt",
    "Receipt",
    "RefNumber",
    "Relay",
    "RelayAfter",
    "RelayBlock",
    "RelaySeat",
    "Resource",
    "ResourceMatch",
    "RetentionRun",
    "RightsRequest",
    "RoleGrant",
    "Setting",
    "Talk",
    "TalkMessage",
    "TalkPart",
    "Voice",
    "VoiceAnswer",
    "Wish",
]
