"""What nearly every feature stands on, declared as features are: people, chats, consent, crises, and the outbox."""

from bot.core.feature import Feature, TodoSource
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.core.todo import questions
from bot.store.chat import Chat, ChatDay, ChatHost, Contact, RefNumber
from bot.store.delivery import AuditEntry, AuditHead, DataKey, EventKey, OutboxMessage, Prompt, Setting
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant

FEATURE = Feature(
    name="core",
    letters={"K": "contact"},
    tables=(
        *(Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant),
        *(Chat, ChatDay, ChatHost, Contact, RefNumber),
        *(Consent, ConsentRefusal, Crisis, Receipt),
        *(AuditEntry, AuditHead, DataKey, EventKey, OutboxMessage, Prompt, Setting),
    ),
    todo=(TodoSource(questions),),
)
