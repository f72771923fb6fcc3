"""待答问题 Prompt: asking, answering, expiring. One question is open per account; a crisis goes first, others wait."""

import json
import secrets
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Unpack

from sqlalchemy import bindparam, select

from bot.core.acts.calm import rests, yields
from bot.core.acts.question_words import key_of, put_again, speak
from bot.core.feature import Look, questions
from bot.core.question import Ask, Asked, Question
from bot.core.reads.questions import IN_LINE, PUT, WAITING, asked, still_asked, waiting
from bot.core.rules.message import Address
from bot.core.rules.say import Say
from bot.store import outbox
from bot.store.base import new_id
from bot.store.delivery import Prompt
from bot.store.outbox import Places, Sending, Words
from bot.store.people import Account, Person
from bot.store.unit import Unit

AT_ONCE: Final[Sending] = {"kind": "reply"}
"""For a question that answers what the person has just said: no quiet hours, no pacing; after the answer itself."""
EMPTY: Final = b""
"""What stays of a question's words once it is over."""


@dataclass(frozen=True, slots=True)
class QuestionOutdated(Say):
    """A question from before an upgrade that can no longer be answered: what to do instead."""

    template: ClassVar[str] = "common/question_outdated"


async def ask_person(unit: Unit, person_id: int, ask: Ask[Any], **how: Unpack[Sending]) -> bool:
    """Put a question to a person's newest account; False when they have none."""
    account = await unit.account_of(person_id)
    if account is None:
        return False
    await ask_account(unit, account, ask, **how)
    return True


async def ask_account(
    unit: Unit,
    account: Account,
    ask: Ask[Any],
    *,
    fallback: tuple[Address, Words] | None = None,
    **how: Unpack[Sending],
) -> None:
    """Put a question to an account, now or when its turn comes; an urgent one takes the turn at once, and one that
    the person needs for what they have just begun takes it from whatever else is asked.
    """
    if not await _alone(unit, account.id):
        return
    person = await unit.session.get_one(Person, account.person_id)
    prompt_id = new_id()
    words = Words.of(ask.say)
    own = unit.speaker_id == person.id
    facts = {"t": words.template, "d": words.data} | ask.question.pack(ask.data) | _asker(unit, ask, own)
    prompt = Prompt(
        id=prompt_id,
        account_id=account.id,
        person_id=account.person_id,
        kind=ask.question.kind,
        options=list(ask.options),
        takes_text=ask.takes_text,
        facts=await unit.seal_json(person.key_id, f"prompts:{prompt_id}:facts", facts),
        subject_id=ask.subject_id,
        urgent=ask.urgent,
        own=own and not ask.question.optional,
        state=IN_LINE,
        asked_at=unit.now,
        life=int(ask.life.total_seconds()),
        expires_at=unit.now + ask.life,
    )
    if not rests(person, prompt, unit.now) and await _takes_the_turn(unit, prompt):
        prompt.state = PUT
    unit.session.add(prompt)
    unit.unasked.discard(account.id)
    await unit.session.flush()
    if prompt.state == PUT:
        unit.asked.add(prompt_id)
        await speak(unit, account, person, prompt_id, words, urgent=ask.urgent, fallback=fallback, **how)


def _asker(unit: Unit, ask: Ask[Any], own: bool) -> dict[str, Any]:
    """Who hears that it could not be asked, and by which reference they know it."""
    if own or not unit.by_name or unit.speaker_id is None or ask.question.untold or ask.question.nameless:
        return {}
    return {"by": [unit.speaker_id, ask.say.ref_told]}


async def _takes_the_turn(unit: Unit, prompt: Prompt) -> bool:
    """Whether a new question is put now; one that is open and gives way comes again when it has its turn.

    A crisis goes first, what somebody began themselves before what the bot wants to know, and what may stay unanswered
    last.
    """
    open_one = next((one for one in await _waiting_for(unit, prompt.account_id) if one.state == PUT), None)
    if open_one is None:
        return True
    goes_before = (prompt.own and not open_one.urgent) or _rank(prompt) < _rank(open_one)
    first = prompt.urgent or (goes_before and open_one.id not in unit.asked)
    if not first and not await yields(unit, open_one, key_of(open_one.id)):
        return False
    if not await _holds(unit, open_one):
        return False
    await outbox.take_back(unit.session, key_of(open_one.id), person_id=open_one.person_id)
    open_one.state = IN_LINE
    await unit.session.flush()
    return True


