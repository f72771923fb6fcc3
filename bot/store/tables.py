"""All tables in one place to import from."""

from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, RelaySeat
from bot.features.resource.tables import Resource, ResourceMatch
from bot.features.rights.tables import Download, RetentionRun, RightsRequest
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.wish.tables import Wish
from bot.store.base import Base
from bot.store.chat import Chat, ChatDay, ChatHost, Contact, RefNumber
from bot.store.delivery import AuditEntry, AuditHead, DataKey, EventKey, OutboxMessage, Prompt, Setting
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant

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
