"""What nearly every feature stands on, declared as features are: people, chats, consent, crises, and the outbox."""

from datetime import timedelta
from typing import Final

from bot.core.acts import chat, erase
from bot.core.acts.bind import UNBIND
from bot.core.acts.consent import QUESTION as SCOPE
from bot.core.acts.consent import SECOND
from bot.core.acts.consent_which import GIVE, WITHDRAW
from bot.core.acts.crisis import QUESTION as CONTACT
from bot.core.acts.crisis_call import FOLLOW_UP
from bot.core.acts.dictate import CONTENT
from bot.core.acts.download import DOWNLOAD, DOWNLOAD_LIFE, HAS_LINK, NIGHT, can_be_fetched
from bot.core.acts.expire import EXPIRIES
from bot.core.acts.join_answers import AGE, NAME
from bot.core.acts.leave import DATA, WHICH
from bot.core.acts.question_words import WORDS_OF
from bot.core.acts.unshown import question_became
from bot.core.acts.withdrawal import STORED
from bot.core.feature import EVER, Feature, Heard, Standing, Stranded, Times, TodoSource
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.core.reads import export
from bot.core.reads.crises import stranded_crises
from bot.core.reads.questions import WAITING, is_open
from bot.core.reads.stand_in import stranded_contacts
from bot.core.rules.bind import CODE_LIFE
from bot.core.rules.crisis import CRISIS_CLOCK, LONGEST_CALM
from bot.core.rules.message import Notice, NoticeKind
from bot.core.tables import Consent, ConsentRefusal, Crisis, Download, Receipt
from bot.core.ticks import TICKS
from bot.core.todo import asked_of_offices
from bot.store.chat import Chat, ChatDay, ChatHost, Contact, RefNumber
from bot.store.delivery import AuditEntry, AuditHead, DataKey, EventKey, LatestTime, OutboxMessage, Prompt, Setting
from bot.store.outbox import APPOINTED
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant
from bot.store.unit import Unit

RETRY: Final = timedelta(minutes=5)
"""No message waits longer than this for its next try after one that told an error."""
FORTNIGHT: Final = timedelta(days=14)
"""No morning that is waited for is farther away."""
_APPOINTED: Final = OutboxMessage.idem_key.startswith(APPOINTED, autoescape=True)
_WAITS: Final = OutboxMessage.state.in_(("ready", "unknown"))


async def _member_left(unit: Unit, notice: Notice) -> None:
    await chat.member_left(unit, *notice.chat_key, notice.subject_id)


async def _bot_removed(unit: Unit, notice: Notice) -> None:
    await chat.bot_removed(unit, *notice.chat_key)


