"""同意: giving, refusing and withdrawing a scope, and asking for one (P1, P2, P5, P8, P10a).

A refusal writes no audit row: the chain is kept for years, and no list of those who said no may exist (P5).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.asking import ask_speaker
from bot.core.acts.prompt import ask_person, cancel, close_question, put_next
from bot.core.acts.react import happened
from bot.core.acts.receipt import new_receipt
from bot.core.events import WithdrawnWhileAway
from bot.core.question import Ask, Asked, Asks, Question, always
from bot.core.reads.consent import chat_of, has_consent, said_no_at
from bot.core.reads.contacts import is_in_chat
from bot.core.reads.questions import asked, is_waiting, waiting
from bot.core.rules.consent import (
    PER_CHAT,
    ConsentScope,
    ConsentText,
    ConsentTexts,
    may_ask,
    may_be_recorded,
)
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.say import Say
from bot.core.tables import Consent, ConsentRefusal, Receipt
from bot.store.chat import Chat
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ScopeData:
    """What is asked for: the scope, for 原话 the group, and the hash of the words shown (P8)."""

    scope: str
    chat_id: int | None
    hash: str


QUESTION: Final = Question("consent.scope", Asks.YOUTH, ScopeData, no="no", reason=always)
SECOND: Final = Question("consent.second", Asks.YOUTH, ScopeData, no="no", reason=always)
OPTIONS: Final = ("yes", "no")
RECEIPT: Final = "C"
"""Letter of receipts of consents and withdrawals."""


@dataclass(frozen=True, slots=True)
class ScopeAsked(Say):
    """The question for one scope, with its whole text."""

    template: ClassVar[str] = "consent/asked"
    scope: ConsentScope
    text: str


@dataclass(frozen=True, slots=True)
class SecondAsked(Say):
    """The second, simple question to somebody of 14 to 17 (P10a)."""

    template: ClassVar[str] = "consent/second"
    scope: ConsentScope
    text: str


# --- asking ----------------------------------------------------------------------------------------------------------


async def may_ask_scope(
    session: AsyncSession, person_id: int, scope: ConsentScope, chat_id: int | None, now: datetime
) -> bool:
    """Whether the bot may put the question: undecided, no refusal or withdrawal within 90 days (P5), none waiting.

    Nobody is asked who has not joined, or whose age band is unknown or under 14 (P10).
    """
    person = await session.get(Person, person_id)
    if person is None or person.state != "active" or not person.is_youth:
        return False
    if not may_be_recorded(AgeBand(person.age_band) if person.age_band else None):
        return False
    if await is_waiting(session, QUESTION, SECOND, person_id=person_id, now=now):
        return False
    decided = await has_consent(session, person_id, scope, chat_id)
    return may_ask(decided=decided, refused_at=await said_no_at(session, person_id, scope, chat_id), now=now)


async def ask_scope(unit: Unit, person_id: int, scope: ConsentScope, chat_id: int | None, texts: ConsentTexts) -> bool:
    """Put the question for a scope when it is first needed; False when it may not be put or nobody can be reached."""
    if not await may_ask_scope(unit.session, person_id, scope, chat_id, unit.now):
        return False
    return await put_scope_question(unit, person_id, scope, chat_id, texts.of(scope), QUESTION)


async def put_scope_question(
    unit: Unit,
    person_id: int,
    scope: ConsentScope,
    chat_id: int | None,
    text: ConsentText,
    question: Question[ScopeData],
    *,
    speaker: Actor | None = None,
) -> bool:
    """Put a question for a scope; to the account of ``speaker`` when it follows from what they just said."""
    say = (SecondAsked if question is SECOND else ScopeAsked)(scope, text.text)
    chat = chat_of(scope, chat_id)
    ask = Ask(question, OPTIONS, say, ScopeData(scope.value, chat, text.hash), subject_id=chat)
    if speaker is not None:
        return await ask_speaker(unit, speaker, ask)
    return await ask_person(unit, person_id, ask)


async def take_back_questions(unit: Unit, person_id: int, scope: ConsentScope) -> None:
    """Close questions for a scope that was decided by other words meanwhile."""
    rows = await unit.session.execute(waiting(QUESTION, SECOND, person_id=person_id))
    for prompt in rows.scalars().all():
        question = await asked(unit.session, unit.vault, prompt)
        about = question.data is not None and question.data.scope == scope
        if about and await close_question(unit, question, state="cancelled"):
            await put_next(unit, prompt.account_id)


@QUESTION.when_silent
@SECOND.when_silent
async def unanswered(unit: Unit, question: Asked[ScopeData]) -> None:
    """Silence for the life of the question: not asked again for 90 days, as after a no."""
    await refuse(unit, question.person_id, ConsentScope(question.data.scope), question.data.chat_id)


# --- giving, refusing, withdrawing -----------------------------------------------------------------------------------


async def may_give(unit: Unit, person_id: int, scope: ConsentScope, chat_id: int | None) -> bool:
    """Whether a yes means anything now: joined, old enough, and for 原话 still in that linked group."""
    person = await unit.session.get(Person, person_id)
    if person is None or person.state != "active" or not person.is_youth:
        return False
    if not may_be_recorded(AgeBand(person.age_band) if person.age_band else None):
        return False
    chat = chat_of(scope, chat_id)
    return chat is None or await is_in_chat(unit.session, person_id, chat)


async def give(
    unit: Unit,
    person_id: int,
    scope: ConsentScope,
    chat_id: int | None,
    text: ConsentText,
    *,
    channel: str,
    actor: Actor | None = None,
) -> str:
    """Record a yes with its receipt; returns the receipt's number. The caller has asked ``may_give``."""
    chat = chat_of(scope, chat_id)
    await _end(unit, person_id, scope, chat)
    await _forget_refusal(unit, person_id, scope, chat)
    unit.session.add(
        Consent(
            person_id=person_id,
            scope=scope.value,
            chat_id=chat,
            text_version=text.version,
            text_hash=text.hash,
            channel=channel,
            given_at=unit.now,
        )
    )
    facts = {"scope": scope.value, "version": text.version, "hash": text.hash, "channel": channel}
    number = await _receipt(unit, "consent", person_id, facts)
    await unit.audit(
        actor,
        "consent.given",
        role=Role.YOUTH,
        subject_id=person_id,
        ref=number,
        scope=scope.value,
        version=text.version,
    )
    await signal_chats(unit, chat)
    return number


