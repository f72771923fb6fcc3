"""What nearly every feature stands on, declared as features are: people, chats, consent, crises, and the outbox."""

from datetime import timedelta
from typing import Final

from bot.core.acts.bind import UNBIND
from bot.core.acts.consent import QUESTION as SCOPE
from bot.core.acts.consent import SECOND
from bot.core.acts.consent_which import GIVE, WITHDRAW
from bot.core.acts.crisis import QUESTION as CONTACT
from bot.core.acts.crisis_call import FOLLOW_UP
from bot.core.acts.expire import EXPIRIES
from bot.core.acts.join_answers import AGE, NAME
from bot.core.acts.leave import DATA, WHICH
from bot.core.acts.withdrawal import STORED
from bot.core.feature import EVER, Feature, Times, TodoSource
from bot.core.reads.questions import WAITING
from bot.core.rules.bind import CODE_LIFE
from bot.core.rules.crisis import CRISIS_CLOCK
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.core.ticks import TICKS
from bot.core.todo import asked_of_offices
from bot.store.chat import Chat, ChatDay, ChatHost, Contact, RefNumber
from bot.store.delivery import AuditEntry, AuditHead, DataKey, EventKey, LatestTime, OutboxMessage, Prompt, Setting
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant

RETRY: Final = timedelta(minutes=5)
"""No message waits longer than this for its next try after one that told an error."""
_WAITS: Final = OutboxMessage.state.in_(("ready", "unknown"))

FEATURE = Feature(
    name="core",
    letters={"K": "contact"},
    tables=(
        *(Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant),
        *(Chat, ChatDay, ChatHost, Contact, RefNumber),
        *(Consent, ConsentRefusal, Crisis, Receipt),
        *(AuditEntry, AuditHead, DataKey, EventKey, LatestTime, OutboxMessage, Prompt, Setting),
    ),
    questions=(UNBIND, SCOPE, SECOND, GIVE, WITHDRAW, STORED, CONTACT, FOLLOW_UP, AGE, NAME, DATA, WHICH),
    todo=(TodoSource(asked_of_offices),),
    ticks=TICKS,
    expiries=EXPIRIES,
    times=Times(
        past=(
            *(Person.created_at, Account.bound_at, BindCode.used_at, BindAttempt.at, RoleGrant.since),
            *(Chat.linked_at, Chat.unlinked_at, ChatHost.since),
            *(Contact.since, Contact.last_contact_at, Contact.ended_at),
            *(Consent.given_at, Consent.withdrawn_at, ConsentRefusal.at),
            *(Crisis.opened_at, Crisis.reminded_at, Crisis.closed_at, OutboxMessage.sent_at),
        ),
        capped=(
            (OutboxMessage.not_before, RETRY, _WAITS & OutboxMessage.error.is_not(None)),
            (Crisis.due_at, CRISIS_CLOCK, Crisis.closed_at.is_(None)),
            (BindCode.expires_at, CODE_LIFE, EVER),
        ),
        shifted=(
            (OutboxMessage.created_at, (OutboxMessage.not_before, OutboxMessage.expires_at), _WAITS),
            (Prompt.asked_at, (Prompt.expires_at,), WAITING),
        ),
    ),
)
