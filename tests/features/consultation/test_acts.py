"""Consultations on both databases: two answers at once, running out, telling many."""

import asyncio
from datetime import timedelta

import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.text import sensitive_words
from bot.core.feature import Look
from bot.features.consultation.acts.answer import answer
from bot.features.consultation.acts.tell_result import tell_result
from bot.features.consultation.tables import ConsultationAnswer
from bot.features.rights.acts.expire import expire_kind
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.people_built import make_youth
from tests.ticking import do_due
from tests.voices_built import County, make_consultation, make_consultation_answer, make_county


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def test_two_answers_of_one_youth_at_once_are_one(any_store, county):
    ref = await make_consultation(any_store, county.cadre, county.chat)

    async def say(words: str) -> bool:
        async with any_store.unit() as unit:
            return (await answer(unit, county.youth, ref, words, sensitive_words())).replaced

    assert sorted(await asyncio.gather(say("想去敬老院"), say("想打一场球"))) == [False, True]
    assert await count(any_store, ConsultationAnswer) == 1


async def test_the_result_reaches_everybody_who_answered_in_portions_each_once(any_store, county):
    ref = await make_consultation(any_store, county.cadre, county.chat)
    for n in range(60):
        youth = await make_youth(any_store, county.org, f"青年{n}", f"21{n:03}", cadre=county.cadre, chat=county.chat)
        await make_consultation_answer(any_store, youth, ref)
    async with any_store.unit() as unit:
        assert (await tell_result(unit, county.cadre, ref, "定了去敬老院")).answers == 60
    for _ in range(3):
        await asyncio.gather(*(do_due(any_store, any_store.clock.now(), "consultation") for _ in range(2)))
    told = OutboxMessage.idem_key.startswith("consultation:")
    assert await count(any_store, OutboxMessage, told) == 60


async def test_a_year_after_the_result_the_answers_run_out(any_store, county, clock):
    ref = await make_consultation(any_store, county.cadre, county.chat)
    await make_consultation_answer(any_store, county.youth, ref)
    async with any_store.unit() as unit:
        await tell_result(unit, county.cadre, ref, "定了去敬老院")
    clock.advance(timedelta(days=365))
    async with any_store.unit() as unit:
        assert await expire_kind(unit, "consultations", Look(unit.now)) == 0
    clock.advance(timedelta(seconds=1))
    async with any_store.unit() as unit:
        assert await expire_kind(unit, "consultations", Look(unit.now)) == 1
    assert await count(any_store, ConsultationAnswer, ConsultationAnswer.text.is_not(None)) == 0
    assert await count(any_store, ConsultationAnswer) == 1
