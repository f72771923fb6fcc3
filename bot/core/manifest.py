"""What nearly every feature stands on, declared as features are: people, chats, consent, crises, and the outbox."""

from bot.core.acts.bind import UNBIND
from bot.core.acts.consent import QUESTION as SCOPE
from bot.core.acts.consent import SECOND
from bot.core.acts.consent_which import GIVE, WITHDRAW
from bot.core.acts.crisis import QUESTION as CONTACT
from bot.core.acts.crisis_call import FOLLOW_UP
from bot.core.acts.join_answers import AGE, NAME
from bot.core.acts.leave import DATA, WHICH
from bot.core.acts.withdrawal import STORED
from bot.core.feature import Feature, TodoSource
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.core.todo import asked_of_offices
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
    questions=(UNBIND, SCOPE, SECOND, GIVE, WITHDRAW, STORED, CONTACT, FOLLOW_UP, AGE, NAME, DATA, WHICH),
    todo=(TodoSource(asked_of_offices),),
)
