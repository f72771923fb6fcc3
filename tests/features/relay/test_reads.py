"""Reading relays: a place is found by a blind index, and who may talk is asked of the contact that is alive."""

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.core.rules.people import Actor
from bot.features.relay.reads.relay import (
    any_open,
    cadres_for,
    count_youths,
    has_account,
    is_blocked,
    may_talk,
    next_in_line,
    relay_state,
    relays_of,
    seat_of,
    talks,
)
from bot.features.relay.rules.relay import RelayState
from bot.features.relay.tables import person_index
from bot.store.chat import Chat, Contact
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.people_built import make_cadre, make_youth
from tests.relay_scene import CADRE, ZHAO, Scene
from tests.voices_built import County, make_county


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def who_may(store: Store, youth: Actor, cadre: Actor) -> tuple[list[int], bool, int]:
    async with store.read() as session:
        now = store.clock.now()
        me, other = youth.person_id or 0, cadre.person_id or 0
        return (
            await cadres_for(session, me, now=now),
            await may_talk(session, me, other, now=now),
            await count_youths(session, other, now=now),
        )


async def test_only_ones_own_cadre_may_be_asked(any_store: Store, county: County) -> None:
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    assert await who_may(any_store, county.youth, county.cadre) == ([county.cadre.person_id], True, 1)
    assert await who_may(any_store, county.youth, other) == ([county.cadre.person_id], False, 0)


@pytest.mark.parametrize("what", ["contact", "group", "office"])
async def test_nobody_may_be_asked_once_the_tie_is_gone(any_store: Store, county: County, what: str) -> None:
    async with any_store.unit() as unit:
        await unit.session.execute(
            {
                "contact": update(Contact).values(ended_at=unit.now),
                "group": update(Chat).values(state="unlinked"),
                "office": update(RoleGrant).values(until=unit.now),
            }[what]
        )
    assert await who_may(any_store, county.youth, county.cadre) == ([], False, 0)


async def test_without_a_relay_there_is_nothing_to_find(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        me, vault = county.youth.person_id or 0, any_store.vault
        assert await seat_of(session, vault, me) is None
        assert await relay_state(session, vault, me) == ""
        assert await relays_of(session, vault, me) == []
        assert not await talks(session, vault, me)
        assert not await any_open(session)
        assert await next_in_line(session, vault, person_index(vault, county.cadre.person_id or 0)) is None
        assert not await is_blocked(session, vault, county.cadre.person_id or 0, me)
        assert await has_account(session, me, county.youth.account_id)
        assert not await has_account(session, me, county.cadre.account_id)


async def test_who_waits_and_who_is_asked_see_their_own_place_only(any_store: Store) -> None:
    scene = await Scene.build(any_store)
    await scene.says(ZHAO, "找人聊聊 夜班的事")
    me, cadre = scene.youths[ZHAO].person_id or 0, scene.cadre.person_id or 0
    other = await make_youth(any_store, scene.org, "小钱", "20009", cadre=scene.cadre)
    async with any_store.read() as session:
        seat = await seat_of(session, any_store.vault, me)
        assert seat is not None
        assert seat.state is not RelayState.OPEN
        assert await relays_of(session, any_store.vault, cadre) == [seat.relay_id]
        assert await relays_of(session, any_store.vault, other.person_id or 0) == []
        assert await seat_of(session, any_store.vault, cadre) is None
        line = person_index(any_store.vault, cadre)
        assert await next_in_line(session, any_store.vault, line) is None  # one is being answered
    await scene.says(CADRE, "1")
    async with any_store.read() as session:
        both = [await seat_of(session, any_store.vault, who) for who in (me, cadre)]
        assert [found.relay_id for found in both if found is not None] == [seat.relay_id] * 2
        assert await any_open(session)
        assert await talks(session, any_store.vault, me)
        assert not await talks(session, any_store.vault, other.person_id)
        assert await relay_state(session, any_store.vault, me) == "open"
