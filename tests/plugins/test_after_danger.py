"""After words of danger, as people see it: true answers to what they ask, a warm line to the rest, who has read it."""

from datetime import timedelta
from itertools import pairwise

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.chat.text import hotlines, render
from bot.core.acts.after_danger import DangerTalk, Standing
from bot.core.rules.after_danger import DangerTopic
from bot.core.rules.people import AgeBand, Role
from bot.core.tables import Crisis
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.outbox import Words
from bot.store.people import Person
from bot.store.store import Store
from tests.people_built import make_person
from tests.played import Once
from tests.plugins.test_crisis import CADRE, HE, LI, WORDS, YOUTH, Scene, build_scene, count
from tests.said import Said, fields, told


@pytest_asyncio.fixture
async def scene(any_store: Store, once: Once) -> Scene:
    return await once(any_store, build_scene)


PROMISES = {"offer": "回“要”", "seen": "值班的何老师看到了", "guardian": "监护人", "told": "已经知道要联系你"}


def promises(shown: str) -> set[str]:
    """What a text promises or says of others: here the words are the promise."""
    return {name for name, words in PROMISES.items() if words in shown}


async def on_duty(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)


# --- while the card waits --------------------------------------------------------------------------------------------


async def test_what_is_asked_beside_the_card_is_answered_and_the_card_goes_on_waiting(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    for said, topic in (
        ("我爸妈会知道吗", "who_knows"),
        ("谁会来", "who"),
        ("什么时候打给我", "when"),
        ("你会记下来吗", "record"),
        ("你是人吗", "human"),
        ("谢谢", "thanks"),
        ("我想找晓舟姐聊聊", "cadre"),
        ("别告诉我爸妈", "dont_tell"),
        ("打不通", "unreachable"),
        ("我不想打电话", "no_call"),
        ("会不会告诉老师", "who_knows"),
    ):
        assert await scene.talk.says(YOUTH, said) == [Said("crisis/talk", topic=topic, choices=True)], said
    assert scene.talk.shown(HE) == []
    assert await count(scene.store, Prompt, Prompt.kind == "crisis.contact", Prompt.state == "open") == 1
    assert told(await scene.talk.says(YOUTH, "1"))[0] == "crisis/called"


@pytest.mark.parametrize("yes", ["1 别告诉我爸妈", "要，但是别告诉老师", "好的，别让我妈知道", "要。什么时候来？"])
async def test_an_answer_with_a_remark_is_an_answer(scene: Scene, yes: str) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    assert told(await scene.talk.says(YOUTH, yes))[0] == "crisis/called"
    assert len(scene.talk.shown(HE)) == 1


@pytest.mark.parametrize("no", ["我没事了", "不用了，别告诉我妈", "2 谢谢"])
async def test_a_no_with_a_remark_is_a_no(scene: Scene, no: str) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    assert (await scene.talk.says(YOUTH, no))[0] in (Said("crisis/later"), Said("crisis/talk"))
    assert scene.talk.shown(HE) == []


async def test_other_words_get_a_warm_line_that_varies_and_the_choices_only_now_and_then(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    lines: list[str] = []
    for word in "甲乙丙丁戊己庚辛壬癸子丑":
        lines += await scene.talk.says(YOUTH, f"今天也是这样，{word}")
        scene.talk.advance(timedelta(minutes=1))
    assert set(told(lines)) == {"crisis/heard"}
    assert sum(fields(line)["choices"] for line in lines) == 1
    assert all(one != other for one, other in pairwise(lines))
    assert len(set(lines)) >= 5
    assert all(len(line) < 60 for line in lines if "①" not in line)


async def test_a_second_word_of_danger_within_the_hour_gets_a_shorter_card_in_other_words(scene: Scene) -> None:
    cards = [(await scene.talk.says(YOUTH, WORDS))[0]]
    for _ in range(3):
        scene.talk.advance(timedelta(minutes=5))
        cards += await scene.talk.says(YOUTH, WORDS)
    assert told(cards) == ["crisis/card"] * 4
    assert len(set(cards)) == 4
    assert all(len(card) < len(cards[0]) * 0.7 and "12356" in card and "110" in card for card in cards[1:])
    scene.talk.advance(timedelta(hours=2))
    assert len((await scene.talk.says(YOUTH, WORDS))[0]) == len(cards[0])


async def test_a_stranger_is_answered_as_truly(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says("99999", WORDS)
    said = (await scene.talk.says("99999", "我爸妈会知道吗"))[0]
    assert said == Said("crisis/talk", topic="who_knows", now={"known": False, "called": False})
    assert (await scene.talk.says("99999", "就是很乱"))[0] == Said("crisis/heard", choices=False)
    assert "crisis/talk" not in told(await scene.talk.says("88888", "我爸妈会知道吗"))


async def test_without_words_of_danger_nothing_of_this_is_said(scene: Scene) -> None:
    for said in ("谁会来", "什么时候来", "你会记下来吗", "别告诉老师", "就是很乱"):
        assert not {"crisis/talk", "crisis/heard"} & set(told(await scene.talk.says(YOUTH, said))), said


# --- afterwards ------------------------------------------------------------------------------------------------------


async def test_after_the_choice_questions_are_answered_by_how_things_stand(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    said = (await scene.talk.says(YOUTH, "他什么时候来找我"))[0]
    assert said == Said("crisis/talk", topic="when", choices=False, now={"called": False, "on_duty": True})
    await scene.talk.says(YOUTH, "要")
    said = (await scene.talk.says(YOUTH, "他什么时候来找我"))[0]
    assert said == Said("crisis/talk", now={"called": True, "officer": ""})
    await scene.talk.says(HE, "3")
    said = (await scene.talk.says(YOUTH, "谁会来"))[0]
    assert said == Said("crisis/talk", now={"called": True, "officer": "何老师"})
    await scene.talk.says(HE, "1")
    assert (await scene.talk.says(YOUTH, "怎么还没人来"))[0] == Said("crisis/talk", now={"reached": True})


async def test_nobody_on_duty_is_never_promised(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    for said in ("谁会来", "什么时候来", "选1会怎样"):
        shown = (await scene.talk.says(YOUTH, said))[0]
        assert shown == Said("crisis/talk", now={"on_duty": False, "called": False})
        assert promises(shown) == set(), said
    await scene.talk.says(YOUTH, "1")
    assert promises((await scene.talk.says(YOUTH, "什么时候来"))[0]) == set()


async def test_a_minor_is_told_what_the_law_may_ask_and_an_adult_is_not_told_of_guardians(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    assert "guardian" in promises((await scene.talk.says(YOUTH, "我爸妈会知道吗"))[0])
    async with scene.store.unit() as unit:
        person = await unit.session.get_one(Person, scene.youth.person_id)
        person.age_band = AgeBand.ADULT.value
    assert "guardian" not in promises((await scene.talk.says(YOUTH, "我爸妈会知道吗"))[0])


async def test_the_linked_cadre_is_offered_and_hears_nothing_by_it(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    said = (await scene.talk.says(YOUTH, "我想找晓舟姐聊聊"))[0]
    assert said == Said("crisis/talk", topic="cadre", now={"cadre": "林晓舟"})
    assert scene.talk.shown(CADRE) == []
    await scene.talk.says(YOUTH, "找人聊聊")
    assert told(scene.talk.shown(CADRE)) == ["relay/request"]


async def test_a_day_later_the_answers_end(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    scene.talk.advance(timedelta(hours=3))
    assert told(await scene.talk.says(YOUTH, "就是很乱")) == ["common/unknown"]
    assert told(await scene.talk.says(YOUTH, "我爸妈会知道吗")) == ["crisis/talk"]
    scene.talk.advance(timedelta(hours=30))
    assert "crisis/talk" not in told(await scene.talk.says(YOUTH, "我爸妈会知道吗"))


async def test_what_is_said_after_words_of_danger_is_kept_nowhere(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    async with scene.store.read() as session:
        before = len((await session.execute(select(OutboxMessage.id))).all())
    await scene.talk.says(YOUTH, "我爸妈会知道吗")
    await scene.talk.says(YOUTH, "就是很乱")
    async with scene.store.read() as session:
        assert len((await session.execute(select(OutboxMessage.id))).all()) == before


# --- who has read it -------------------------------------------------------------------------------------------------


async def called(scene: Scene) -> None:
    await on_duty(scene)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "1")


async def test_who_takes_it_is_told_to_the_person_at_once_and_the_report_still_waits(scene: Scene) -> None:
    await scene.duty(scene.county, "李老师", LI)
    await called(scene)
    assert (await scene.talk.says(HE, "我来联系"))[0] == Said("crisis/taking")
    assert scene.talk.last(YOUTH) == Said("crisis/seen", officer="何老师", taking=True)
    assert promises(scene.talk.last(YOUTH)) == {"seen"}
    assert scene.talk.last(LI) == Said("crisis/taken")
    (crisis,) = await scene.crises()
    assert (crisis.state, crisis.closed_at) == ("contact_wanted", None)
    assert (await scene.talk.says(HE, "1"))[0] == Said("crisis/reached")
    assert scene.talk.last(YOUTH) == Said("crisis/seen", officer="何老师", reached=True)


@pytest.mark.parametrize("said", ["3", "③", "收到", "我马上联系", "看到了", "我来"])
async def test_an_officer_says_it_in_their_own_words(scene: Scene, said: str) -> None:
    await called(scene)
    assert (await scene.talk.says(HE, said))[0] == Said("crisis/taking"), said


async def test_who_took_it_and_says_nothing_more_is_reminded_and_it_goes_up(scene: Scene) -> None:
    await scene.duty(scene.city, "李老师", LI)
    await called(scene)
    await scene.talk.says(HE, "3")
    await scene.tick(timedelta(hours=1))
    assert scene.talk.last(HE) == Said("crisis/reminder")
    await scene.tick(timedelta(hours=23))
    assert scene.talk.last(LI) == Said("crisis/call")
    (crisis,) = await scene.crises()
    assert crisis.seen_at is None, "who has not answered yet is not named"


async def test_a_failed_attempt_is_told_with_who_looks_now(scene: Scene) -> None:
    await scene.duty(scene.city, "李老师", LI)
    await called(scene)
    await scene.talk.says(HE, "2")
    assert scene.talk.last(YOUTH) == Said("crisis/seen", officer="何老师", reached=False, passed_to="云川市团委")
    await scene.talk.says(LI, "3")
    assert scene.talk.last(YOUTH) == Said("crisis/seen", officer="李老师", taking=True)


async def test_a_second_word_of_danger_names_the_officer_who_has_read_it(scene: Scene) -> None:
    await called(scene)
    await scene.talk.says(HE, "3")
    assert (await scene.talk.says(YOUTH, WORDS))[0] == Said("crisis/card", called=True, officer="何老师")


async def test_no_admin_parent_or_cadre_hears_of_it(scene: Scene) -> None:
    await make_person(scene.store, scene.county, "苏主任", number="10002", roles=(Role.ORGAN_ADMIN,))
    await called(scene)
    await scene.talk.says(HE, "3")
    await scene.talk.says(YOUTH, "我爸妈会知道吗")
    assert scene.talk.shown("10002") == scene.talk.shown(CADRE) == scene.talk.shown("888") == []
    async with scene.store.read() as session:
        assert (await session.execute(select(Crisis.seen_at))).scalar_one() is not None


STANDINGS = [
    Standing(known, wanted, called, officer, reached, duty, minor, cadre)
    for known, wanted, called, officer, reached in (
        (False, False, False, "", False),
        (True, False, False, "", False),
        (True, True, False, "", False),
        (True, True, True, "", False),
        (True, True, True, "何老师", False),
        (True, True, True, "何老师", True),
    )
    for duty in (True, False)
    for minor in (True, False)
    for cadre in ("林晓舟", "")
]


@pytest.mark.parametrize("topic", list(DangerTopic))
def test_an_answer_is_true_of_every_standing(topic: DangerTopic) -> None:
    """No duty officer is offered where none could come or is unknown to us, none is named who has not answered."""
    for now in STANDINGS:
        for choices in {False, now.known and not now.wanted}:
            text = render(Words.of(DangerTalk(topic, now, choices, hotlines())))
            told = promises(text)
            assert "offer" not in told or (now.on_duty and now.known and not now.wanted), (now, text)
            assert "guardian" not in told or now.minor, (now, text)
            assert "told" not in told or now.called, (now, text)
            assert ("何老师" in text) <= bool(now.officer), (now, text)
            assert ("林晓舟" in text) <= bool(now.cadre), (now, text)
            assert 0 < len(text) < 260, (now, text)
