"""Consent on both databases: what the chat tests do not reach."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.chat.text import consent_texts
from bot.core.acts.consent import (
    ask_scope,
    end_consents_of_chat,
    give,
    may_ask_scope,
    may_give,
    refuse,
    unanswered,
    withdraw,
)
from bot.core.reads.consent import active_consents, has_consent
from bot.core.reads.questions import asked, waiting
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.core.tables import Consent, ConsentRefusal, Receipt
from bot.store.chat import Chat
from bot.store.store import Store
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

NOTES = ConsentScope.TALK_NOTES
WORDS = ConsentScope.ORIGINAL_MESSAGES
TEXTS = consent_texts()


async def people(store: Store, age_band: AgeBand = AgeBand.ADULT) -> tuple[int, Chat, Actor]:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, cadre=cadre, chat=chat, age_band=age_band)
    assert youth.person_id is not None
    return youth.person_id, chat, youth


async def test_nobody_consents_before_joining_or_under_14(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_person(any_store, org, "何田", number="10003")
    child, chat, _ = await people(any_store, AgeBand.UNDER_14)
    async with any_store.unit() as unit:
        assert cadre.person_id is not None
        for person in (cadre.person_id, child, 4711):
            assert not await may_give(unit, person, NOTES, None)
            assert not await may_ask_scope(unit.session, person, NOTES, None, unit.now)
            assert not await ask_scope(unit, person, WORDS, chat.id, TEXTS)


async def test_original_words_need_a_group(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.read() as session:
        with pytest.raises(ValueError, match="one group only"):
            await has_consent(session, youth, WORDS)


async def test_original_words_hold_for_one_group(any_store: Store):
    youth, chat, _ = await people(any_store)
    org = await make_org(any_store, "甘棠县团委")
    other = await make_chat(any_store, org, await make_cadre(any_store, org, "周敏", "10002"), "999")
    async with any_store.unit() as unit:
        await give(unit, youth, WORDS, chat.id, TEXTS.of(WORDS), channel="qq")
        assert not await may_give(unit, youth, WORDS, other.id)
    async with any_store.read() as session:
        assert await has_consent(session, youth, WORDS, chat.id)
        assert not await has_consent(session, youth, WORDS, other.id)


@pytest.mark.rule("P8")
async def test_the_receipt_names_version_hash_time_and_channel(any_store: Store):
    youth, _, actor = await people(any_store)
    async with any_store.unit() as unit:
        number = await give(unit, youth, NOTES, None, TEXTS.of(NOTES), channel="qq", actor=actor)
        at = unit.now
    async with any_store.read() as session:
        receipt = await session.get_one(Receipt, number)
    assert receipt.at == at
    assert receipt.person_id == youth
    assert receipt.facts == {
        "scope": "talk_notes",
        "version": TEXTS.of(NOTES).version,
        "hash": TEXTS.of(NOTES).hash,
        "channel": "qq",
    }


async def test_withdrawing_without_consent_makes_no_receipt(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        assert await withdraw(unit, youth, NOTES) is None


@pytest.mark.rule("P5")
async def test_withdrawing_counts_as_a_no_for_90_days(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        await give(unit, youth, NOTES, None, TEXTS.of(NOTES), channel="qq")
        await withdraw(unit, youth, NOTES)
        late = unit.now + timedelta(days=90)
        assert not await may_ask_scope(unit.session, youth, NOTES, None, late - timedelta(seconds=1))
        assert await may_ask_scope(unit.session, youth, NOTES, None, late)


@pytest.mark.rule("P5")
async def test_a_no_leaves_what_was_given(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        await give(unit, youth, NOTES, None, TEXTS.of(NOTES), channel="qq")
        await refuse(unit, youth, NOTES)
    async with any_store.read() as session:
        assert await has_consent(session, youth, NOTES)
        assert (await session.execute(select(ConsentRefusal))).scalars().all() == []


async def test_one_no_is_one_row(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        await refuse(unit, youth, NOTES)
        await refuse(unit, youth, NOTES)
    async with any_store.read() as session:
        assert len((await session.execute(select(ConsentRefusal))).scalars().all()) == 1


async def test_silence_is_not_asked_again(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        assert await ask_scope(unit, youth, NOTES, None, TEXTS)
    later = any_store.clock.now() + timedelta(days=7)
    async with any_store.unit(now=later) as unit:
        for prompt in (await unit.session.execute(waiting())).scalars().all():
            await unanswered(unit, await asked(unit.session, unit.vault, prompt))
        assert not await may_ask_scope(unit.session, youth, NOTES, None, later + timedelta(days=89))


@pytest.mark.rule("P8")
async def test_new_words_replace_the_old_consent(any_store: Store):
    youth, _, _ = await people(any_store)
    async with any_store.unit() as unit:
        await give(unit, youth, NOTES, None, TEXTS.of(NOTES), channel="qq")
        await give(unit, youth, NOTES, None, TEXTS.of(ConsentScope.NAMED_USE), channel="qq")
    async with any_store.read() as session:
        assert len(await active_consents(session, youth)) == 1
        assert len((await session.execute(select(Consent))).scalars().all()) == 2


async def test_ending_the_consents_of_a_group_gives_each_a_receipt(any_store: Store):
    youth, chat, _ = await people(any_store)
    heard = []
    any_store.on_signal(lambda topic, value: heard.append((topic, value)))
    async with any_store.unit() as unit:
        await give(unit, youth, WORDS, chat.id, TEXTS.of(WORDS), channel="qq")
        await give(unit, youth, NOTES, None, TEXTS.of(NOTES), channel="qq")
    async with any_store.unit() as unit:
        assert await end_consents_of_chat(unit, chat.id, why="lost") == 1
        assert await end_consents_of_chat(unit, chat.id, why="lost") == 0
    async with any_store.read() as session:
        assert [c.scope for c in await active_consents(session, youth)] == ["talk_notes"]
        receipts = (await session.execute(select(Receipt).where(Receipt.kind == "withdrawal"))).scalars().all()
        assert [r.facts["why"] for r in receipts] == ["lost"]
    assert heard == [("chat", ("qq", "30003", "888"))] * 2


async def test_a_change_that_failed_tells_nobody(any_store: Store):
    youth, chat, _ = await people(any_store)
    heard = []
    any_store.on_signal(lambda topic, value: heard.append(topic))

    async def broken() -> None:
        async with any_store.unit() as unit:
            await give(unit, youth, WORDS, chat.id, TEXTS.of(WORDS), channel="qq")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await broken()
    assert heard == []
    async with any_store.read() as session:
        assert not await has_consent(session, youth, WORDS, chat.id)