def _rank(prompt: Prompt) -> int:
    question = questions().get(prompt.kind)
    return 0 if prompt.urgent else 1 if prompt.own else 3 if question is not None and question.optional else 2


async def _waiting_for(unit: Unit, account_id: int) -> list[Prompt]:
    """What an account is asked and will be, the next one first; what is known already is read only once."""
    if unit.alone and account_id in unit.unasked:
        return []
    found = await unit.session.execute(_OF_ACCOUNT, {"account": account_id})
    return sorted(found.scalars(), key=lambda one: (one.state != PUT, _rank(one), one.asked_at, one.id))


async def close_question(unit: Unit, question: Asked[Any], *, state: str = "answered", waits: bool = True) -> bool:
    """Take the answer: exactly one answer wins. The caller puts the next question when it has said its own.

    Words of it that still wait are taken back: a question that is over is not put, nor what it showed. ``waits``: False
    for who has just seen that none do.
    """
    seen = (Prompt.id == question.id, Prompt.version == question.version, WAITING)
    if not await unit.swap(Prompt, *seen, state=state, version=Prompt.version + 1, facts=EMPTY):
        return False
    if waits:
        await outbox.take_back(unit.session, key_of(question.id), person_id=question.person_id)
    return True


async def close_if_shown(unit: Unit, question: Asked[Any], *, before: int | None = None) -> bool:
    """Take the answer of somebody who has read the question; False: they had not, or another answer came first."""
    rows = await outbox.places(unit.session, key_of(question.id), person_id=question.person_id)
    shown = await _was_shown(unit, question, rows, before)
    return shown and await close_question(unit, question, waits=rows.waiting > 0)


async def _was_shown(unit: Unit, question: Asked[Any], rows: Places, before: int | None) -> bool:
    """Whether a question's words have gone out; if not they go out now, for its person is writing to us.

    Nobody agrees to what they have not read: not while it waits for the morning, nor when it could not be delivered,
    nor by words that came before it was put for the last time (``before``: their place; the second tap of a double
    one): a digit answers what was shown last (P2).
    """
    if not rows:
        return True
    if rows.left and not rows.unsent and (before is None or max(rows.left) < before):
        return True
    if not rows.left:
        await outbox.take_back(unit.session, key_of(question.id), person_id=question.person_id)
        await put_again(unit, await unit.session.get_one(Prompt, question.id), **AT_ONCE)
    return False


async def reword_questions(unit: Unit, question: Question[Any], *, subject_id: int, **changed: Any) -> None:
    """Change what waiting questions show: what is gone from a record may not be read in a question about it."""
    rows = await unit.session.execute(waiting(question, subject_id=subject_id))
    for prompt in rows.scalars().all():
        place = f"prompts:{prompt.id}:facts"
        text = await unit.open(place, prompt.facts)
        if not text:
            continue
        facts = json.loads(text)
        facts["d"] |= changed
        person = await unit.session.get_one(Person, prompt.person_id)
        prompt.facts = await unit.seal_json(person.key_id, place, facts)
        await unit.session.flush()
        if await outbox.take_back(unit.session, key_of(prompt.id), person_id=prompt.person_id):
            await put_again(unit, prompt)


