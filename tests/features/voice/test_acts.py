"""Voices on both databases: who may touch one, two at once, going up, time, erasing, running out."""

import asyncio
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI, ManualClock
from bot.core.acts.erase import erase_person
from bot.core.acts.prompt import close_question
from bot.core.feature import Look
from bot.core.question import Asked
from bot.core.reads.questions import asked
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.reads.held import held_voices
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.rights.acts.expire import expire_kind
from bot.features.voice.acts import answer as voice_answer
from bot.features.voice.acts import escalate as voice_escalate
from bot.features.voice.acts import rate as voice_rating
from bot.features.voice.acts import view as voice_view
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.reads.categories import voice_categories
from bot.features.voice.rules.voice import AnsweredAlready, VoiceClosed, VoiceKind
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import RoleGrant
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.reading import logged
from tests.ticking import do_due, show_questions
from tests.voices_built import WORDS, County, make_answer, make_county, make_voice, voice_with

CATEGORIES = voice_categories()
DAYS = Workdays()


async def view(unit: Unit, actor: Actor, ref: int) -> voice_view.VoiceShown:
    read = voice_view.view_voice(unit.session, unit.vault, actor, ref, CATEGORIES, now=unit.now)
    return await logged(unit, actor, read)


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def question_about(store: Store, voice: Voice, kind: str) -> Asked:
    async with store.read() as session:
        prompt = (
            await session.execute(
                select(Prompt).where(
                    Prompt.subject_id == voice.id, Prompt.kind == kind, Prompt.state.in_(("open", "queued"))
                )
            )
        ).scalar_one()
        return await asked(session, store.vault, prompt)


async def rate(store: Store, author: Actor, voice: Voice, word: str) -> None:
    question = await question_about(store, voice, "voice.rating")
    async with store.unit() as unit:
        assert await close_question(unit, question)
        await voice_rating.answer_rating(unit, author, question, word)


async def say_up(store: Store, author: Actor, voice: Voice, word: str, kind: str = "voice.up") -> None:
    question = await question_about(store, voice, kind)
    async with store.unit() as unit:
        assert await close_question(unit, question)
        await voice_escalate.answer_up(unit, author, question, word)


async def raised(store: Store, county: County, voice: Voice, word: str = "nameless", note: str | None = None) -> Voice:
    async with store.unit() as unit:
        await voice_escalate.escalate(unit, county.cadre, voice.ref, note)
    await say_up(store, county.youth, voice, word)
    return await voice_with(store, voice.ref)


async def shown_to(store: Store, actor: Actor, voice: Voice) -> voice_view.VoiceShown:
    async with store.unit() as unit:
        return await view(unit, actor, voice.ref)


async def refused(store: Store, work) -> Refusal:
    with pytest.raises(Refusal) as said:
        async with store.unit() as unit:
            await work(unit)
    return said.value


# --- who may touch it ------------------------------------------------------------------------------------------------


async def test_nobody_but_the_linked_cadre_finds_it(any_store, county):
    voice = await make_voice(any_store, county.youth)
    other = await make_cadre(any_store, county.org, "苏娜", "10002")
    for stranger in (other, county.admin, county.city_admin, county.youth):
        for work in (
            lambda unit, who=stranger: view(unit, who, voice.ref),
            lambda unit, who=stranger: voice_answer.answer_voice(unit, who, voice.ref, "好的"),
            lambda unit, who=stranger: voice_escalate.escalate(unit, who, voice.ref, None),
            lambda unit, who=stranger: voice_answer.close_voice(unit, who, voice.ref),
            lambda unit, who=stranger: voice_view.sort_voice(unit, who, voice.ref, "其他", CATEGORIES),
        ):
            assert isinstance(await refused(any_store, work), NotFound)
    assert (await shown_to(any_store, county.cadre, voice)).words == WORDS