FEATURE = Feature(
    name="core",
    letters={"K": "contact"},
    tables=(
        *(Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant),
        *(Chat, ChatDay, ChatHost, Contact, RefNumber),
        *(Consent, ConsentRefusal, Crisis, Download, Receipt),
        *(AuditEntry, AuditHead, DataKey, EventKey, LatestTime, OutboxMessage, Prompt, Setting),
    ),
    questions=(UNBIND, SCOPE, SECOND, GIVE, WITHDRAW, STORED, CONTACT, FOLLOW_UP, AGE, NAME, DATA, WHICH, CONTENT),
    stranded=(Stranded("contact", stranded_contacts), Stranded("crisis", stranded_crises)),
    todo=(TodoSource(asked_of_offices),),
    erasures=(
        Erasure(Stage.LIVE, erase.signal_chats_of),
        Erasure(Stage.RECORDS, erase.erase_outbox),
        Erasure(Stage.QUESTIONS, erase.erase_questions),
        Erasure(Stage.ROWS, erase.erase_rows),
        Erasure(Stage.IDENTITY, erase.erase_identity),
    ),
    rostered=erase.holds_office_or_group,
    sections=(
        Section("accounts", export.export_accounts, 10),
        Section("note", export.export_note, 15),
        Section("roles", export.export_roles, 20),
        Section("contacts", export.export_contacts, 30),
        Section("chats", export.export_chats, 40),
        Section("consents", export.export_consents, 50, [(Consent.withdrawn_at, Consent.person_id)]),
        Section("refusals", export.export_refusals, 60),
        Section("receipts", export.export_receipts, 70),
        Section("questions", export.export_questions, 150),
        Section("crises", export.export_crises, 170),
        Section("messages", export.export_messages, 180),
        Section("codes", export.export_codes, 190),
        Section("audit", export.export_audit, 200),
    ),
    held=(
        counted("accounts", Account.person_id),
        counted("withdrawn", Consent.person_id, Consent.withdrawn_at.is_not(None)),
        counted("receipts", Receipt.person_id),
        counted("questions", Prompt.person_id, WAITING),
        counted("crises", Crisis.person_id),
        counted("downloads", Download.person_id),
        counted("sent", OutboxMessage.person_id),
    ),
    audits=(
        *("account.bound", "account.unbound"),
        *("bind.locked", "bind.frozen"),
        *("chat.linked", "chat.co_host", "chat.co_host_left", "chat.unlinked", "chat.lost"),
        *("contact.begun", "contact.ended", "contact.not_in_group"),
        *("consent.given", "consent.withdrawn"),
        "stored.deleted",
        *(
            "crisis.opened",
            "crisis.contact_wanted",
            "crisis.taken",
            "crisis.reached",
            "crisis.not_reached",
            "crisis.rota_empty",
        ),
        *("crisis.overdue", "crisis.ended"),
        *("read.crisis_call", "read.youths"),
        *("person.named", "person.invited", "person.away", "role.ended", "person.erased"),
        "join.under_14",
        *("reminders.on", "reminders.off"),
        "roster.imported",
        "qq_risk.accepted",
        "denied",
        "keys.rotated",
    ),
    notices=(Heard(NoticeKind.MEMBER_LEFT, _member_left), Heard(NoticeKind.BOT_REMOVED, _bot_removed)),
    kept={
        "role_grants: erasure": "the organisation's roster; who stands in it loses the youth's side only",
        "chats.owner_id: erasure": "whoever looks after a group is of the roster",
        "crises.duty_id: erasure": "a duty officer's, who is of the roster",
        "audit_entries: erasure": "a chain cannot lose a link; its random id leads nowhere once the person is gone",
        "downloads: export": "the export itself, or a file that was just asked for; 15 minutes",
        "bind_attempts: export": "two hours old at most, and nothing but that a code was wrong",
        "people: expiry": "until the person deletes their data, or never finishes joining",
        "accounts: expiry": "as long as the person is here, or until 解绑",
        "contacts: expiry": "as long as the person is here: what has ended is shown to them as ended",
        "consents: expiry": "as long as the person is here: what was agreed to must be shown; proofs are the receipts",
        "role_grants: expiry": "the organisation's roster, which the organisation changes",
        "chats: expiry": "a group and who linked it; no word of it is kept",
        "chat_hosts: expiry": "as long as the cadre looks after the group",
    },
    ticks=TICKS,
    standings=(
        Standing(WORDS_OF, is_open, question_became, tells=True, one_statement=True),
        Standing(DOWNLOAD, can_be_fetched),
    ),
    expiries=EXPIRIES,
    times=Times(
        past=(
            *(Person.created_at, Account.bound_at, BindCode.used_at, BindAttempt.at, RoleGrant.since),
            *(Chat.linked_at, Chat.unlinked_at, ChatHost.since),
            *(Contact.since, Contact.last_contact_at, Contact.ended_at),
            *(Consent.given_at, Consent.withdrawn_at, ConsentRefusal.at),
            *(Crisis.opened_at, Crisis.seen_at, Crisis.reminded_at, Crisis.closed_at, OutboxMessage.sent_at),
        ),
        capped=(
            (OutboxMessage.not_before, FORTNIGHT, _WAITS & _APPOINTED),
            (OutboxMessage.not_before, RETRY, _WAITS & OutboxMessage.error.is_not(None)),
            (Crisis.due_at, CRISIS_CLOCK, Crisis.closed_at.is_(None)),
            (BindCode.expires_at, CODE_LIFE, EVER),
            (Download.expires_at, DOWNLOAD_LIFE, HAS_LINK),
            (Download.expires_at, NIGHT, ~HAS_LINK),
            (Person.calm_until, LONGEST_CALM, Person.calm_until.is_not(None)),
        ),
        shifted=(
            (OutboxMessage.created_at, (OutboxMessage.not_before, OutboxMessage.expires_at), _WAITS & ~_APPOINTED),
            (OutboxMessage.created_at, (), _WAITS & _APPOINTED),
            (Prompt.asked_at, (Prompt.shown_at, Prompt.expires_at), WAITING),
        ),
    ),
)
