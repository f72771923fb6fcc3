"""Talks and data rights on both databases: taking back, expiring, exporting, erasing."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.text import consent_texts
from bot.clock import ManualClock
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.core.rules.retention import RetentionPeriods
from bot.features.talk.acts.close import write_notes
from bot.features.talk.acts.stop import open_talk
from bot.features.talk.acts.take_back import (
    delete_my_messages,
    delete_my_notes,
    erase_person_from_talks,
    expire_messages,
    expire_notes,
    expire_talks,
)
from bot.features.talk.reads.record import export_talks, lines_of, record_of
from bot.features.talk.rules.talk import NotesState
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.delivery import DataKey
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth


@pytest_asyncio.fixture
async def org(any_store: Store) -> OrgUnit:
    return await make_org(any_store)


@pytest_asyncio.fixture
async def cadre(any_store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(any_store, org)


@pytest_asyncio.fixture
async def chat(any_store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(any_store, org, cadre)


@pytest_asyncio.fixture
async def zhao(any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await youth(any_store, org, cadre, chat, "小赵", "20001")


@pytest_asyncio.fixture
async def kai(any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await youth(any_store, org, cadre, chat, "阿凯", "20002")


async def youth(store: Store, org: OrgUnit, cadre: Actor, chat: Chat, name: str, number: str) -> Actor:
    found = await make_youth(store, org, name, number, cadre=cadre, chat=chat)
    await make_consent(store, found, ConsentScope.ORIGINAL_MESSAGES, chat)
    return found


async def a_talk(
    store: Store, cadre: Actor, chat: Chat, words: list[tuple[Actor, str]], notes: str = "聊了夜班"
) -> Talk:
    """A closed talk with these words and kept 要点."""
    async with store.unit() as unit:
        said = await open_talk(unit, cadre, await unit.session.get_one(Chat, chat.id), "夜班", consent_texts())
        talk = (await unit.session.execute(select(Talk).where(Talk.ref == said.ref))).scalar_one()
        for number, (person, text) in enumerate(words):
            row_id = new_id()
            who = await unit.session.get_one(Person, person.person_id)
            unit.session.add(
                TalkMessage(
                    id=row_id,
                    talk_id=talk.id,
                    person_id=who.id,
                    native_index=b"0" * 32,
                    sent_at=unit.now + timedelta(seconds=number),
                    arrived_at=unit.now,
                    body=await unit.seal(who.key_id, f"talk_messages:{row_id}:body", text),
                )
            )
        for person in {p.person_id for p, _ in words} - {cadre.person_id}:
            unit.session.add(TalkPart(talk_id=talk.id, person_id=person, role="youth", co_sign="agreed"))
        await write_notes(unit, talk, cadre.person_id or 0, notes, NotesState.KEPT)
        talk.state, talk.closed_at = "closed", unit.now
    return talk


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def words_of(store: Store, talk: Talk) -> list[str | None]:
    async with store.read() as session:
        return [line.words for line in await lines_of(session, store.vault, talk.id)]


async def test_only_the_words_of_that_group_go(any_store, org, cadre, chat, zhao):
    other = await make_chat(any_store, org, cadre, "889")
    await a_talk(any_store, cadre, chat, [(zhao, "一"), (cadre, "二")])
    await a_talk(any_store, cadre, other, [(zhao, "三")])
    async with any_store.unit() as unit:
        assert await delete_my_messages(unit, zhao.person_id, other.id) == 1
        assert unit.erased
    assert await count(any_store, TalkMessage) == 2
    async with any_store.unit() as unit:
        assert await delete_my_messages(unit, zhao.person_id) == 1
        assert await delete_my_messages(unit, zhao.person_id) == 0
    assert await count(any_store, TalkMessage) == 1


async def test_notes_taken_back_are_gone(any_store, cadre, chat, zhao):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一")])
    async with any_store.unit() as unit:
        assert await delete_my_notes(unit, zhao.person_id) == 1
    async with any_store.read() as session:
        assert (await session.get_one(Talk, talk.id)).notes is None


@pytest.mark.rule("P20")
async def test_messages_expire_and_then_notes_and_then_the_record(any_store, clock: ManualClock, cadre, chat, zhao):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一")])
    now = clock.advance(timedelta(days=90))
    async with any_store.unit() as unit:
        assert unit.now == now
        assert await expire_messages(unit, RetentionPeriods(original_messages=timedelta(days=90)), 500) == 0
        assert await expire_messages(unit, RetentionPeriods(original_messages=timedelta(days=89)), 500) == 1
        assert await expire_notes(unit, RetentionPeriods(talk_notes=timedelta(days=90)), 500) == 0
        assert await expire_notes(unit, RetentionPeriods(talk_notes=timedelta()), 500) == 1
        assert await expire_notes(unit, RetentionPeriods(talk_notes=timedelta()), 500) == 0
    async with any_store.read() as session:
        row = await session.get_one(Talk, talk.id)
        assert (row.notes, row.topic, row.notes_state) == (None, None, "none")
    async with any_store.unit() as unit:
        assert await expire_talks(unit, RetentionPeriods(talks=timedelta()), 500) == 1
    assert await count(any_store, Talk) == 0
    assert await count(any_store, DataKey, DataKey.id == talk.key_id) == 0


async def test_the_export_holds_ones_own_words_and_no_others(any_store, cadre, chat, zhao, kai):
    await a_talk(any_store, cadre, chat, [(zhao, "我的话"), (kai, "他的话"), (cadre, "干部的话")])
    async with any_store.read() as session:
        exported = (await export_talks(session, any_store.vault, zhao.person_id))[0]
    assert [line.words for line in exported.lines] == ["我的话"]
    assert exported.notes == "聊了夜班"
    assert not exported.notes_waiting


async def test_a_talk_of_two_goes_with_its_youth(any_store, cadre, chat, zhao):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一"), (cadre, "二")])
    async with any_store.unit() as unit:
        erased = await erase_person_from_talks(unit, zhao.person_id)
    assert (erased.messages, erased.talks) == (1, 1)
    for table in (Talk, TalkMessage, TalkPart):
        assert await count(any_store, table) == 0
    assert await count(any_store, DataKey, DataKey.id == talk.key_id) == 0


async def test_a_talk_of_several_stays_without_the_words_and_the_name_of_the_one(any_store, cadre, chat, zhao, kai):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一"), (kai, "小赵说得对"), (cadre, "@小赵 嗯")])
    async with any_store.unit() as unit:
        await erase_person_from_talks(unit, zhao.person_id)
    assert await words_of(any_store, talk) == ["〇〇说得对", "@〇〇 嗯"]
    async with any_store.read() as session:
        record = await record_of(session, any_store.vault, await session.get_one(Talk, talk.id))
    assert record.notes is not None
    assert zhao.person_id not in {p.person_id for p in record.parts}


async def test_notes_that_name_the_erased_person_go(any_store, cadre, chat, zhao, kai):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一"), (kai, "二")], notes="小赵夜班太多")
    async with any_store.unit() as unit:
        await erase_person_from_talks(unit, zhao.person_id)
    async with any_store.read() as session:
        assert (await session.get_one(Talk, talk.id)).notes is None


async def test_with_the_only_cadre_a_talk_goes_altogether(any_store, cadre, chat, zhao):
    await a_talk(any_store, cadre, chat, [(zhao, "一"), (cadre, "二")])
    async with any_store.unit() as unit:
        assert (await erase_person_from_talks(unit, cadre.person_id)).talks == 1
    assert await count(any_store, Talk) == 0


async def test_with_one_of_two_cadres_the_talk_goes_to_the_other(any_store, org, cadre, chat, zhao):
    host = await make_cadre(any_store, org, "周敏", "10002")
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一"), (cadre, "二")])
    async with any_store.unit() as unit:
        unit.session.add(TalkPart(talk_id=talk.id, person_id=host.person_id, role="cadre"))
    async with any_store.unit() as unit:
        await erase_person_from_talks(unit, cadre.person_id)
    async with any_store.read() as session:
        assert (await session.get_one(Talk, talk.id)).cadre_id == host.person_id
    assert await words_of(any_store, talk) == ["一"]


async def test_a_destroyed_key_leaves_the_record_readable_but_for_those_words(any_store, cadre, chat, zhao, kai):
    talk = await a_talk(any_store, cadre, chat, [(zhao, "一"), (kai, "二")])
    async with any_store.unit() as unit:
        person = await unit.session.get_one(Person, zhao.person_id)
        await unit.session.delete(await unit.session.get_one(DataKey, person.key_id))
        unit.vault.forget(person.key_id)
    assert await words_of(any_store, talk) == [None, "二"]
