"""What an answer, a "not solved" and a way up leave in the row: contacts that were had, and terms that begin anew."""

from datetime import datetime, timedelta

import pytest_asyncio
from sqlalchemy import select, update

from bot.clock import SHANGHAI, ManualClock
from bot.core.rules.people import Actor
from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.answer import answer_voice, close_voice
from bot.features.voice.acts.rate import reopen_voice
from bot.features.voice.rules.voice import VoiceRating
from bot.features.voice.tables import Voice
from bot.store.chat import Contact
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre
from tests.queued import queued
from tests.ticking import do_due
from tests.voices_built import County, make_answer, make_county, make_rated, make_voice, voice_with

LONG_AGO = timedelta(days=40)


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


def go_to(clock: ManualClock, month: int, day: int, hour: int) -> None:
    clock.advance(datetime(2026, month, day, hour, tzinfo=SHANGHAI) - clock.now())


async def tick(store: Store) -> None:
    await do_due(store, store.clock.now(), "voice", workdays=Workdays())


async def last_contact(store: Store, cadre: Actor) -> datetime:
    async with store.read() as session:
        found = await session.execute(select(Contact.last_contact_at).where(Contact.cadre_id == cadre.person_id))
        return found.scalar_one()


async def no_contact_lately(unit: Unit) -> None:
    await unit.session.execute(update(Contact).values(last_contact_at=unit.now - LONG_AGO))


# --- contacts --------------------------------------------------------------------------------------------------------


async def test_an_answer_of_the_cadre_is_a_contact_with_its_author_alone(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    async with any_store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=other.person_id,
                youth_id=county.youth.person_id,
                ref=999,
                since=unit.now,
                last_contact_at=unit.now,
            )
        )
        await unit.session.flush()
        await no_contact_lately(unit)
    await make_answer(any_store, voice, county.cadre)
    now = any_store.clock.now()
    assert await last_contact(any_store, county.cadre) == now
    assert await last_contact(any_store, other) == now - LONG_AGO


async def test_what_was_dealt_with_in_person_is_a_contact_too(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        await no_contact_lately(unit)
        await close_voice(unit, county.cadre, voice.ref)
    assert await last_contact(any_store, county.cadre) == any_store.clock.now()


async def test_an_answer_of_an_organ_is_no_contact_of_the_cadre(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        await no_contact_lately(unit)
        await unit.session.execute(update(Voice).values(holder_org_id=county.org.id, raised=1, state="escalated"))
    async with any_store.unit() as unit:
        await answer_voice(unit, county.admin, voice.ref, "已经和公交公司说了")
    assert await last_contact(any_store, county.cadre) == any_store.clock.now() - LONG_AGO


# --- terms -----------------------------------------------------------------------------------------------------------


async def test_one_that_waits_again_is_reminded_of_and_told_above_again(
    any_store: Store, county: County, clock: ManualClock
) -> None:
    voice = await make_voice(any_store, county.youth)  # Tuesday, 24 November
    go_to(clock, 12, 1, 10)
    await tick(any_store)
    await make_rated(any_store, voice, county.youth, county.cadre, VoiceRating.UNSOLVED)
    waits = await voice_with(any_store, voice.ref)
    assert (waits.held_since, waits.reminded_at, waits.told_above_at) == (clock.now(), None, None)
    go_to(clock, 12, 8, 10)
    await tick(any_store)
    assert len(await queued(any_store, county.cadre, "voice/waits")) == 2
    assert len(await queued(any_store, county.admin, "voice/late")) == 2


async def test_one_that_its_author_opens_again_has_its_whole_term_again(
    any_store: Store, county: County, clock: ManualClock
) -> None:
    voice = await make_voice(any_store, county.youth)
    go_to(clock, 11, 27, 10)
    await tick(any_store)
    await make_rated(any_store, voice, county.youth, county.cadre)
    go_to(clock, 12, 3, 10)
    async with any_store.unit() as unit:
        await reopen_voice(unit, county.youth, voice.ref)
    await tick(any_store)
    assert len(await queued(any_store, county.cadre, "voice/waits")) == 1
    go_to(clock, 12, 8, 10)
    await tick(any_store)
    assert len(await queued(any_store, county.cadre, "voice/waits")) == 2


async def test_a_further_answer_begins_no_new_term(any_store: Store, county: County, clock: ManualClock) -> None:
    voice = await make_voice(any_store, county.youth)
    go_to(clock, 11, 27, 10)
    await tick(any_store)
    before = await voice_with(any_store, voice.ref)
    await make_answer(any_store, voice, county.cadre)
    after = await voice_with(any_store, voice.ref)
    assert (after.held_since, after.reminded_at) == (before.held_since, before.reminded_at)
    assert after.reminded_at is not None
