"""待答问题 Prompt: asking, answering, expiring. One question is open per account; a crisis goes first, others wait."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Unpack

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.calm import calm_for, yields
from bot.core.rules.message import Address
from bot.core.rules.say import Say, from_plain, to_plain
from bot.store import outbox
from bot.store.base import new_id
from bot.store.delivery import Prompt
from bot.store.outbox import Sending, Words
from bot.store.people import Account, Person
from bot.store.sealing import Vault
from bot.store.unit import Unit

AT_ONCE: Final[Sending] = {"kind": "reply"}
"""For a question that answers what the person has just said: no quiet hours, no pacing; after the answer itself."""
PROMPT_LIFE: Final = timedelta(days=7)
"""A question that nobody answers ends after a week (commands.md: unanswered for 7 days)."""
BOTS_OWN: Final = frozenset({"consent", "talk", "join"})
"""Questions the bot puts of its own accord; the others follow from what the person asked for."""
NAMELESS: Final = "anonymous."
"""Kinds whose rows are deleted with their answer: no other row may name one (13.3)."""
EMPTY: Final = b""
"""What stays of a question's words once it is over."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to put: its kind, the options' keys, the words, and what its answer will need."""

    kind: str
    options: tuple[str, ...]
    say: Say
    data: dict[str, Any] = field(default_factory=dict)
    subject_id: int | None = None
    takes_text: bool = False
    urgent: bool = False
    life: timedelta = PROMPT_LIFE


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question as the answer's handler sees it."""

    id: int
    version: int
    kind: str
    options: tuple[str, ...]
    takes_text: bool
    person_id: int
    account_id: int
    subject_id: int | None
    data: dict[str, Any] = field(repr=False)


async def ask_person(unit: Unit, person_id: int, ask: Ask, **how: Unpack[Sending]) -> bool:
    """Put a question to a person's newest account; False when they have none."""
    account = await unit.account_of(person_id)
    if account is None:
        return False
    await ask_account(unit, account, ask, **how)
    return True


async def ask_account(
    unit: Unit, account: Account, ask: Ask, *, fallback: tuple[Address, Words] | None = None, **how: Unpack[Sending]
) -> None:
    """Put a question to an account, now or when its turn comes; an urgent one takes the turn at once."""
    if not await _alone(unit, account.id):
        return
    open_one = await _open_prompt(unit.session, account.id)
    gives_way = open_one is not None and (ask.urgent or await yields(unit, open_one, _key(open_one.id)))
    if open_one is not None and gives_way and await _holds(unit, open_one):
        open_one.state = "queued"
        await unit.session.flush()
        open_one = None
    person = await unit.session.get_one(Person, account.person_id)
    prompt_id = new_id()
    words = Words.of(ask.say)
    facts = {"t": words.template, "d": words.data, "data": to_plain(ask.data)}
    unit.session.add(
        Prompt(
            id=prompt_id,
            account_id=account.id,
            person_id=account.person_id,
            kind=ask.kind,
            options=list(ask.options),
            takes_text=ask.takes_text,
            facts=await unit.seal_json(person.key_id, f"prompts:{prompt_id}:facts", facts),
            subject_id=ask.subject_id,
            urgent=ask.urgent,
            state="queued" if open_one is not None else "open",
            asked_at=unit.now,
            expires_at=unit.now + ask.life,
        )
    )
    await unit.session.flush()
    if open_one is None:
        await _speak(unit, account, person, prompt_id, words, urgent=ask.urgent, fallback=fallback, **how)


async def open_question(session: AsyncSession, vault: Vault, account_id: int, *, now: datetime) -> Asked | None:
    """The question this account is being asked, if any; one past its time does not count."""
    prompt = await _open_prompt(session, account_id)
    if prompt is None or prompt.expires_at <= now:
        return None
    return await asked(session, vault, prompt)


