"""Reading one's own data: everything of oneself, nothing of anybody else (P7, P15)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.core.reads.audited import seen, stands
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Role
from bot.features.rights.reads.export import export_person, still_held
from bot.features.rights.reads.held import data_held, reads_of
from bot.features.rights.reads.remembered import held_about
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.tables import Voice
from bot.store.store import Store
from tests.people_built import CHANNEL, make_consent, make_youth
from tests.talks_built import SAID, make_talk
from tests.voices_built import WORDS, County, make_county, make_voice
from tests.wishes_built import make_wish_of


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    made = await make_county(any_store)
    await make_consent(any_store, made.youth, ConsentScope.TALK_NOTES)
    await make_voice(any_store, made.youth)
    await make_wish_of(any_store, made.youth, made.cadre)
    await make_talk(any_store, made.chat, made.cadre, (made.youth, SAID), (made.cadre, "我的话"))
    return made


async def test_an_export_holds_ones_own_words_and_nobody_elses(any_store: Store, county: County) -> None:
    other = await make_youth(any_store, county.org, "阿凯", "20002", cadre=county.cadre, chat=county.chat)
    now = any_store.clock.now()
    async with any_store.read() as session:
        mine = await export_person(session, any_store.vault, county.youth.person_id or 0, now=now)
        theirs = await export_person(session, any_store.vault, other.person_id or 0, now=now)
    counts = {kind: (mine.counts()[kind], theirs.counts()[kind]) for kind in ("voices", "wishes", "talks", "consents")}
    assert set(counts.values()) == {(1, 0)}
    assert [line["text"] for line in mine.sections["talks"][0]["messages"]] == [SAID]
    for words in (WORDS, SAID, "小赵"):
        assert words in str(mine.plain())
        assert words not in str(theirs.plain())


async def test_counts_are_what_the_export_has(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        me, vault = county.youth.person_id or 0, any_store.vault
        held = await data_held(session, vault, me)
        shown = await held_about(session, vault, CHANNEL, "20001", now=any_store.clock.now())
        counts = (await export_person(session, vault, me, now=any_store.clock.now())).counts()
        nobody = await held_about(session, vault, CHANNEL, "99999", now=any_store.clock.now())
    for kind in ("voices", "wishes", "talks"):
        assert held.figures[kind] == shown.figures[kind] == counts[kind] == 1
    assert held.figures["messages"] == shown.figures["messages"] == 1
    assert (held.cadres, held.is_cadre, nobody.known) == (("林晓舟",), False, False)


@pytest.mark.rule("P15")
async def test_who_read_is_told_by_day_and_role_newest_first_and_without_oneself(
    any_store: Store, county: County
) -> None:
    for days, actor, action in (
        (2, county.cadre, "read.voice"),
        (1, county.cadre, "read.talk"),
        (1, county.cadre, "read.talk"),
        (1, county.youth, "read.talk"),
        (1, county.cadre, "voice.answered"),
    ):
        async with any_store.unit(now=any_store.clock.now() - timedelta(days=days)) as unit:
            await unit.audit(actor, action, role=Role.CADRE, subject_id=county.youth.person_id)
    async with any_store.read() as session:
        found = await reads_of(session, county.youth.person_id or 0)
        assert await reads_of(session, county.cadre.person_id or 0) == ()
    assert [(read.action, read.times) for read in found] == [("read.talk", 2), ("read.voice", 1)]


async def test_an_export_stands_until_something_of_it_goes(any_store: Store, county: County) -> None:
    me = county.youth.person_id or 0
    async with any_store.read() as session:
        found = await seen(session, None, [], still_held(me))
    async with any_store.unit() as unit:
        await unit.audit(county.cadre, "read.voice", role=Role.CADRE, subject_id=me)
    async with any_store.read() as session:
        assert await stands(session, found)
    async with any_store.unit() as unit:
        voice = (await unit.session.execute(select(Voice))).scalar_one()
        await withdraw_voice(unit, county.youth, voice.ref)
    async with any_store.read() as session:
        assert not await stands(session, found)


async def test_an_export_does_not_stand_when_words_expire(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        found = await seen(session, None, [], still_held(county.youth.person_id or 0))
    async with any_store.unit() as unit:
        await unit.session.execute(update(Voice).values(text=None))
    async with any_store.read() as session:
        assert not await stands(session, found)
