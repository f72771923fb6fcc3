"""待答问题 of somebody who goes: each is asked elsewhere or ends, so that nothing waits for an answer for ever."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select

from bot.core.acts.prompt import EMPTY, close_question, put_next
from bot.core.acts.question_words import key_of
from bot.core.acts.silence import fall_silent
from bot.core.question import Asks, Question
from bot.core.reads.questions import IN_LINE, WAITING, asked, waiting
from bot.store import outbox
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import Account
from bot.store.unit import Unit


async def let_account_go(unit: Unit, account: Account) -> None:
    """解绑: take an account from its person. What it was asked is asked through another account of theirs, if they
    have one; else silence is the answer, and means what it always means.
    """
    person_id = account.person_id
    asked_of = waiting(account_id=account.id).order_by(Prompt.asked_at, Prompt.id)
    # Questions before their account, as whoever answers one holds them; what is being answered is left to its answer.
    now_locked = asked_of.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    prompts = (await unit.session.execute(now_locked)).scalars().all()
    await unit.session.delete(account)
    await unit.session.flush()
    other = await unit.account_of(person_id)
    for prompt in prompts:
        question = await asked(unit.session, unit.vault, prompt)
        if other is not None and _goes_on(question.question):
            await outbox.take_back(unit.session, key_of(prompt.id), person_id=person_id)
            prompt.account_id, prompt.state, prompt.version = other.id, IN_LINE, prompt.version + 1
            await unit.session.flush()
            continue
        if await close_question(unit, question, state="cancelled"):
            await fall_silent(unit, question)
    await unit.session.execute(
        delete(Prompt).where(Prompt.account_id == account.id).execution_options(synchronize_session=False)
    )
    if other is not None:
        await put_next(unit, other.id)


def _goes_on(question: Question[Any]) -> bool:
    """Whether another account may be asked it: not what is about the account itself, nor what leaves no trace."""
    return question.asks is not Asks.ACCOUNT and not question.nameless


async def take_back_questions(unit: Unit, about: ColumnElement[bool], *, but: int) -> None:
    """Questions about somebody who is erased: taken back, their words blanked; those to ``but`` are left alone.

    Words wait in the outbox under the key of whoever was asked; none is left that a sender could still try again.
    """
    found = await unit.session.execute(select(Prompt.id, Prompt.account_id).where(about, Prompt.person_id != but))
    for prompt_id, account_id in found.all():
        words = OutboxMessage.idem_key.startswith(key_of(prompt_id))
        await unit.swap(OutboxMessage, words, OutboxMessage.payload.is_not(None), state="cancelled", payload=None)
        waited = await unit.swap(Prompt, Prompt.id == prompt_id, WAITING, state="cancelled")
        await unit.swap(Prompt, Prompt.id == prompt_id, facts=EMPTY, subject_id=None, version=Prompt.version + 1)
        if waited:
            await put_next(unit, account_id)
