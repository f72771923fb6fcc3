"""Reading progress: only what the cadre did themselves, within the window (R2.9, R2.10)."""

import pytest
import pytest_asyncio

from bot.core.rules.five_ones import Window
from bot.core.rules.people import Actor
from bot.core.rules.workdays import Workdays
from bot.features.five_ones.reads.progress import Progress, done_in, progress
from bot.store.store import Store
from tests.people_built import make_cadre
from tests.talks_built import SAID, make_talk
from tests.voices_built import County, make_county


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def stands(store: Store, actor: Actor) -> Progress:
    async with store.read() as session:
        return await progress(session, actor, Workdays(), now=store.clock.now())


@pytest.mark.rule("K3")
async def test_a_cadre_sees_the_own_window_and_nobody_elses_talks(any_store: Store, county: County) -> None:
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    await make_talk(any_store, county.chat, county.cadre, (county.youth, SAID))
    now = any_store.clock.now()
    window = Window(now.date().replace(day=1), now.date())
    async with any_store.read() as session:
        assert len(await done_in(session, county.cadre.person_id or 0, window, now)) == 1
        assert await done_in(session, other.person_id or 0, window, now) == []
    (own,) = (await stands(any_store, county.cadre)).windows
    assert own.orgs == (county.org.name,)


async def test_who_is_no_cadre_has_no_window(any_store: Store, county: County) -> None:
    for actor in (county.admin, county.youth):
        assert (await stands(any_store, actor)).windows == ()
