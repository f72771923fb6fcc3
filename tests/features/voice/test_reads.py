"""Reading voices: who holds one, who may read it, and nobody else; lists hold no words (P13)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.clock import ManualClock
from bot.core.rules.paging import PAGE, NoSuchPage
from bot.core.rules.people import Actor
from bot.core.rules.refusal import NotFound
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.reads.held import HeldVoices, held_voices
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.voice.acts.view import view_voice
from bot.features.voice.reads.categories import voice_categories
from bot.features.voice.reads.export import export_voices
from bot.features.voice.reads.holders import holders_of
from bot.features.voice.reads.list import my_voice, my_voices
from bot.features.voice.reads.stats import voice_stats
from bot.features.voice.reads.voice import cadres_of, find_held, find_own, find_readable
from bot.features.voice.tables import Voice
from bot.features.voice.todo import waiting_voices
from bot.store.chat import Contact
from bot.store.store import Store
from tests.people_built import make_cadre, make_youth
from tests.reading import watch_opening
from tests.voices_built import WORDS, County, make_answer, make_county, make_voice

NOBODY = 9_999


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def held(store: Store, actor: Actor, page: int = 1) -> HeldVoices:
    async with store.read() as session:
        rules, now = AnonymousRules(), store.clock.now()
        return await held_voices(session, actor, page, workdays=Workdays(), rules=rules, now=now)


async def voices(store: Store, county: County, count: int) -> list[int]:
    """Said one after the other; their numbers."""
    refs = []
    async with store.unit() as unit:
        youth, cadre = county.youth.person_id, county.cadre.person_id
        for number in range(count):
            at = unit.now - timedelta(hours=count - number)
            ref = 1000 + number
            unit.session.add(
                Voice(
                    ref=ref,
                    author_id=youth,
                    cadre_id=cadre,
                    org_id=county.org.id,
                    state="open",
                    said_at=at,
                    held_since=at,
                )
            )
            refs.append(ref)
    return refs


@pytest.mark.rule("P13")
async def test_a_foreign_voice_and_one_that_does_not_exist_are_alike(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    now = any_store.clock.now()
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    outsiders = (other, county.admin, county.city_admin, await make_youth(any_store, county.org, "阿凯", "20002"))
    async with any_store.read() as session:
        for actor in outsiders:
            for ref in (voice.ref, NOBODY):
                assert await find_held(session, actor, ref, now=now) is None
                assert await find_readable(session, actor, ref, now=now) is None
                assert await find_own(session, actor.person_id or 0, ref) is None
                with pytest.raises(NotFound):
                    await view_voice(session, any_store.vault, actor, ref, voice_categories(), now=now)
                with pytest.raises(NotFound):
                    await my_voice(session, any_store.vault, actor.person_id or 0, ref)
            assert (await my_voices(session, any_store.vault, actor.person_id or 0, 1)).total == 0
            assert (await waiting_voices(session, any_store.vault, actor, now, PAGE)).count == 0
            assert await export_voices(session, any_store.vault, actor.person_id or 0) == []
            assert (await held(any_store, actor)).total == 0


async def test_its_author_and_the_linked_cadre_find_it(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    now = any_store.clock.now()
    async with any_store.read() as session:
        own = await my_voice(session, any_store.vault, county.youth.person_id or 0, voice.ref)
        found = await find_held(session, county.cadre, voice.ref, now=now)
        assert found is not None
        assert await holders_of(session, found, now=now) == (county.cadre.person_id,)
        assert await cadres_of(session, any_store.vault, county.youth.person_id or 0) == [
            (county.cadre.person_id, "林晓舟")
        ]
        (row,) = await export_voices(session, any_store.vault, county.youth.person_id or 0)
    assert (own.words, len(own.answers), row["ref"]) == (WORDS, 1, f"#V{voice.ref}")


@pytest.mark.rule("P13")
async def test_a_former_cadre_finds_nothing(any_store: Store, county: County) -> None:
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        await unit.session.execute(update(Contact).values(ended_at=unit.now))
    now = any_store.clock.now()
    async with any_store.read() as session:
        assert await find_readable(session, county.cadre, voice.ref, now=now) is None
        assert (await waiting_voices(session, any_store.vault, county.cadre, now, PAGE)).count == 0
    assert (await held(any_store, county.cadre)).total == 0


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_the_pages_together_are_everything_once(
    any_store: Store, county: County, count: int, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = await voices(any_store, county, count)
    opened = watch_opening(any_store.vault, monkeypatch, "voices")
    found = [await held(any_store, county.cadre, page) for page in range(1, pages + 1)]
    assert [line.ref for page in found for line in page.lines] == refs
    assert {(page.total, page.pages) for page in found} == {(count, pages)}
    async with any_store.read() as session:
        me = county.youth.person_id or 0
        mine = [await my_voices(session, any_store.vault, me, page) for page in range(1, pages + 1)]
        assert [line.ref for page in mine for line in page.lines] == refs[::-1]
        for page in (0, pages + 1):
            with pytest.raises(NoSuchPage):
                await my_voices(session, any_store.vault, me, page)
            with pytest.raises(NoSuchPage):
                await held(any_store, county.cadre, page)
    assert opened == set()


async def test_todo_gives_the_oldest_and_the_count(any_store: Store, county: County, clock: ManualClock) -> None:
    refs = await voices(any_store, county, 5)
    async with any_store.read() as session:
        found = await waiting_voices(session, any_store.vault, county.cadre, clock.now(), 2)
    assert (found.count, [item.ref for item in found.oldest]) == (5, [f"V{ref}" for ref in refs[:2]])


async def test_figures_of_few_people_are_not_told(any_store: Store, county: County, clock: ManualClock) -> None:
    await make_voice(any_store, county.youth)
    async with any_store.read() as session:
        (own,) = (await voice_stats(session, county.cadre, now=clock.now())).parts
        assert (await voice_stats(session, county.youth, now=clock.now())).parts == ()
    assert (own.organ, own.total, own.kinds) == (False, None, ())
