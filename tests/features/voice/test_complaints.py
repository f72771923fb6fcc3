"""投诉: to the level above whom it concerns, never to them, whatever office they hold besides (6.4, S2.4, K6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.acts.prompt import close_question
from bot.core.question import Asked
from bot.core.reads.questions import asked
from bot.core.rules.paging import PAGE
from bot.core.rules.people import STRANGER, Actor, Grant, OrgLevel, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.reads.held import held_voices
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.voice.acts import answer as voice_answer
from bot.features.voice.acts import rate as voice_rating
from bot.features.voice.acts import view as voice_view
from bot.features.voice.acts.escalate import answer_up, escalate
from bot.features.voice.acts.make import NobodyAboveTold, answer_before, submit
from bot.features.voice.reads.categories import voice_categories
from bot.features.voice.reads.stats import voice_stats
from bot.features.voice.rules.voice import VoiceAbout, VoiceKind
from bot.features.voice.tables import Voice
from bot.features.voice.todo import waiting_voices
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_org, make_person, make_youth
from tests.reading import logged
from tests.ticking import do_due
from tests.voices_built import TOOLS, County, make_county, voice_with

CATEGORIES = voice_categories()
WORDS = "群里要求每周打卡，不打卡就点名"


async def view(unit: Unit, actor: Actor, ref: int) -> voice_view.VoiceShown:
    read = voice_view.view_voice(unit.session, unit.vault, actor, ref, CATEGORIES, now=unit.now)
    return await logged(unit, actor, read)


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def waiting(store: Store, person: Actor, kind: str) -> Asked:
    async with store.read() as session:
        rows = await session.execute(
            select(Prompt).where(
                Prompt.person_id == person.person_id, Prompt.kind == kind, Prompt.state.in_(("open", "queued"))
            )
        )
        return await asked(session, store.vault, rows.scalar_one())


async def complain(store: Store, author: Actor, about: VoiceAbout, words: str = WORDS) -> Voice:
    """Say it and answer whom it concerns; then it is the morning on which its notice comes."""
    async with store.unit() as unit:
        await submit(unit, author, words, VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)
    question = await waiting(store, author, "voice.about")
    async with store.unit() as unit:
        assert await close_question(unit, question)
        said = await answer_before(unit, author, question, about.value, TOOLS)
    voice = await voice_with(store, said.ref)  # type: ignore[union-attr]
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(voice.held_since - store.clock.now())
    return voice


async def office(store: Store, person: Actor, role: Role, org: OrgUnit) -> Actor:
    """Give somebody one more role; the actor as the tables say then."""
    async with store.unit() as unit:
        unit.session.add(RoleGrant(person_id=person.person_id, org_id=org.id, role=role.value, since=unit.now))
    return replace(person, grants=(*person.grants, Grant(role, org.id)))


async def sees(store: Store, actor: Actor, voice: Voice) -> bool:
    """Whether any list, number of open things or command shows it to this person; all of them must agree."""
    now = store.clock.now()
    async with store.read() as session:
        listed = await held_voices(session, actor, 1, workdays=Workdays(), rules=AnonymousRules(), now=now)
        todo = (await waiting_voices(session, store.vault, actor, now, PAGE)).oldest
    in_list = voice.ref in [line.ref for line in listed.lines]
    in_todo = f"V{voice.ref}" in [item.ref for item in todo]
    try:
        async with store.unit() as unit:
            await view(unit, actor, voice.ref)
        read = True
    except NotFound:
        read = False
    assert in_list == in_todo == read
    return read


# --- where it goes ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("P38")
async def test_about_a_cadre_it_goes_above_the_cadres_organisation(any_store, county):
    voice = await complain(any_store, county.youth, VoiceAbout.CADRE)
    assert (voice.holder_org_id, voice.about_id, voice.cadre_id) == (county.city.id, county.cadre.person_id, None)
    assert await sees(any_store, county.city_admin, voice)
    assert not await sees(any_store, county.admin, voice)
    assert not await sees(any_store, county.cadre, voice)


async def test_a_cadre_who_is_also_admin_of_their_organ_does_not_get_it(any_store, county):
    both = await office(any_store, county.cadre, Role.ORGAN_ADMIN, county.org)
    voice = await complain(any_store, county.youth, VoiceAbout.CADRE)
    assert voice.holder_org_id == county.city.id
    assert not await sees(any_store, both, voice)


async def test_a_cadre_who_is_admin_above_moves_it_one_level_further_up(any_store):
    province = await make_org(any_store, "河东省团委", OrgLevel.PROVINCE)
    city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY, province)
    org = await make_org(any_store, "清河县团委", parent=city)
    top = await make_person(any_store, province, "何立", number="30001", roles=(Role.ORGAN_ADMIN,))
    colleague = await make_person(any_store, city, "吴建平", number="30002", roles=(Role.ORGAN_ADMIN,))
    cadre = await make_person(any_store, org, "林晓舟", number="10001", roles=(Role.CADRE,))
    both = await office(any_store, cadre, Role.ORGAN_ADMIN, city)
    youth = await make_youth(any_store, org, cadre=cadre)
    voice = await complain(any_store, youth, VoiceAbout.CADRE)
    assert voice.holder_org_id == province.id
    assert await sees(any_store, top, voice)
    assert not await sees(any_store, colleague, voice)
    assert not await sees(any_store, both, voice)


async def test_a_cadre_who_becomes_admin_of_the_level_above_later_still_does_not_see_it(any_store, county):
    voice = await complain(any_store, county.youth, VoiceAbout.CADRE)
    risen = await office(any_store, county.cadre, Role.ORGAN_ADMIN, county.city)
    assert not await sees(any_store, risen, voice)
    lost = await _refused(any_store, lambda u: voice_answer.answer_voice(u, risen, voice.ref, "好的"))
    assert isinstance(lost, NotFound)


async def test_about_the_organisation_it_goes_above_and_past_every_level_one_of_its_people_runs(any_store, county):
    voice = await complain(any_store, county.youth, VoiceAbout.ORG)
    assert (voice.holder_org_id, voice.about_org_id) == (county.city.id, county.org.id)
    assert not await sees(any_store, county.admin, voice)
    insider = await office(any_store, county.admin, Role.ORGAN_ADMIN, county.city)
    assert not await sees(any_store, insider, voice)
    assert await sees(any_store, county.city_admin, voice)


async def test_somebody_of_the_organisation_who_runs_the_level_above_moves_it_further_up(any_store, county):
    await office(any_store, county.admin, Role.ORGAN_ADMIN, county.city)
    async with any_store.unit() as unit:
        await submit(unit, county.youth, WORDS, VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)
    question = await waiting(any_store, county.youth, "voice.about")
    async with any_store.unit() as unit:
        assert isinstance(await answer_before(unit, county.youth, question, "org", TOOLS), NobodyAboveTold)
    assert await _count(any_store, Voice) == 0


@pytest.mark.parametrize("about", [VoiceAbout.CADRE, VoiceAbout.ORG])
async def test_where_nobody_stands_above_it_is_not_kept_and_that_is_said(any_store, about):
    org = await make_org(any_store)
    await make_person(any_store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
    cadre = await make_person(any_store, org, "林晓舟", number="10001", roles=(Role.CADRE,))
    youth = await make_youth(any_store, org, cadre=cadre)
    async with any_store.unit() as unit:
        await submit(unit, youth, WORDS, VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)
    question = await waiting(any_store, youth, "voice.about")
    async with any_store.unit() as unit:
        assert isinstance(await answer_before(unit, youth, question, about.value, TOOLS), NobodyAboveTold)
    assert await _count(any_store, Voice) == 0


async def test_an_admin_without_an_account_is_no_level_above(any_store, county):
    province = await make_org(any_store, "河东省团委", OrgLevel.PROVINCE)
    city = await make_org(any_store, "白水市团委", OrgLevel.CITY, province)
    org = await make_org(any_store, "青石县团委", parent=city)
    await make_person(any_store, city, "没绑定的", roles=(Role.ORGAN_ADMIN,))
    top = await make_person(any_store, province, "何立", number="30011", roles=(Role.ORGAN_ADMIN,))
    cadre = await make_person(any_store, org, "周敏", number="10011", roles=(Role.CADRE,))
    voice = await complain(any_store, await make_youth(any_store, org, "小韩", "20011", cadre=cadre), VoiceAbout.CADRE)
    assert voice.holder_org_id == province.id
    assert await sees(any_store, top, voice)


@pytest.mark.rule("K6")
async def test_about_the_system_at_the_top_it_stays_with_the_top(any_store, county):
    cadre = await make_person(any_store, county.city, "苏娜", number="10021", roles=(Role.CADRE,))
    voice = await complain(any_store, cadre, VoiceAbout.OTHER)
    assert voice.holder_org_id == county.city.id
    assert await sees(any_store, county.city_admin, voice)


async def test_an_admin_who_complains_does_not_deal_with_it_themself(any_store, county):
    second = await make_person(any_store, county.city, "苏娜", number="30021", roles=(Role.ORGAN_ADMIN,))
    voice = await complain(any_store, county.city_admin, VoiceAbout.OTHER)
    assert voice.holder_org_id == county.city.id
    assert not await sees(any_store, county.city_admin, voice)
    assert await sees(any_store, second, voice)


# --- what is seen of it ----------------------------------------------------------------------------------------------


async def test_a_cadres_complaint_comes_without_name_and_without_time(any_store, county):
    """S2.4."""
    voice = await complain(any_store, county.cadre, VoiceAbout.ORG)
    async with any_store.unit() as unit:
        shown = await view(unit, county.city_admin, voice.ref)
    assert (shown.author, shown.said_at, shown.words) == ("", None, WORDS)
    assert (voice.said_at.hour, voice.said_at.minute) == (0, 0)
    assert voice.held_since.hour == 9


async def test_its_notice_waits_for_the_next_workdays_morning(any_store, county):
    await complain(any_store, county.youth, VoiceAbout.CADRE)
    async with any_store.read() as session:
        rows = await session.execute(
            select(OutboxMessage).where(OutboxMessage.person_id == county.city_admin.person_id)
        )
        notice = rows.scalar_one()
    assert (notice.not_before.day, notice.not_before.hour) == (25, 9)
    assert notice.expires_at - notice.not_before >= timedelta(days=3)


async def test_the_name_is_seen_only_after_its_senders_yes(any_store, county):
    voice = await complain(any_store, county.youth, VoiceAbout.CADRE)
    question = await waiting(any_store, county.youth, "voice.named")
    async with any_store.unit() as unit:
        assert await close_question(unit, question)
        await voice_rating.answer_named(unit, county.youth, question, "named")
    async with any_store.unit() as unit:
        assert (await view(unit, county.city_admin, voice.ref)).author == "小赵"


async def test_nothing_about_it_is_written_beside_whom_it_concerns(any_store, county):
    voice = await complain(any_store, county.youth, VoiceAbout.CADRE)
    await sees(any_store, county.city_admin, voice)
    async with any_store.unit() as unit:
        await voice_answer.answer_voice(unit, county.city_admin, voice.ref, "已经核实，正在处理")
    about = county.cadre.person_id
    assert await _count(any_store, AuditEntry, (AuditEntry.subject_id == about) | (AuditEntry.actor_id == about)) == 0
    assert await _count(any_store, OutboxMessage, OutboxMessage.person_id == about) == 0
    assert await _count(any_store, OutboxMessage, OutboxMessage.person_id == county.admin.person_id) == 0


async def test_the_answer_comes_back_to_its_sender(any_store, county):
    voice = await complain(any_store, county.cadre, VoiceAbout.ORG)
    async with any_store.unit() as unit:
        await voice_answer.answer_voice(unit, county.city_admin, voice.ref, "已经核实，打卡取消了")
    assert await waiting(any_store, county.cadre, "voice.rating")
    assert (await voice_with(any_store, voice.ref)).state == "answered"


async def test_no_number_of_those_complained_of_contains_it(any_store, county):
    for n in range(6):
        youth = await make_youth(any_store, county.org, f"青年{n}", f"2100{n}", cadre=county.cadre, chat=county.chat)
        await complain(any_store, youth, VoiceAbout.CADRE, f"{WORDS}{n}")
        await complain(any_store, youth, VoiceAbout.ORG, f"{WORDS}{n}，整个县里都这样")
    both = await office(any_store, county.cadre, Role.ORGAN_ADMIN, county.city)
    now = any_store.clock.now()
    async with any_store.read() as session:
        mine = [await voice_stats(session, who, now=now) for who in (county.cadre, county.admin)]
        risen = await voice_stats(session, both, now=now)
        above = await voice_stats(session, county.city_admin, now=now)
    assert [(part.total, part.kinds) for each in mine for part in each.parts] == [(None, ()), (None, ())]
    assert [part.total for part in risen.parts] == [None, None]
    assert [(part.total, part.kinds[0].kind) for part in above.parts] == [(12, "complaint")]


async def test_five_workdays_tell_the_level_above_the_holder_and_nobody_it_concerns(any_store):
    province = await make_org(any_store, "河东省团委", OrgLevel.PROVINCE)
    city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY, province)
    org = await make_org(any_store, "清河县团委", parent=city)
    top = await make_person(any_store, province, "何立", number="30001", roles=(Role.ORGAN_ADMIN,))
    await make_person(any_store, city, "吴建平", number="30002", roles=(Role.ORGAN_ADMIN,))
    cadre = await make_person(any_store, org, "林晓舟", number="10001", roles=(Role.CADRE,))
    youth = await make_youth(any_store, org, cadre=cadre)
    await complain(any_store, youth, VoiceAbout.CADRE)
    any_store.clock.advance(timedelta(days=8, hours=1))  # type: ignore[attr-defined]
    await do_due(any_store, any_store.clock.now(), "voice")
    assert await _count(any_store, OutboxMessage, OutboxMessage.person_id == top.person_id) == 1
    assert await _count(any_store, OutboxMessage, OutboxMessage.person_id == cadre.person_id) == 0


async def test_it_goes_further_up_with_its_senders_yes_and_without_a_name(any_store):
    province = await make_org(any_store, "河东省团委", OrgLevel.PROVINCE)
    city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY, province)
    org = await make_org(any_store, "清河县团委", parent=city)
    top = await make_person(any_store, province, "何立", number="30001", roles=(Role.ORGAN_ADMIN,))
    middle = await make_person(any_store, city, "吴建平", number="30002", roles=(Role.ORGAN_ADMIN,))
    cadre = await make_person(any_store, org, "林晓舟", number="10001", roles=(Role.CADRE,))
    youth = await make_youth(any_store, org, cadre=cadre)
    voice = await complain(any_store, youth, VoiceAbout.CADRE)
    async with any_store.unit() as unit:
        await escalate(unit, middle, voice.ref, None)
    question = await waiting(any_store, youth, "voice.up_nameless")
    async with any_store.unit() as unit:
        assert await close_question(unit, question)
        await answer_up(unit, youth, question, "yes")
    assert await sees(any_store, top, voice)
    assert not await sees(any_store, middle, voice)


# --- people the bot does not know ------------------------------------------------------------------------------------


async def test_a_stranger_is_heard_at_the_top_and_nothing_says_who_it_was(any_store, county):
    async with any_store.unit() as unit:
        said = await submit(unit, STRANGER, WORDS, VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)
    voice = await voice_with(any_store, said.ref)  # type: ignore[union-attr]
    assert (voice.author_id, voice.holder_org_id, voice.about) == (None, county.city.id, "other")
    assert not await sees(any_store, county.city_admin, voice), "not before its morning"
    any_store.clock.advance(voice.held_since - any_store.clock.now())
    assert await sees(any_store, county.city_admin, voice)
    async with any_store.unit() as unit:
        done = await voice_answer.answer_voice(unit, county.city_admin, voice.ref, "已经核实")
    assert not done.asked
    assert (await voice_with(any_store, voice.ref)).outcome == "dropped"  # nobody could read it


async def test_strangers_cannot_flood_the_organ(any_store, county):
    async def once(unit, n: int) -> None:
        await submit(unit, STRANGER, f"{WORDS}{n}", VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)

    async with any_store.unit() as unit:
        for n in range(20):
            await once(unit, n)
    assert (await _refused(any_store, lambda unit: once(unit, 21))).code == "voice.too_many"


async def _refused(store: Store, work) -> Refusal:
    with pytest.raises(Refusal) as said:
        async with store.unit() as unit:
            await work(unit)
    return said.value


async def _count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()