async def asked(session: AsyncSession, vault: Vault, prompt: Prompt) -> Asked:
    """A prompt's row, opened."""
    text = await vault.read(session, f"prompts:{prompt.id}:facts", prompt.facts)
    facts: dict[str, Any] = json.loads(text) if text else {"data": {}}
    return Asked(
        prompt.id,
        prompt.version,
        prompt.kind,
        tuple(prompt.options),
        prompt.takes_text,
        prompt.person_id,
        prompt.account_id,
        prompt.subject_id,
        from_plain(facts["data"]),
    )


async def close_question(unit: Unit, question: Asked, *, state: str = "answered") -> bool:
    """Take the answer: exactly one answer wins. The caller puts the next question when it has said its own.

    Words of it that still wait are taken back: a question that is over is not put, nor what it showed.
    """
    done = await unit.session.execute(
        update(Prompt)
        .where(Prompt.id == question.id, Prompt.version == question.version, Prompt.state.in_(("open", "queued")))
        .values(state=state, version=Prompt.version + 1, facts=EMPTY)
        .returning(Prompt.id)
        .execution_options(synchronize_session=False)
    )
    if done.scalar_one_or_none() is None:
        return False
    await outbox.take_back(unit.session, _key(question.id), person_id=question.person_id)
    return True


async def put_unless_shown(unit: Unit, question: Asked, *, before: int | None = None) -> bool:
    """Whether a question's words have gone out; if not they go out now, for its person is writing to us.

    Nobody agrees to what they have not read: not while it waits for the morning, nor when it could not be delivered,
    nor by words that came before it was put (``before``: their place; the second tap of a double one) (P2).
    """
    rows = await outbox.places(unit.session, _key(question.id), person_id=question.person_id)
    if not rows or any(before is None or place < before for place in rows.left):
        return True
    if not rows.left:
        await outbox.take_back(unit.session, _key(question.id), person_id=question.person_id)
        await _put_again(unit, await unit.session.get_one(Prompt, question.id), **AT_ONCE)
    return False


async def reword_questions(unit: Unit, *, subject_id: int, kind: str, **changed: Any) -> None:
    """Change what waiting questions show: what is gone from a record may not be read in a question about it."""
    rows = await unit.session.execute(
        select(Prompt).where(Prompt.subject_id == subject_id, Prompt.kind == kind, Prompt.state.in_(("open", "queued")))
    )
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
        if await outbox.take_back(unit.session, _key(prompt.id), person_id=prompt.person_id):
            await _put_again(unit, prompt)


async def cancel_questions(unit: Unit, *, subject_id: int, kind: str, skip_busy: bool = False) -> None:
    """Take back questions about something that is over.

    ``skip_busy`` leaves alone what is being answered at this moment: an answer holds its question and waits for the
    thing, so whoever holds the thing must not wait for the question; the answer finds out that it is over.
    """
    about = select(Prompt).where(
        Prompt.subject_id == subject_id, Prompt.kind == kind, Prompt.state.in_(("open", "queued"))
    )
    rows = await unit.session.execute(about.with_for_update(skip_locked=True) if skip_busy else about)
    for prompt in rows.scalars().all():
        if await close_question(unit, await asked(unit.session, unit.vault, prompt), state="cancelled"):
            await put_next(unit, prompt.account_id)


def as_receipt(unit: Unit) -> Sending:
    """Push options that make a question's words a row like any receipt: nothing tells later what was asked (13.3)."""
    unit.replies += 1
    event = unit.key or secrets.token_bytes(32)
    return {"idem_key": f"rcpt:{event.hex()}:{unit.replies}", "kind": "reply", "priority": 1}