async def refuse(unit: Unit, person_id: int, scope: ConsentScope, chat_id: int | None = None) -> None:
    """Remember that this question is not to be put again for 90 days; a scope already given stays given."""
    chat = chat_of(scope, chat_id)
    if await has_consent(unit.session, person_id, scope, chat):
        return
    await _forget_refusal(unit, person_id, scope, chat)
    unit.session.add(ConsentRefusal(person_id=person_id, scope=scope.value, chat_id=chat, at=unit.now))
    await unit.session.flush()


async def withdraw(
    unit: Unit,
    person_id: int,
    scope: ConsentScope,
    chat_id: int | None = None,
    *,
    actor: Actor | None = None,
    why: str = "withdrawn",
    later_too: bool = False,
) -> str | None:
    """End a scope at once; 原话 without ``chat_id`` ends in all groups. Returns the receipt, None if nothing was given.

    Words that were said while the bot was away end what had been given by then (``later_too``: and since).
    With ``phone_check`` nothing else has to be dropped: no number is ever kept (the text of that scope says so).
    """
    await take_back_questions(unit, person_id, scope)
    chat = chat_id if scope in PER_CHAT else None
    until = unit.said.at if unit.said is not None and not later_too else None
    ended = await _end(unit, person_id, scope, chat, all_chats=chat_id is None, until=until)
    if unit.said is not None and scope is ConsentScope.ORIGINAL_MESSAGES:
        await happened(unit, WithdrawnWhileAway(person_id, chat, unit.said))
    if not ended:
        return None
    version, text_hash = ended[-1].text_version, ended[-1].text_hash
    facts = {"scope": scope.value, "version": version, "hash": text_hash, "why": why, "n": len(ended)}
    number = await _receipt(unit, "withdrawal", person_id, facts)
    await unit.audit(
        actor, "consent.withdrawn", role=Role.YOUTH, subject_id=person_id, ref=number, scope=scope.value, why=why
    )
    await signal_chats(unit, *(row.chat_id for row in ended))
    return number


async def end_consents_of_chat(unit: Unit, chat_id: int, *, why: str) -> int:
    """End 原话 of everybody in one group, each with a receipt: what follows has other readers or none (P8)."""
    scope = ConsentScope.ORIGINAL_MESSAGES
    rows = await unit.session.execute(
        select(Consent.person_id).where(
            Consent.chat_id == chat_id, Consent.scope == scope.value, Consent.withdrawn_at.is_(None)
        )
    )
    people = sorted(set(rows.scalars()))
    for person_id in people:
        await withdraw(unit, person_id, scope, chat_id, why=why, later_too=True)
    await cancel(unit, QUESTION, SECOND, subject_id=chat_id)
    return len(people)


async def _end(
    unit: Unit,
    person_id: int,
    scope: ConsentScope,
    chat: int | None,
    *,
    all_chats: bool = False,
    until: datetime | None = None,
) -> list[Consent]:
    statement = select(Consent).where(
        Consent.person_id == person_id, Consent.scope == scope.value, Consent.withdrawn_at.is_(None)
    )
    if not all_chats:
        statement = statement.where(Consent.chat_id.is_(None) if chat is None else Consent.chat_id == chat)
    if until is not None:
        statement = statement.where(Consent.given_at < until + timedelta(seconds=1))
    rows = list((await unit.session.execute(statement.order_by(Consent.given_at))).scalars())
    for row in rows:
        row.withdrawn_at = max(row.given_at, unit.moment)
    await unit.session.flush()
    return rows


async def _forget_refusal(unit: Unit, person_id: int, scope: ConsentScope, chat: int | None) -> None:
    await unit.session.execute(
        delete(ConsentRefusal).where(
            ConsentRefusal.person_id == person_id,
            ConsentRefusal.scope == scope.value,
            ConsentRefusal.chat_id.is_(None) if chat is None else ConsentRefusal.chat_id == chat,
        )
    )


async def _receipt(unit: Unit, kind: str, person_id: int, facts: dict[str, Any]) -> str:
    number = await new_receipt(unit, RECEIPT)
    unit.session.add(Receipt(number=number, kind=kind, person_id=person_id, at=unit.now, facts=facts))
    await unit.session.flush()
    return number


async def signal_chats(unit: Unit, *chat_ids: int | None) -> None:
    """Have the recorder reload these groups before it looks at the next message."""
    for chat_id in {c for c in chat_ids if c is not None}:
        chat = await unit.session.get(Chat, chat_id)
        if chat is not None:
            unit.signal("chat", (chat.channel, chat.bot_id, chat.native_id))