async def test_only_its_author_takes_it_back_or_opens_it(any_store, county):
    voice = await make_voice(any_store, county.youth)
    other = await make_youth(any_store, county.org, "阿凯", "20002", cadre=county.cadre, chat=county.chat)
    for who in (other, county.cadre, county.admin):
        assert isinstance(await refused(any_store, lambda u, w=who: withdraw_voice(u, w, voice.ref)), NotFound)
        assert isinstance(
            await refused(any_store, lambda u, w=who: voice_rating.reopen_voice(u, w, voice.ref)), NotFound
        )


async def test_a_cadre_whose_contact_has_ended_no_longer_finds_it(any_store, county):
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    found = await refused(any_store, lambda u: view(u, county.cadre, voice.ref))
    assert isinstance(found, NotFound)


async def test_each_reading_is_logged_for_its_author(any_store, county):
    voice = await make_voice(any_store, county.youth)
    await shown_to(any_store, county.cadre, voice)
    await shown_to(any_store, county.cadre, voice)
    reads = (AuditEntry.action == "read.voice", AuditEntry.subject_id == county.youth.person_id)
    assert await count(any_store, AuditEntry, *reads) == 2


# --- two at once -----------------------------------------------------------------------------------------------------


async def test_of_two_organ_admins_who_answer_at_once_one_is_first(any_store, county):
    second = await make_person(any_store, county.org, "苏娜", number="30003", roles=(Role.ORGAN_ADMIN,))
    voice = await raised(any_store, county, await make_voice(any_store, county.youth))

    async def answer(by: Actor, words: str) -> str:
        try:
            async with any_store.unit() as unit:
                await voice_answer.answer_voice(unit, by, voice.ref, words)
            return "first"
        except AnsweredAlready:
            return "second"

    done = await asyncio.gather(answer(county.admin, "已经问了"), answer(second, "正在办"))
    assert sorted(done) == ["first", "second"]
    assert await count(any_store, VoiceAnswer) == 1
    waits = Prompt.state.in_(("open", "queued"))
    assert await count(any_store, Prompt, Prompt.kind == "voice.rating", waits) == 1


async def test_an_answer_and_the_authors_yes_to_going_up_at_once_leave_one_standing(any_store, county):
    voice = await make_voice(any_store, county.youth, "周末多开一趟夜班车", VoiceKind.SUGGESTION)
    async with any_store.unit() as unit:
        await voice_escalate.escalate(unit, county.cadre, voice.ref, None)

    async def answer() -> None:
        try:
            async with any_store.unit() as unit:
                await voice_answer.answer_voice(unit, county.cadre, voice.ref, "已经问了")
        except NotFound:
            return

    question = await question_about(any_store, voice, "voice.up_nameless")

    async def go_up() -> None:
        async with any_store.unit() as unit:
            if await close_question(unit, question):
                await voice_escalate.answer_up(unit, county.youth, question, "yes")

    await asyncio.gather(answer(), go_up())
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.raised) in {("answered", 0), ("escalated", 1)}
    assert await count(any_store, Escalation) == now.raised


async def test_an_answer_and_the_erasure_of_its_author_at_once_leave_no_word(any_store, county):
    voice = await make_voice(any_store, county.youth, "周末多开一趟夜班车", VoiceKind.SUGGESTION)

    async def answer() -> None:
        try:
            await make_answer(any_store, voice, county.cadre)
        except NotFound:
            return

    async def erase() -> None:
        async with any_store.unit() as unit:
            await erase_person(unit, county.youth.person_id or 0, actor=county.youth)

    await asyncio.gather(answer(), erase())
    await nothing_left(any_store, voice.ref)
    assert await count(any_store, Prompt) == 0


async def test_whoever_answered_may_add_to_it_and_is_rated_once(any_store, county):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await make_answer(any_store, voice, county.cadre, "下周一加一趟")
    assert await count(any_store, VoiceAnswer) == 2
    waits = Prompt.state.in_(("open", "queued"))
    assert await count(any_store, Prompt, Prompt.kind == "voice.rating", waits) == 1


