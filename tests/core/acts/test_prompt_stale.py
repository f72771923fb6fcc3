"""Two changes of one question at the same time: what is over is never opened again, and an answer is not unsaid."""

import asyncio

import pytest
from sqlalchemy import select

from bot.core.acts.let_go import take_back_questions
from bot.core.acts.prompt import ask_person, close_question, put_next
from bot.core.feature import questions
from bot.core.question import Ask
from bot.core.reads.questions import asked
from bot.store.delivery import Prompt
from bot.store.store import Store
from bot.store.unit import Unit
from tests.core.acts.test_prompt_crossing import Question
from tests.crossing import until_one_waits
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_org, make_youth


async def two_questions(store: Store) -> tuple[int, int]:
    """The account, and the id of the question that waits behind another one."""
    org = await make_org(store)
    youth = await make_youth(store, org, "小赵", "20001", cadre=await make_cadre(store, org))
    async with store.unit() as unit:
        for kind in ("talk.note", "wish.share"):
            ask = Ask(questions()[kind], ("yes", "no"), Question(), subject_id=youth.person_id)
            await ask_person(unit, youth.person_id or 0, ask)
        account = await unit.account_of(youth.person_id or 0)
    assert account is not None
    async with store.read() as session:
        queued = (await session.execute(select(Prompt.id).where(Prompt.state == "queued"))).scalar_one()
    return account.id, queued


async def states(store: Store) -> dict[str, str]:
    async with store.read() as session:
        rows = await session.execute(select(Prompt.kind, Prompt.state))
        return {row.kind: row.state for row in rows}


async def end(store: Store, unit: Unit, prompt_id: int, state: str) -> None:
    prompt = await unit.session.get_one(Prompt, prompt_id)
    assert await close_question(unit, await asked(unit.session, store.vault, prompt), state=state)


async def test_a_question_that_is_just_ending_is_not_put(postgres_store: Store) -> None:
    store = postgres_store
    account, queued = await two_questions(store)
    async with store.unit() as unit:
        first = (await unit.session.execute(select(Prompt.id).where(Prompt.state == "open"))).scalar_one()
        await end(store, unit, first, "answered")
    async with asyncio.timeout(PATIENCE):
        async with store.unit() as ending:
            await end(store, ending, queued, "expired")
            async with store.unit() as other:
                await put_next(other, account)
            await put_next(ending, account)
    assert await states(store) == {"talk.note": "answered", "wish.share": "expired"}


async def test_a_question_that_ended_since_it_was_read_is_not_put(
    postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = postgres_store
    account, queued = await two_questions(store)
    async with store.unit() as unit:
        first = (await unit.session.execute(select(Prompt.id).where(Prompt.state == "open"))).scalar_one()
        await end(store, unit, first, "answered")
    async with asyncio.timeout(PATIENCE), store.unit() as unit:
        await unit.session.get_one(Prompt, queued)  # read before the other change, as by whoever acts about it
        async with store.unit() as other:
            await end(store, other, queued, "expired")
        await put_next(unit, account)
    assert await states(store) == {"talk.note": "answered", "wish.share": "expired"}


async def test_an_answer_given_meanwhile_stays_an_answer(postgres_store: Store) -> None:
    store = postgres_store
    _, queued = await two_questions(store)

    async def take_back() -> None:
        async with store.unit() as unit:
            await take_back_questions(unit, Prompt.id == queued, but=0)

    async with asyncio.timeout(PATIENCE):
        async with store.unit() as answer:
            await end(store, answer, queued, "answered")
            going = asyncio.create_task(take_back())
            await until_one_waits(store)
        await going
    assert await states(store) == {"talk.note": "open", "wish.share": "answered"}
