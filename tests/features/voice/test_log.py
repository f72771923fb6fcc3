"""What is written down and said of a voice at each step: the act, in which part, about whom, its number."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.clock import ManualClock
from bot.core.acts.prompt import close_question
from bot.core.feature import Look
from bot.core.question import Asked
from bot.core.reads.questions import asked
from bot.core.rules.people import Actor, AgeBand, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.answer import close_voice
from bot.features.voice.acts.escalate import answer_up, escalate, up_silent
from bot.features.voice.acts.make import before_silent, submit
from bot.features.voice.acts.rate import answer_rating, reopen_voice
from bot.features.voice.acts.remind import tick_voice
from bot.features.voice.acts.view import sort_voice, view_voice
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.reads.categories import voice_categories
from bot.features.voice.reads.voice import answers_of
from bot.features.voice.rules.voice import VoiceKind
from bot.features.voice.tables import Escalation, Voice
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import RoleGrant
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.queued import queued
from tests.reading import logged
from tests.ticking import do_due, show_questions
from tests.voices_built import TOOLS, County, make_answer, make_county, make_rated, make_voice, voice_with

Row = tuple[str, int | None, str, int | None, str]
CATEGORIES = voice_categories()
NOTE, ANSWER, LATER_ANSWER, CADRE_NAME = "请看一看", "问过了", "下月加开", "林晓舟"


@pytest_asyncio.fixture
async def county(store: Store) -> County:
    return await make_county(store)


async def log(store: Store) -> list[Row]:
    """Act, who, in which part, about whom, number: of everything about voices, in its order."""
    async with store.read() as session:
        rows = await session.execute(select(AuditEntry).order_by(AuditEntry.seq))
        return [
            (row.action, row.actor_id, row.actor_role, row.subject_id, row.ref)
            for row in rows.scalars()
            if "voice" in row.action
        ]


async def question_about(store: Store, voice: Voice, kind: str) -> Asked:
    async with store.read() as session:
        prompt = await session.execute(
            select(Prompt).where(
                Prompt.subject_id == voice.id, Prompt.kind == kind, Prompt.state.in_(("open", "queued"))
            )
        )
        return await asked(session, store.vault, prompt.scalar_one())


async def say_up(store: Store, author: Actor, voice: Voice, word: str, kind: str = "voice.up") -> Say | None:
    question = await question_about(store, voice, kind)
    async with store.unit() as unit:
        assert await close_question(unit, question)
        return await answer_up(unit, author, question, word)


async def seen_by(store: Store, actor: Actor, voice: Voice) -> list[tuple[str, str]]:
    async with store.unit() as unit:
        read = view_voice(unit.session, unit.vault, actor, voice.ref, CATEGORIES, now=unit.now)
        shown = await logged(unit, actor, read)
    return [(line.who, line.words) for line in shown.answers]


async def tick(store: Store) -> int:
    return await do_due(store, store.clock.now(), "voice", workdays=Workdays())


# --- the log ---------------------------------------------------------------------------------------------------------


async def test_every_step_of_a_voice_that_goes_up_is_written_down(store: Store, county: County) -> None:
    youth, cadre, admin = county.youth.person_id, county.cadre.person_id, county.admin.person_id
    voice = await make_voice(store, county.youth)
    await seen_by(store, county.cadre, voice)
    async with store.unit() as unit:
        await sort_voice(unit, county.cadre, voice.ref, CATEGORIES.all[0].name, CATEGORIES)
    await make_rated(store, voice, county.youth, county.cadre)
    async with store.unit() as unit:
        await reopen_voice(unit, county.youth, voice.ref)
        await escalate(unit, county.cadre, voice.ref, NOTE)
    await say_up(store, county.youth, voice, "named")
    await seen_by(store, county.admin, voice)
    async with store.unit() as unit:
        await sort_voice(unit, county.admin, voice.ref, CATEGORIES.all[0].name, CATEGORIES)
        await close_voice(unit, county.admin, voice.ref)
        await withdraw_voice(unit, county.youth, voice.ref)
    ref = f"V{voice.ref}"
    assert await log(store) == [
        ("voice.submitted", youth, "youth", youth, ref),
        ("read.voice", cadre, "cadre", youth, ref),
        ("voice.sorted", cadre, "cadre", youth, ref),
        ("voice.answered", cadre, "cadre", youth, ref),
        ("voice.rated", youth, "youth", youth, ref),
        ("voice.reopened", youth, "youth", youth, ref),
        ("voice.up_asked", cadre, "cadre", youth, ref),
        ("voice.escalated", youth, "youth", youth, ref),
        ("read.voice", admin, "organ_admin", youth, ref),
        ("voice.sorted", admin, "organ_admin", youth, ref),
        ("voice.close_asked", admin, "organ_admin", youth, ref),
        ("voice.withdrawn", youth, "youth", youth, ref),
    ]


@pytest.mark.parametrize("action", ["voice.late", "voice.silent", "voice.dropped"])
async def test_what_time_does_to_a_voice_is_written_down_as_the_clocks(
    store: Store, county: County, clock: ManualClock, action: str
) -> None:
    voice = await make_voice(store, county.youth)
    if action == "voice.silent":
        await make_answer(store, voice, county.cadre)
        await show_questions(store, clock.now())
    if action == "voice.dropped":
        async with store.unit() as unit:
            (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    clock.advance(timedelta(days=8))
    await do_due(store, clock.now(), "core.questions")
    assert await tick(store) == 1
    rows = [row for row in await log(store) if row[0] == action]
    assert rows == [(action, None, "system", county.youth.person_id, f"V{voice.ref}")]


# --- what is said ----------------------------------------------------------------------------------------------------


async def test_every_word_about_a_voice_has_its_number(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        asked_up = await escalate(unit, county.cadre, voice.ref, NOTE)
    assert (asked_up.ref, asked_up.to) == (voice.ref, county.org.name)  # type: ignore[attr-defined]
    await say_up(store, county.youth, voice, "nameless")
    await make_answer(store, voice, county.admin)
    for person in (county.youth, county.cadre, county.admin):
        said = await queued(store, person)
        assert said
        assert {one["ref"] for one in said if "ref" in one} == {voice.ref}
    [settled] = await queued(store, county.cadre, "voice/up_settled")
    assert settled["to"] == county.org.name


async def test_where_nobody_stands_above_any_more_a_yes_moves_nothing(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        await escalate(unit, county.cadre, voice.ref, None)
        for admin in (county.admin, county.city_admin):
            await end_offices(unit, admin)
    decided = await say_up(store, county.youth, voice, "named")
    assert decided is not None
    assert (decided.ref, decided.to, decided.named) == (voice.ref, "", False)  # type: ignore[attr-defined]
    [settled] = await queued(store, county.cadre, "voice/up_settled")
    assert (settled["ref"], settled["to"]) == (voice.ref, "")
    now = await voice_with(store, voice.ref)
    assert (now.holder_org_id, now.up_refused) == (None, False)


async def end_offices(unit: Unit, person: Actor) -> None:
    await unit.session.execute(update(RoleGrant).where(RoleGrant.person_id == person.person_id).values(until=unit.now))


async def test_a_week_of_silence_tells_the_holder_who_asked_with_its_number(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        await escalate(unit, county.cadre, voice.ref, None)
    question = await question_about(store, voice, "voice.up")
    async with store.unit() as unit:
        await up_silent(unit, question)
    [settled] = await queued(store, county.cadre, "voice/up_settled")
    assert (settled["ref"], settled["to"]) == (voice.ref, "")


@pytest.mark.parametrize("age_band", [AgeBand.MINOR, AgeBand.ADULT])
async def test_whoever_is_under_18_is_asked_about_going_up_in_simple_words(
    store: Store, county: County, age_band: AgeBand
) -> None:
    yu = await make_youth(store, county.org, "小雨", "20003", cadre=county.cadre, chat=county.chat, age_band=age_band)
    voice = await make_voice(store, yu, kind=VoiceKind.SUGGESTION)
    async with store.unit() as unit:
        await escalate(unit, county.cadre, voice.ref, NOTE)
    [question] = await queued(store, yu, "voice/up")
    assert (question["minor"], question["note"]) == (age_band is AgeBand.MINOR, NOTE)


async def test_who_waits_for_the_author_hears_until_when(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    await make_answer(store, voice, county.cadre)
    with pytest.raises(Refusal) as waits:
        async with store.unit() as unit:
            await close_voice(unit, county.cadre, voice.ref)
    assert waits.value.details == {"ref": voice.ref, "until": store.clock.now() + timedelta(days=7)}


async def test_after_thirty_days_its_author_hears_for_how_long_it_could_be_opened(
    store: Store, county: County, clock: ManualClock
) -> None:
    voice = await make_voice(store, county.youth)
    await make_rated(store, voice, county.youth, county.cadre)
    clock.advance(timedelta(days=31))
    with pytest.raises(Refusal) as late:
        async with store.unit() as unit:
            await reopen_voice(unit, county.youth, voice.ref)
    assert late.value.details == {"days": 30}


async def test_an_organs_answer_is_shown_under_the_organs_name_and_the_cadres_under_theirs(
    store: Store, county: County, clock: ManualClock
) -> None:
    voice = await make_voice(store, county.youth)
    await make_answer(store, voice, county.cadre, ANSWER)
    async with store.unit() as unit:
        question = await question_about(store, voice, "voice.rating")
        await close_question(unit, question)
        await answer_rating(unit, county.youth, question, "unsolved")
    await say_up(store, county.youth, voice, "named")
    clock.advance(timedelta(minutes=1))
    await make_answer(store, voice, county.admin, LATER_ANSWER)
    assert await seen_by(store, county.cadre, voice) == [(CADRE_NAME, ANSWER), (county.org.name, LATER_ANSWER)]
    assert await seen_by(store, county.admin, voice) == [("", ANSWER), (county.org.name, LATER_ANSWER)]
    async with store.read() as session:
        assert len(await answers_of(session, voice.id)) == 2


async def test_what_has_no_known_author_goes_up_at_once_without_a_question(store: Store, county: County) -> None:
    province = await make_org(store, "云溪省团委", OrgLevel.PROVINCE)
    assert province.id
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        await unit.session.execute(
            update(Voice).values(author_id=None, cadre_id=None, about="other", holder_org_id=county.org.id)
        )
    async with store.unit() as unit:
        said = await escalate(unit, county.admin, voice.ref, NOTE)
    assert (said.ref, said.to) == (voice.ref, county.city.name)  # type: ignore[attr-defined]
    now = await voice_with(store, voice.ref)
    assert (now.holder_org_id, now.raised, now.named) == (county.city.id, 1, False)
    async with store.read() as session:
        up = (await session.execute(select(Escalation))).scalar_one()
        assert await store.vault.read(session, f"escalations:{up.id}:note", up.note) == NOTE
    assert (await log(store))[-1] == ("voice.escalated", county.admin.person_id, "", None, f"V{voice.ref}")
    [arrived] = await queued(store, county.city_admin, "voice/arrived_above")
    assert arrived["ref"] == voice.ref


# --- strangers and silence -------------------------------------------------------------------------------------------


async def test_a_stranger_on_a_quiet_day_is_heard_twenty_times(store: Store, county: County) -> None:
    stranger = Actor(None, None)
    async with store.unit() as unit:
        for n in range(20):
            await submit(unit, stranger, f"群里点名{n}", VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)
    with pytest.raises(Refusal):
        async with store.unit() as unit:
            await submit(unit, stranger, "群里点名二十一", VoiceKind.COMPLAINT, TOOLS, chat_id=None, aloud=False)


async def test_a_draft_that_nobody_answered_for_is_gone_and_its_author_hears_it(store: Store, county: County) -> None:
    async with store.unit() as unit:
        await submit(unit, county.youth, "我得了抑郁症", None, TOOLS, chat_id=None, aloud=False)
    async with store.read() as session:
        prompt = (await session.execute(select(Prompt).where(Prompt.kind == "voice.sensitive"))).scalar_one()
        question = await asked(session, store.vault, prompt)
    async with store.unit() as unit:
        await before_silent(unit, question)
    assert [one["silent"] for one in await queued(store, county.youth, "voice/not_sent")] == [True]
    async with store.read() as session:
        newest = select(OutboxMessage.cls).order_by(OutboxMessage.position.desc()).limit(1)
        assert (await session.execute(newest)).scalar_one() == "L"


async def test_the_clock_says_nothing_of_what_has_just_come(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        assert not await tick_voice(unit, voice.id, Look(unit.now))
    assert told_of(await queued(store, county.cadre)) == ["voice/arrived"]


async def test_what_happens_to_a_voice_is_told_as_a_receipt_that_keeps(store: Store, county: County) -> None:
    """Class L: it waits twice as long for its receiver as a mere hint."""
    voice = await make_voice(store, county.youth)
    await make_answer(store, voice, county.cadre)
    async with store.read() as session:
        rows = await session.execute(
            select(OutboxMessage.cls, OutboxMessage.person_id).where(OutboxMessage.kind == "push")
        )
        assert {cls for cls, _ in rows} == {"L"}


def told_of(said: list[dict[str, Any]]) -> list[str]:
    return [one["template"] for one in said]


async def test_each_voice_is_told_of_and_one_taken_back_at_once_is_not(store: Store, county: County) -> None:
    other = await make_youth(store, county.org, "阿凯", "20002", cadre=county.cadre, chat=county.chat)
    voices = [await make_voice(store, county.youth), await make_voice(store, other)]
    assert {one["ref"] for one in await queued(store, county.cadre, "voice/arrived")} == {one.ref for one in voices}
    async with store.unit() as unit:
        await withdraw_voice(unit, other, voices[1].ref)
    assert [one["ref"] for one in await queued(store, county.cadre)] == [voices[0].ref]


async def test_a_reminder_comes_once_for_each_holder_and_term(store: Store, county: County, clock: ManualClock) -> None:
    second = await make_person(store, county.org, "周敏", number="30009", roles=(Role.ORGAN_ADMIN,))
    assert await make_cadre(store, county.org, "何田", "10003")
    voice = await make_voice(store, county.youth)
    async with store.unit() as unit:
        await escalate(unit, county.cadre, voice.ref, None)
    await say_up(store, county.youth, voice, "nameless")
    clock.advance(timedelta(days=3))
    await tick(store)
    for person in (county.admin, second):
        assert len(await queued(store, person, "voice/waits")) == 1
    async with store.unit() as unit:
        await unit.session.execute(update(Voice).values(reminded_at=None))
    await tick(store)  # as if another node had not seen that it was done
    for person in (county.admin, second):
        assert len(await queued(store, person, "voice/waits")) == 1


async def test_an_answer_has_a_thousand_characters_at_most(store: Store, county: County) -> None:
    voice = await make_voice(store, county.youth)
    with pytest.raises(Refusal):
        await make_answer(store, voice, county.cadre, "答" * 1_001)
    await make_answer(store, voice, county.cadre, "答" * 1_000)


async def test_no_more_cadres_are_offered_than_there_are_numbers_to_answer_with(store: Store, county: County) -> None:
    for n in range(9):
        cadre = await make_cadre(store, county.org, f"同事{n}", f"5000{n}")
        async with store.unit() as unit:
            times = {"since": unit.now, "last_contact_at": unit.now}
            unit.session.add(Contact(cadre_id=cadre.person_id, youth_id=county.youth.person_id, ref=900 + n, **times))
    async with store.unit() as unit:
        await submit(unit, county.youth, "夜班没有公交", None, TOOLS, chat_id=None, aloud=False)
    async with store.read() as session:
        options = (await session.execute(select(Prompt.options).where(Prompt.kind == "voice.cadre"))).scalar_one()
    assert list(options) == [str(n) for n in range(1, 10)]