# --- going up --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P12")
async def test_without_the_authors_word_nothing_goes_up(any_store, county):
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        await voice_escalate.escalate(unit, county.cadre, voice.ref, None)
    assert (await voice_with(any_store, voice.ref)).holder_org_id is None
    assert isinstance(await refused(any_store, lambda u: view(u, county.admin, voice.ref)), NotFound)
    again = await refused(any_store, lambda u: voice_escalate.escalate(u, county.cadre, voice.ref, None))
    assert again.code == "question.not_shown"


async def test_after_a_no_the_author_is_not_asked_again(any_store, county):
    voice = await make_voice(any_store, county.youth)
    assert (await raised(any_store, county, voice, "no")).holder_org_id is None
    again = await refused(any_store, lambda u: voice_escalate.escalate(u, county.cadre, voice.ref, None))
    assert again.code == "voice.up_refused"


@pytest.mark.rule("P12")
async def test_with_the_name_or_without_as_the_author_says(any_store, county):
    named, nameless = [await make_voice(any_store, county.youth, f"{WORDS}{n}") for n in range(2)]
    await raised(any_store, county, named, "named", "公交线路要市里定")
    await raised(any_store, county, nameless, "nameless")
    shown = await shown_to(any_store, county.admin, named)
    assert (shown.author, [n.words for n in shown.notes]) == ("小赵", ["公交线路要市里定"])
    assert (await shown_to(any_store, county.admin, nameless)).author == ""
    assert (await shown_to(any_store, county.cadre, nameless)).author == "小赵"


@pytest.mark.rule("P14")
async def test_a_minors_voice_comes_to_an_organ_without_a_name_unless_they_said_so(any_store, county):
    yu = await make_youth(
        any_store, county.org, "小雨", "20003", cadre=county.cadre, chat=county.chat, age_band=AgeBand.MINOR
    )
    voice = await make_voice(any_store, yu)
    async with any_store.unit() as unit:
        await voice_escalate.escalate(unit, county.cadre, voice.ref, None)
    await say_up(any_store, yu, voice, "nameless")
    assert (await shown_to(any_store, county.admin, voice)).author == ""


async def test_once_it_went_up_the_cadre_cannot_answer_and_the_organ_can(any_store, county):
    voice = await raised(any_store, county, await make_voice(any_store, county.youth))
    assert (voice.state, voice.holder_org_id, voice.raised) == ("escalated", county.org.id, 1)
    lost = await refused(any_store, lambda u: voice_answer.answer_voice(u, county.cadre, voice.ref, "好的"))
    assert isinstance(lost, NotFound)
    await make_answer(any_store, voice, county.admin)
    assert (await voice_with(any_store, voice.ref)).state == "answered"


async def test_from_organ_to_organ_it_goes_without_a_question_about_the_name(any_store, county):
    voice = await raised(any_store, county, await make_voice(any_store, county.youth))
    async with any_store.unit() as unit:
        await voice_escalate.escalate(unit, county.admin, voice.ref, None)
    await say_up(any_store, county.youth, voice, "yes", "voice.up_nameless")
    now = await voice_with(any_store, voice.ref)
    assert (now.holder_org_id, now.raised, now.named) == (county.city.id, 2, False)
    top = await refused(any_store, lambda u: voice_escalate.escalate(u, county.city_admin, voice.ref, None))
    assert top.code == "voice.no_level_above"


async def test_a_cadre_who_is_admin_of_the_own_organ_hands_it_past_it(any_store, county):
    async with any_store.unit() as unit:
        grant = RoleGrant(person_id=county.cadre.person_id, org_id=county.org.id, role="organ_admin", since=unit.now)
        unit.session.add(grant)
    voice = await raised(any_store, county, await make_voice(any_store, county.youth))
    assert voice.holder_org_id == county.city.id