async def put_next(unit: Unit, account_id: int, *, calm: bool = False, traceless: bool = False) -> None:
    """Open the account's next waiting question, urgent ones first, and send its words.

    ``calm``: a crisis has just been spoken of, so what the bot itself wants to know waits for hours; its words are not
    out until then, and nobody answers what they have not read (``put_unless_shown``). ``traceless``: what took the turn
    until now leaves no trace, and that this question had to be put again would be one.
    """
    await _alone(unit, account_id)
    if await _open_prompt(unit.session, account_id) is not None:
        return
    found = await unit.session.execute(
        select(Prompt)
        .where(Prompt.account_id == account_id, Prompt.state == "queued", Prompt.expires_at > unit.now)
        .order_by(Prompt.urgent.desc(), Prompt.asked_at, Prompt.id)
        .limit(1)
    )
    prompt = found.scalar_one_or_none()
    account = await unit.session.get(Account, account_id)
    if prompt is None or account is None:
        return
    prompt.state = "open"
    await unit.session.flush()
    own = prompt.kind.partition(".")[0] in BOTS_OWN
    until = await calm_for(unit, prompt.person_id, just_now=calm) if own else None
    traceless = traceless or prompt.kind.startswith(NAMELESS)
    how: Sending = as_receipt(unit) if traceless else {"not_before": until}
    await _put_again(unit, prompt, **how)


async def expired_questions(unit: Unit, *, limit: int = 200) -> list[Asked]:
    """Questions past their time, still to be closed by whoever knows what silence means."""
    rows = await unit.session.execute(
        select(Prompt)
        .where(Prompt.state.in_(("open", "queued")), Prompt.expires_at <= unit.now)
        .order_by(Prompt.expires_at)
        .limit(limit)
    )
    return [await asked(unit.session, unit.vault, prompt) for prompt in rows.scalars().all()]


async def _alone(unit: Unit, account_id: int) -> bool:
    """One at a time for an account: on PostgreSQL two units would both find nothing open, and one would fail.

    False when the account is gone meanwhile, with its person or without.
    """
    found = await unit.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    return found.scalar_one_or_none() is not None


async def _holds(unit: Unit, prompt: Prompt) -> bool:
    """Lock a question; False while it is being answered: whoever answers then puts the next one, urgent ones first.

    They hold the question and wait for the account, which we hold.
    """
    lock = select(Prompt.id).where(Prompt.id == prompt.id, Prompt.state == "open").with_for_update(skip_locked=True)
    return (await unit.session.execute(lock)).scalar_one_or_none() is not None


async def _open_prompt(session: AsyncSession, account_id: int) -> Prompt | None:
    found = await session.execute(select(Prompt).where(Prompt.account_id == account_id, Prompt.state == "open"))
    return found.scalar_one_or_none()


def _key(prompt_id: int) -> str:
    """How the outbox keys of a question's words begin."""
    return f"prompt:{prompt_id}:"


async def _put_again(unit: Unit, prompt: Prompt, **how: Unpack[Sending]) -> None:
    account = await unit.session.get_one(Account, prompt.account_id)
    text = await unit.open(f"prompts:{prompt.id}:facts", prompt.facts)
    if not text:
        return
    facts = json.loads(text)
    person = await unit.session.get_one(Person, prompt.person_id)
    await _speak(unit, account, person, prompt.id, Words(facts["t"], facts["d"]), urgent=prompt.urgent, **how)


async def _speak(
    unit: Unit,
    account: Account,
    person: Person,
    prompt_id: int,
    words: Words,
    *,
    urgent: bool,
    fallback: tuple[Address, Words] | None = None,
    **how: Unpack[Sending],
) -> None:
    usual: Sending = {"idem_key": f"{_key(prompt_id)}{new_id()}", "kind": "prompt", "priority": 0 if urgent else 2}
    await unit.push_words(
        await unit.private_address(account),
        words,
        person_id=person.id,
        key_id=person.key_id,
        fallback=fallback,
        **(usual | how),
    )


async def purge_answered(unit: Unit, before: datetime) -> int:
    """Drop rows of questions that are over; returns how many."""
    rows = await unit.session.execute(
        select(Prompt).where(Prompt.state.not_in(("open", "queued")), Prompt.expires_at < before)
    )
    gone = rows.scalars().all()
    for prompt in gone:
        await unit.session.delete(prompt)
    return len(gone)
