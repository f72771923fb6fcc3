"""Group commit: many messages share one sync, each is stored once, a bad one fails alone."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.features.talk.acts.record import Recorded, Recording
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.base import new_id
from bot.store.store import Store
from tests.store.builders import make_person


@pytest.fixture
async def talk_id(any_store: Store) -> int:
    async with any_store.unit() as unit:
        person = await make_person(unit)
        talk = Talk(
            id=new_id(),
            ref=4821,
            cadre_id=person,
            state="open",
            key_id=1,
            opened_at=unit.now,
            last_activity_at=unit.now,
            last_notice_at=unit.now,
        )
        unit.session.add(talk)
    return talk.id


async def _item(store: Store, talk_id: int, name: str, *, person: int | None = None) -> Recorded:
    async with store.read() as session:
        owner = person or (await session.execute(select(Talk.cadre_id).where(Talk.id == talk_id))).scalar_one()
    now = store.clock.now()
    row = {
        "id": new_id(),
        "talk_id": talk_id,
        "person_id": owner,
        "native_index": name.encode(),
        "sent_at": now,
        "sequence": None,
        "arrived_at": now,
        "body": b"x",
    }
    return Recorded(store.event_key("m", name), row)


async def _count(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(TalkMessage))).scalar_one()


async def test_messages_that_come_together_share_commits(any_store: Store, talk_id: int) -> None:
    recording = Recording(any_store)
    items = [await _item(any_store, talk_id, str(n)) for n in range(100)]
    assert all(await asyncio.gather(*(recording.put(item) for item in items)))
    assert await _count(any_store) == 100
    assert recording.batches < 10


async def test_the_same_message_twice_is_stored_once(any_store: Store, talk_id: int) -> None:
    recording = Recording(any_store)
    item, again = await _item(any_store, talk_id, "a"), await _item(any_store, talk_id, "a")
    assert await asyncio.gather(recording.put(item), recording.put(again)) == [True, False]
    third = await _item(any_store, talk_id, "a")
    assert await recording.put(third) is False
    assert await _count(any_store) == 1


async def test_a_bad_message_fails_alone(any_store: Store, talk_id: int) -> None:
    recording = Recording(any_store)
    good = [await _item(any_store, talk_id, str(n)) for n in range(3)]
    bad = await _item(any_store, talk_id, "bad", person=12345)  # nobody has this id
    fates = await asyncio.gather(*(recording.put(i) for i in [good[0], bad, *good[1:]]), return_exceptions=True)
    assert isinstance(fates[1], SQLAlchemyError)
    assert [fates[0], *fates[2:]] == [True, True, True]
    assert await _count(any_store) == 3


async def test_a_failed_message_may_be_stored_later_with_the_same_key(any_store: Store, talk_id: int) -> None:
    recording = Recording(any_store)
    with pytest.raises(SQLAlchemyError):
        await recording.put(await _item(any_store, talk_id, "k", person=12345))
    assert await recording.put(await _item(any_store, talk_id, "k")) is True


async def test_a_caller_that_gives_up_does_not_lose_the_others(any_store: Store, talk_id: int) -> None:
    recording = Recording(any_store)
    items = [await _item(any_store, talk_id, str(n)) for n in range(3)]
    futures = [recording.put(item) for item in items]
    futures[1].cancel()
    assert await futures[0]
    assert await futures[2]
    await recording.drain()
    assert await _count(any_store) == 3