async def test_a_suggestion_goes_up_without_a_name(any_store, county):
    voice = await make_voice(any_store, county.youth, "周末多开一趟夜班车", VoiceKind.SUGGESTION)
    async with any_store.unit() as unit:
        await voice_escalate.escalate(unit, county.cadre, voice.ref, None)
    await say_up(any_store, county.youth, voice, "yes", "voice.up_nameless")
    assert (await shown_to(any_store, county.admin, voice)).author == ""


async def test_unsolved_asks_the_author_whether_it_goes_up(any_store, county):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "unsolved")
    assert (await voice_with(any_store, voice.ref)).state == "open"
    await say_up(any_store, county.youth, voice, "named")
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.holder_org_id, now.named) == ("escalated", county.org.id, True)


async def test_a_youth_who_said_no_to_unsolved_may_still_be_asked_by_the_cadre(any_store, county):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "unsolved")
    await say_up(any_store, county.youth, voice, "no")
    async with any_store.unit() as unit:
        assert (await voice_escalate.escalate(unit, county.cadre, voice.ref, None)) is not None


# --- closing ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P31")
async def test_a_holder_closes_nothing_by_itself(any_store, county):
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        await voice_answer.close_voice(unit, county.cadre, voice.ref)
    assert (await voice_with(any_store, voice.ref)).state == "answered"
    waits = await refused(any_store, lambda u: voice_answer.close_voice(u, county.cadre, voice.ref))
    assert waits.code == "voice.waits_for_author"
    await rate(any_store, county.youth, voice, "unrated")
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.outcome) == ("closed", "unrated")
    assert isinstance(
        await refused(any_store, lambda u: voice_answer.answer_voice(u, county.cadre, voice.ref, "好")), VoiceClosed
    )


async def test_its_author_opens_a_closed_one_again_for_thirty_days(any_store, county, clock):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "helpful")
    async with any_store.unit() as unit:
        await voice_rating.reopen_voice(unit, county.youth, voice.ref)
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.outcome, now.closed_at) == ("open", None, None)
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "helpful")
    clock.advance(timedelta(days=31))
    late = await refused(any_store, lambda u: voice_rating.reopen_voice(u, county.youth, voice.ref))
    assert late.code == "voice.reopen_too_late"


# --- the clock -------------------------------------------------------------------------------------------------------


def go_to(clock: ManualClock, month: int, day: int, hour: int, minute: int = 0) -> None:
    clock.advance(datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI) - clock.now())


async def told(store: Store, person: Actor, template: str) -> int:
    async with store.read() as session:
        rows = await session.execute(
            select(OutboxMessage.payload, OutboxMessage.id).where(OutboxMessage.person_id == person.person_id)
        )
        found = 0
        for payload, row_id in rows:
            text = await store.vault.read(session, f"outbox:{row_id}:payload", payload) if payload else ""
            found += f'"{template}"' in (text or "")
        return found


async def tick(store: Store) -> int:
    return await do_due(store, store.clock.now(), "voice", workdays=DAYS)


async def test_three_workdays_remind_the_holder_once_in_office_hours(any_store, county, clock):
    await make_voice(any_store, county.youth)  # Tuesday, 24 November
    for day, hour in ((26, 10), (27, 8)):
        go_to(clock, 11, day, hour)
        await tick(any_store)
        assert await told(any_store, county.cadre, "voice/waits") == 0
    go_to(clock, 11, 27, 9)
    assert await tick(any_store) == 1
    assert await tick(any_store) == 0
    go_to(clock, 11, 30, 9)
    await tick(any_store)
    assert await told(any_store, county.cadre, "voice/waits") == 1


