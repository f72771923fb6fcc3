"""Reading talks: only who took part ever finds one (P11); pages are cut before anything is opened."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Seen
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.features.talk.acts.view import TalkShown, view_talk
from bot.features.talk.reads.last_stored import last_heard, stored_count
from bot.features.talk.reads.list import MyTalks, my_talks
from bot.features.talk.reads.record import export_talks, took_part
from bot.features.talk.reads.talk import open_watches, watch_of
from bot.features.talk.rules.talk import LIST_PAGE, CoSign, SpeakerRole
from bot.features.talk.tables import Talk, TalkPart
from bot.features.talk.todo import waiting_for_answer, waiting_for_co_signing, waiting_for_notes
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import BOT, CHANNEL, make_cadre, make_chat, make_org, make_person, make_youth
from tests.reading import watch_opening
from tests.talks_built import SAID, make_talk

NOBODY = 9_999


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
async def youth(any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(any_store, org, cadre=cadre, chat=chat)


async def shown(store: Store, actor: Actor, told: str | None = None) -> MyTalks:
    async with store.read() as session:
        found = (await my_talks(session, store.vault, actor, told)).say
    assert isinstance(found, MyTalks)
    return found


async def _taken(session: AsyncSession, number: int, actor: Actor) -> Talk | None:
    """The talk of this number in which this cadre took part."""
    mine = took_part(number, actor.person_id or 0, SpeakerRole.CADRE)
    return (await session.execute(select(Talk).where(mine))).scalar_one_or_none()


@pytest.mark.rule("P11")
async def test_a_foreign_talk_and_one_that_does_not_exist_are_alike(
    any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat, youth: Actor
) -> None:
    ref = await make_talk(any_store, chat, cadre, (youth, SAID))
    host = await make_cadre(any_store, org, "周敏", "10002")
    other = await make_youth(any_store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    admin = await make_person(any_store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    now = any_store.clock.now()
    async with any_store.read() as session:
        for actor in (host, other, admin, youth):
            for number in (ref, NOBODY):
                assert await _taken(session, number, actor) is None
                with pytest.raises(NotFound):
                    await view_talk(session, any_store.vault, actor, number)
            for source in (waiting_for_notes, waiting_for_co_signing, waiting_for_answer):
                assert (await source(session, any_store.vault, actor, now, 10)).count == 0
        for actor in (host, other, admin):
            assert await export_talks(session, any_store.vault, actor.person_id or 0) == []
    assert (await shown(any_store, host)).total == 0


@pytest.mark.rule("P11")
async def test_who_took_part_reads_it_and_each_youth_is_logged(
    any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat, youth: Actor
) -> None:
    other = await make_youth(any_store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    ref = await make_talk(any_store, chat, cadre, (youth, SAID), (cadre, "我去问"), (other, "我也是"), notes="夜班")
    async with any_store.read() as session:
        found = await view_talk(session, any_store.vault, cadre, ref)
        talk = await _taken(session, ref, cadre)
        assert talk is not None
        assert await stored_count(session, talk.id) == 3
        assert await last_heard(session, talk.id) == any_store.clock.now()
        (mine,) = await export_talks(session, any_store.vault, youth.person_id or 0)
    assert isinstance(found, Seen)
    assert isinstance(found.say, TalkShown)
    assert [line.words for line in found.say.lines] == [SAID, "我去问", "我也是"]
    assert {entry.subject_id for entry in found.logged} == {youth.person_id, other.person_id}
    assert [line.words for line in mine.lines] == [SAID]


async def test_who_deleted_their_part_is_neither_named_nor_found_by_name(
    any_store: Store, cadre: Actor, chat: Chat, youth: Actor
) -> None:
    await make_talk(any_store, chat, cadre, (youth, SAID))
    async with any_store.unit() as unit:
        mine = TalkPart.person_id == youth.person_id
        await unit.session.execute(update(TalkPart).where(mine).values(co_sign=CoSign.DELETED.value))
    (line,) = (await shown(any_store, cadre)).talks
    assert line.youths == ()
    assert (await shown(any_store, cadre, "小赵")).total == 0


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (LIST_PAGE, 1), (LIST_PAGE + 1, 2)])
async def test_pages_show_each_talk_once_newest_first_and_open_no_other(
    any_store: Store, cadre: Actor, chat: Chat, youth: Actor, count: int, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [await make_talk(any_store, chat, cadre, (youth, SAID), ago=timedelta(days=count - n)) for n in range(count)]
    opened = watch_opening(any_store.vault, monkeypatch, "talks")
    last = await shown(any_store, cadre, str(pages))
    assert len(opened) == len(last.talks)
    found = [*[await shown(any_store, cadre, str(page)) for page in range(1, pages)], last]
    assert [line.ref for page in found for line in page.talks] == refs[::-1]
    assert {(page.total, page.pages) for page in found} == {(count, pages)}
    assert (await shown(any_store, cadre, "小赵")).total == count
    for page in (0, pages + 1):
        with pytest.raises(NoSuchPage):
            await shown(any_store, cadre, str(page))


async def test_a_closed_talk_is_watched_by_nobody(any_store: Store, cadre: Actor, chat: Chat, youth: Actor) -> None:
    await make_talk(any_store, chat, cadre, (youth, SAID))
    async with any_store.read() as session:
        assert await open_watches(session, any_store.vault, now=any_store.clock.now()) == []
        assert await watch_of(session, any_store.vault, CHANNEL, BOT, chat.native_id, now=any_store.clock.now()) is None