async def cancel(
    unit: Unit,
    *kinds: Question[Any],
    subject_id: int | None = None,
    person_id: int | None = None,
    account_id: int | None = None,
    but: int | None = None,
    go_on: bool = True,
    skip_busy: bool = False,
) -> list[Asked[Any]]:
    """Take back questions whose reason is gone, with their words, and put the next ones; returns what was taken back.

    ``but``: one question that stays. ``go_on`` False: the caller puts the next questions when it has said its own.
    ``skip_busy`` leaves alone what is being answered at this moment: an answer holds its question and waits for the
    thing, so whoever holds the thing must not wait for the question; the answer finds out that it is over.
    """
    about = waiting(*kinds, subject_id=subject_id, person_id=person_id, account_id=account_id)
    if but is not None:
        about = about.where(Prompt.id != but)
    rows = await unit.session.execute(about.with_for_update(skip_locked=True) if skip_busy else about)
    over: list[Asked[Any]] = []
    for prompt in rows.scalars().all():
        question = await asked(unit.session, unit.vault, prompt)
        if await close_question(unit, question, state="cancelled"):
            over.append(question)
    if go_on:
        for account in dict.fromkeys(one.account_id for one in over):
            await put_next(unit, account)
    return over


def as_receipt(unit: Unit) -> Sending:
    """Push options that make a question's words a row like any receipt: nothing tells later what was asked (13.3)."""
    unit.replies += 1
    event = unit.key or secrets.token_bytes(32)
    return {"idem_key": f"rcpt:{event.hex()}:{unit.replies}", "kind": "reply", "priority": 1}


async def put_next(unit: Unit, account_id: int, *, traceless: bool = False) -> None:
    """Open the account's next waiting question, urgent ones first, then what they need for what they began, and send
    its words. After words of danger the others rest until it is calm no more.

    ``traceless``: what took the turn until now leaves no trace; that this question had to be put again would be one.
    """
    if not await _alone(unit, account_id):
        return
    prompts = await _waiting_for(unit, account_id)
    if not prompts or prompts[0].state == PUT:
        return
    person = await unit.session.get_one(Person, prompts[0].person_id)
    due = [one for one in prompts if not rests(person, one, unit.now)]
    due = [one for one in due if one.shown_at is None or one.expires_at > unit.now]
    alive = await still_asked(unit.session, [one.id for one in due], unit.now)
    prompt = next((one for one in due if one.id in alive), None)  # what is not alive is taken back by its tick
    if prompt is None or not await _holds(unit, prompt):
        return
    prompt.state = PUT
    await unit.session.flush()
    question = questions().get(prompt.kind)
    traceless = traceless or (question is not None and question.nameless)
    how: Sending = as_receipt(unit) if traceless else {}
    if await put_again(unit, prompt, **how):
        return
    prompt.state, prompt.version = "cancelled", prompt.version + 1  # what nobody can read keeps no other waiting
    await unit.session.flush()
    await put_next(unit, account_id, traceless=traceless)


async def end_calm(unit: Unit, person_id: int, _look: Look) -> bool:
    """The day after words of danger is over: what rested is put, one by one as ever."""
    person = await unit.session.get(Person, person_id)
    if person is None or person.calm_until is None or person.calm_until > unit.now:
        return False
    person.calm_until = None
    await unit.session.flush()
    accounts = await unit.session.execute(select(Account.id).where(Account.person_id == person_id))
    for account_id in accounts.scalars().all():
        await put_next(unit, account_id)
    return True


_OF_ACCOUNT: Final = (
    select(Prompt)
    .where(Prompt.account_id == bindparam("account"), WAITING)
    .order_by(Prompt.asked_at, Prompt.id)
    .execution_options(populate_existing=True)
)


async def _alone(unit: Unit, account_id: int) -> bool:
    """One at a time for an account: on PostgreSQL two units would both find nothing open, and one would fail.

    False when the account is gone meanwhile, with its person or without. On SQLite a unit is alone anyway.
    """
    if unit.alone:
        return await unit.session.get(Account, account_id) is not None
    found = await unit.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    return found.scalar_one_or_none() is not None


async def _holds(unit: Unit, prompt: Prompt) -> bool:
    """Lock a question as it was read; False when it is over or being answered: who ends it puts the next one.

    They hold the question and wait for the account, which we hold.
    """
    seen = (Prompt.id == prompt.id, Prompt.state == prompt.state, Prompt.version == prompt.version)
    lock = select(Prompt.id).where(*seen).with_for_update(skip_locked=True)
    return (await unit.session.execute(lock)).scalar_one_or_none() is not None