async def test_five_workdays_tell_the_organ_above_without_a_word_and_ask_the_author(any_store, county, clock):
    voice = await make_voice(any_store, county.youth)
    go_to(clock, 12, 1, 9)
    await tick(any_store)
    assert await told(any_store, county.admin, "voice/late") == 1
    async with any_store.read() as session:
        rows = await session.execute(select(OutboxMessage).where(OutboxMessage.person_id == county.admin.person_id))
        for row in rows.scalars():
            text = await any_store.vault.read(session, f"outbox:{row.id}:payload", row.payload)
            assert "公交" not in (text or "")
            assert "小赵" not in (text or "")
    await say_up(any_store, county.youth, voice, "nameless")
    assert (await voice_with(any_store, voice.ref)).holder_org_id == county.org.id


async def test_after_downtime_each_is_told_once(any_store, county, clock):
    await make_voice(any_store, county.youth)
    go_to(clock, 12, 24, 11)
    assert await tick(any_store) == 1
    assert await tick(any_store) == 0
    assert await told(any_store, county.cadre, "voice/waits") == 1
    assert await told(any_store, county.admin, "voice/late") == 1


async def test_two_nodes_that_tick_at_once_tell_once(any_store, county, clock):
    await make_voice(any_store, county.youth)
    go_to(clock, 12, 1, 9)
    await asyncio.gather(tick(any_store), tick(any_store))
    assert await told(any_store, county.cadre, "voice/waits") == 1
    assert await told(any_store, county.admin, "voice/late") == 1


async def test_on_a_rest_day_nobody_is_reminded(any_store, county, clock):
    await make_voice(any_store, county.youth)
    go_to(clock, 11, 28, 10)
    await tick(any_store)
    assert await told(any_store, county.cadre, "voice/waits") == 0


async def test_whoever_has_it_next_gets_a_term_of_their_own(any_store, county, clock):
    voice = await make_voice(any_store, county.youth)
    go_to(clock, 11, 30, 10)
    await raised(any_store, county, voice)
    go_to(clock, 12, 2, 10)
    await tick(any_store)
    assert await told(any_store, county.admin, "voice/waits") == 0
    go_to(clock, 12, 3, 10)
    await tick(any_store)
    assert await told(any_store, county.admin, "voice/waits") == 1
    go_to(clock, 12, 7, 10)
    await tick(any_store)
    assert await told(any_store, county.city_admin, "voice/late") == 1


async def test_seven_days_of_silence_close_it_and_take_the_question_back(any_store, county, clock):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await show_questions(any_store, clock.now())
    clock.advance(timedelta(days=6, hours=23))
    await tick(any_store)
    assert (await voice_with(any_store, voice.ref)).state == "answered"
    clock.advance(timedelta(hours=1))
    await do_due(any_store, clock.now(), "core.questions")
    await tick(any_store)
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.outcome) == ("closed", "none")
    assert await count(any_store, Prompt, Prompt.state.in_(("open", "queued")), Prompt.kind == "voice.rating") == 0


async def test_what_nobody_can_go_on_with_ends_and_its_author_hears_of_it(any_store, county):
    voice = await make_voice(any_store, county.youth)
    async with any_store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert await tick(any_store) == 1
    now = await voice_with(any_store, voice.ref)
    assert (now.state, now.outcome) == ("closed", "dropped")
    assert await told(any_store, county.youth, "voice/dropped") == 1


# --- taking back, erasing, running out -------------------------------------------------------------------------------


async def nothing_left(store: Store, ref: int) -> Voice:
    voice = await voice_with(store, ref)
    assert (voice.author_id, voice.text, voice.key_id) == (None, None, None)
    assert await count(store, VoiceAnswer) == 0
    assert await count(store, Escalation) == 0
    return voice


async def test_taking_it_back_deletes_the_words_and_tells_the_holder(any_store, county):
    voice = await make_voice(any_store, county.youth)
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "unsolved")
    async with any_store.unit() as unit:
        await withdraw_voice(unit, county.youth, voice.ref)
    now = await nothing_left(any_store, voice.ref)
    assert (now.state, now.outcome) == ("closed", "withdrawn")
    assert isinstance(await refused(any_store, lambda u: view(u, county.cadre, voice.ref)), NotFound)
    assert await count(any_store, Prompt, Prompt.state.in_(("open", "queued")), Prompt.subject_id == voice.id) == 0


