"""Reading consultations: the asker reads answers without names, in no order of who and when (R4.4, P13)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.core.reads.audited import Seen
from bot.core.rules.paging import PAGE, NoSuchPage
from bot.core.rules.people import Role
from bot.core.rules.refusal import NotFound
from bot.features.consultation.acts.answer import ConsultationShown, view
from bot.features.consultation.reads.consultation import (
    answers_mixed,
    count_answers,
    find_asked,
    find_put_to,
    groups_of,
    my_consultations,
    youth_ids,
)
from bot.features.consultation.reads.export import export_answers, export_questions
from bot.features.consultation.tables import Consultation
from bot.features.consultation.todo import results_due
from bot.store.chat import Contact
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.reading import watch_opening
from tests.voices_built import County, make_consultation, make_consultation_answer, make_county

NOBODY = 9_999
MINE, THEIRS = "想去敬老院", "想去爬山"


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


@pytest.mark.rule("P13")
async def test_a_foreign_question_and_one_that_does_not_exist_are_alike(any_store: Store, county: County) -> None:
    ref = await make_consultation(any_store, county.cadre, county.chat)
    await make_consultation_answer(any_store, county.youth, ref)
    there = await make_org(any_store, "长河县团委", parent=county.city)
    foreign = await make_person(any_store, there, "周敏", number="30009", roles=(Role.ORGAN_ADMIN, Role.CADRE))
    async with any_store.read() as session:
        for actor in (foreign, county.admin, county.city_admin, county.youth):
            for number in (ref, NOBODY):
                assert await find_asked(session, actor, number) is None
                with pytest.raises(NotFound):
                    await view(session, any_store.vault, actor, number, 1)
            assert (await my_consultations(session, any_store.vault, actor, 1)).total == 0
            assert (await results_due(session, any_store.vault, actor, any_store.clock.now(), 10)).count == 0
            assert await export_questions(session, any_store.vault, actor.person_id or 0) == []
        for actor in (foreign, county.admin):
            assert await find_put_to(session, actor.person_id or 0, ref) is None


async def test_it_is_put_to_who_is_in_contact_through_the_group(any_store: Store, county: County) -> None:
    ref = await make_consultation(any_store, county.cadre, county.chat)
    outside = await make_youth(any_store, county.org, "阿凯", "20002", cadre=county.cadre)
    async with any_store.read() as session:
        assert await find_put_to(session, county.youth.person_id or 0, ref) is not None
        assert await find_put_to(session, outside.person_id or 0, ref) is None
        assert [chat.id for chat in await groups_of(session, county.city.id)] == [county.chat.id]
        assert await groups_of(session, county.city.id, after=county.chat.id) == []
        ids = sorted((county.youth.person_id or 0, outside.person_id or 0))
        assert await youth_ids(session, county.cadre.person_id or 0) == ids
        assert await youth_ids(session, county.cadre.person_id or 0, after=ids[0], limit=1) == ids[1:]
    async with any_store.unit() as unit:
        await unit.session.execute(update(Contact).values(ended_at=unit.now))
    async with any_store.read() as session:
        assert await find_put_to(session, county.youth.person_id or 0, ref) is None
        assert await youth_ids(session, county.cadre.person_id or 0) == []


async def test_its_asker_reads_the_answers_and_each_author_is_logged(any_store: Store, county: County) -> None:
    other = await make_youth(any_store, county.org, "阿凯", "20002", cadre=county.cadre, chat=county.chat)
    ref = await make_consultation(any_store, county.cadre, county.chat)
    await make_consultation_answer(any_store, county.youth, ref, MINE)
    await make_consultation_answer(any_store, other, ref, THEIRS)
    async with any_store.read() as session:
        found = await view(session, any_store.vault, county.cadre, ref, 1)
        asked = await find_asked(session, county.cadre, ref)
        assert asked is not None
        assert await count_answers(session, asked.id) == 2
        assert await answers_mixed(session, any_store.vault, asked.id) == await answers_mixed(
            session, any_store.vault, asked.id
        )
        with pytest.raises(NoSuchPage):
            await view(session, any_store.vault, county.cadre, ref, 2)
        (own,) = await export_answers(session, any_store.vault, other.person_id or 0)
    assert isinstance(found, Seen)
    assert isinstance(found.say, ConsultationShown)
    assert set(found.say.answers) == {MINE, THEIRS}
    assert {entry.subject_id for entry in found.logged} == {county.youth.person_id, other.person_id}
    assert own["text"] == THEIRS


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_pages_of_own_questions_show_each_once_newest_first(
    any_store: Store, county: County, count: int, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = list(range(2_000, 2_000 + count))
    async with any_store.unit() as unit:
        for number, ref in enumerate(refs):
            at = unit.now - timedelta(hours=count - number)
            unit.session.add(
                Consultation(
                    ref=ref,
                    asker_id=county.cadre.person_id,
                    org_id=county.org.id,
                    reach="chat",
                    chat_id=county.chat.id,
                    state="ended",
                    key_id=county.org.key_id,
                    text=await unit.seal(county.org.key_id, "consultations:1:text", ""),
                    asked_at=at,
                    ends_at=at,
                )
            )
    monkeypatch.setattr(any_store.vault, "open_bytes", lambda place, sealed: b"")
    opened = watch_opening(any_store.vault, monkeypatch, "consultations")
    async with any_store.read() as session:
        last = await my_consultations(session, any_store.vault, county.cadre, pages)
        assert len(opened) == len(last.lines)
        found = [await my_consultations(session, any_store.vault, county.cadre, page) for page in range(1, pages + 1)]
        for page in (0, pages + 1):
            with pytest.raises(NoSuchPage):
                await my_consultations(session, any_store.vault, county.cadre, page)
        due = await results_due(session, any_store.vault, county.cadre, any_store.clock.now(), 2)
    assert [line.ref for page in found for line in page.lines] == refs[::-1]
    assert (due.count, [item.ref for item in due.oldest]) == (count, [f"Q{ref}" for ref in refs[:2]])


@pytest.mark.rule("P13")
async def test_another_cadre_of_the_organ_reads_nothing(any_store: Store, county: County) -> None:
    ref = await make_consultation(any_store, county.cadre, county.chat)
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    async with any_store.read() as session:
        assert await find_asked(session, other, ref) is None
