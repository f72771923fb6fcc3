"""A question is answered while another one is put: neither waits for the other, and the urgent one comes next."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from bot.core.acts.prompt import ask_person, close_question, put_next
from bot.core.feature import questions
from bot.core.question import Ask
from bot.core.reads.questions import open_question
from bot.core.rules.say import Say
from bot.store.delivery import Prompt
from bot.store.store import Store
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_org, make_youth


@dataclass(frozen=True, slots=True)
class Question(Say):
    """Something to ask."""

    template: ClassVar[str] = "test/question"


async def test_an_urgent_question_does_not_wait_for_who_is_answering_another(postgres_store: Store) -> None:
    store = postgres_store
    org = await make_org(store)
    youth = await make_youth(store, org, "小赵", "20001", cadre=await make_cadre(store, org))
    person_id = youth.person_id or 0
    async with store.unit() as unit:
        await ask_person(unit, person_id, Ask(questions()["talk.note"], ("yes", "no"), Question()))
        account = await unit.account_of(person_id)
    assert account is not None
    async with store.read() as session:
        question = await open_question(session, store.vault, account.id, now=store.clock.now())
    assert question is not None
    async with asyncio.timeout(PATIENCE), store.unit() as answer:
        assert await close_question(answer, question)
        async with store.unit() as other:
            await ask_person(
                other, person_id, Ask(questions()["crisis.contact"], ("yes", "no"), Question(), urgent=True)
            )
        await put_next(answer, account.id)
    async with store.read() as session:
        rows = (await session.execute(select(Prompt.kind, Prompt.state))).all()
    assert sorted(tuple(row) for row in rows) == [("crisis.contact", "open"), ("talk.note", "answered")]
