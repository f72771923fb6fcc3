"""匿名 and a restart: nothing was kept of a draft, which is said; what was meant for it answers nothing else (S3)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.acts.join_answers import NAME, NAME_OPTIONS, NameNotUsable
from bot.core.acts.prompt import ask_person
from bot.core.question import Ask
from bot.core.rules.consent import ConsentScope
from bot.core.tables import Consent, Crisis
from bot.features.anonymous.tables import AnonymousVoice
from bot.store.delivery import AuditEntry
from bot.store.store import Store
from tests.nameless import STRANGER, WORDS, ZHAO, Nameless
from tests.said import Said

PLAIN = "食堂窗口这学期少开了两个"
LOST = Said("common/draft_lost")
NAMED = NameNotUsable("青年")
NOTES = Consent.scope == ConsentScope.TALK_NOTES.value


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Nameless:
    return await Nameless.build(any_store)


def me(scene: Nameless) -> int:
    return scene.people[ZHAO].person_id or 0


async def asked_for_notes(scene: Nameless) -> None:
    async with scene.store.unit() as unit:
        await ask_scope(unit, me(scene), ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()


async def restart(scene: Nameless, after: timedelta = timedelta(minutes=1)) -> None:
    scene.talk = await scene.talk.restarted()
    scene.talk.advance(after)


async def test_a_number_meant_for_a_draft_that_is_gone_answers_no_question_of_a_row(scene: Nameless) -> None:
    await asked_for_notes(scene)
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await restart(scene)
    assert await scene.says(ZHAO, "1") == [LOST, Said("consent/asked")]
    assert (await scene.count(Consent, NOTES), await scene.count(AnonymousVoice)) == (0, 0)
    await scene.says(ZHAO, "1")  # to what it was shown last
    assert await scene.count(Consent, NOTES) == 1


async def test_nor_do_words_that_were_to_be_anonymous_become_somebodys(scene: Nameless) -> None:
    async with scene.store.unit() as unit:
        await ask_person(unit, me(scene), Ask(NAME, NAME_OPTIONS, NAMED, takes_text=True))
    await scene.talk.sender.pump()
    await scene.says(ZHAO, "匿名")
    await restart(scene)
    named = scene.count(AuditEntry, AuditEntry.action == "person.named")
    assert await scene.says(ZHAO, "食堂少了窗口") == [LOST, Said("join/name_not_usable")]
    assert await named == 0
    assert await scene.says(ZHAO, "小禾") == [Said("join/named")]


@pytest.mark.parametrize("words", ["1", "①", "3", PLAIN])
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_without_any_other_question_it_is_said_once(scene: Nameless, who: str, words: str) -> None:
    await scene.says(who, f"匿名 {WORDS}")
    await restart(scene)
    assert await scene.says(who, words) == [LOST]
    assert LOST not in await scene.says(who, words)
    assert await scene.count(AnonymousVoice) == 0


async def test_a_word_that_only_one_question_has_needs_no_second_time(scene: Nameless) -> None:
    await asked_for_notes(scene)
    await restart(scene)
    assert LOST not in await scene.says(ZHAO, "同意 要点")
    assert await scene.count(Consent, NOTES) == 1


async def test_what_was_asked_after_the_restart_is_answered_at_once(scene: Nameless) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await restart(scene)
    await asked_for_notes(scene)
    assert LOST not in await scene.says(ZHAO, "1")
    assert await scene.count(Consent, NOTES) == 1


async def test_after_the_life_of_a_draft_nothing_is_in_doubt_any_more(scene: Nameless) -> None:
    await asked_for_notes(scene)
    await restart(scene, timedelta(minutes=31))
    assert LOST not in await scene.says(ZHAO, "1")
    assert await scene.count(Consent, NOTES) == 1


async def test_a_card_is_answered_at_once_all_the_same(scene: Nameless) -> None:
    await scene.says(ZHAO, "我真的不想活了")
    await restart(scene)
    assert LOST not in await scene.says(ZHAO, "1")
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Crisis))).scalar_one() == 1


async def test_a_bot_that_served_nobody_lately_has_lost_nothing(scene: Nameless) -> None:
    await restart(scene)
    assert await scene.says(ZHAO, "1") == [Said("common/nothing_asked")]
    scene.talk.advance(timedelta(minutes=40))
    await restart(scene)
    assert await scene.says(ZHAO, "1") == [Said("common/nothing_asked")]