async def test_erasing_its_author_leaves_counts_and_no_text(any_store, county):
    closed = await make_voice(any_store, county.youth)
    await make_answer(any_store, closed, county.cadre)
    await rate(any_store, county.youth, closed, "helpful")
    up = await raised(any_store, county, await make_voice(any_store, county.youth, f"{WORDS}二"), note="请市里看")
    await make_answer(any_store, up, county.admin)
    async with any_store.unit() as unit:
        await erase_person(unit, county.youth.person_id or 0, actor=county.youth)
    assert (await nothing_left(any_store, closed.ref)).outcome == "helpful"
    assert (await nothing_left(any_store, up.ref)).outcome == "erased"
    assert await count(any_store, Voice) == 2


async def test_erasing_the_youths_side_of_a_cadre_takes_their_complaints_too(any_store, county):
    cadre = await make_youth(any_store, county.org, "苏娜", "10009", cadre=county.cadre, chat=county.chat)
    async with any_store.unit() as unit:
        grant = RoleGrant(person_id=cadre.person_id, org_id=county.org.id, role="cadre", since=unit.now)
        unit.session.add(grant)
    voice = await make_voice(any_store, cadre)
    async with any_store.unit() as unit:
        await erase_person(unit, cadre.person_id or 0, actor=cadre)
    await nothing_left(any_store, voice.ref)


@pytest.mark.rule("P20")
async def test_a_year_after_closing_the_words_run_out(any_store, county, clock):
    voice, still_open = (
        await make_voice(any_store, county.youth),
        await make_voice(any_store, county.youth, f"{WORDS}二"),
    )
    await make_answer(any_store, voice, county.cadre)
    await rate(any_store, county.youth, voice, "helpful")
    clock.advance(timedelta(days=365))
    async with any_store.unit() as unit:
        assert await expire_kind(unit, "voices", Look(unit.now)) == 0
    clock.advance(timedelta(seconds=1))
    async with any_store.unit() as unit:
        assert await expire_kind(unit, "voices", Look(unit.now)) == 1
    assert (await nothing_left(any_store, voice.ref)).outcome == "helpful"
    assert (await voice_with(any_store, still_open.ref)).text is not None


async def test_an_item_nobody_touched_for_a_year_ends_so_that_its_words_run_out(any_store, county, clock):
    voice = await make_voice(any_store, county.youth)
    clock.advance(timedelta(days=365))
    await tick(any_store)
    assert (await voice_with(any_store, voice.ref)).outcome == "dropped"


@pytest.mark.rule("P13")
async def test_the_list_of_a_holder_names_nobody_and_repeats_no_word(any_store, county):
    voice = await make_voice(any_store, county.youth)
    async with any_store.read() as session:
        mine = await held_voices(
            session, county.cadre, 1, workdays=DAYS, rules=AnonymousRules(), now=any_store.clock.now()
        )
        none = await held_voices(
            session, county.admin, 1, workdays=DAYS, rules=AnonymousRules(), now=any_store.clock.now()
        )
    assert [line.ref for line in mine.lines] == [voice.ref]
    assert none.total == 0


@pytest.mark.rule("P13")
async def test_a_foreign_county_sees_nothing(any_store, county):
    there = await make_org(any_store, "甘棠县团委", parent=county.city)
    foreign = await make_person(any_store, there, "周敏", number="30009", roles=(Role.ORGAN_ADMIN, Role.CADRE))
    voice = await raised(any_store, county, await make_voice(any_store, county.youth))
    found = await refused(any_store, lambda u: view(u, foreign, voice.ref))
    assert isinstance(found, NotFound)
