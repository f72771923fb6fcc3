"""算了, a plain no and 谁会看到 to whatever is asked: each means what its question declares, and never what it asks."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.chat.table import table
from bot.chat.text import answers, labels, option_words, who_sees
from bot.core.acts.prompt import ask_person
from bot.core.feature import questions
from bot.core.question import Ask, Asked
from bot.core.rules.answer_forms import Meant
from bot.core.rules.people import Actor
from bot.features.rights.reads.held import NothingHeld
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.contracts.test_questions import GIVES, GIVES_HERE, KINDS
from tests.harness import Talkers
from tests.nameless import STRANGER, Nameless
from tests.people_built import make_cadre, make_org, make_youth
from tests.said import Said

YOUTH = "20001"
DROPPED, KEPT, NOTHING = Said("common/question_dropped"), Said("common/question_kept"), Said("common/nothing_asked")


@pytest_asyncio.fixture
async def youth(store: Store) -> Actor:
    org = await make_org(store)
    return await make_youth(store, org, "小赵", YOUTH, cadre=await make_cadre(store, org))


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What came of the questions: the option that was chosen, or that silence was."""
    done: list[str] = []

    async def answered(_ctx: Any, _asked: Asked[Any], answer: str) -> None:
        done.append(answer)

    async def silent(_unit: Unit, asked: Asked[Any]) -> None:
        assert asked.dropped
        done.append("silence")

    for kind, question in questions().items():
        monkeypatch.setitem(table.answers, kind, answered)
        monkeypatch.setattr(question, "silence", silent)
    return done


async def ask(talk: Talkers, youth: Actor, kind: str, *, takes_text: bool = False) -> tuple[str, ...]:
    question, options = questions()[kind], tuple(option_words(kind)) or ("1", "2")
    async with talk.store.unit() as unit:
        data = Ask(question, options, NothingHeld(), question.remains({}), takes_text=takes_text)
        await ask_person(unit, youth.person_id or 0, data, kind="reply")
    await talk.sender.pump()
    return options


def chooses(option: str, options: tuple[str, ...]) -> str | None:
    return option if option in options else None


async def state(store: Store) -> str:
    async with store.read() as session:
        return (await session.execute(select(Prompt.state))).scalar_one()


@pytest.mark.parametrize("takes_text", [False, True])
@pytest.mark.parametrize("kind", KINDS)
async def test_stopping_ends_every_question_without_its_effect(
    talk: Talkers, youth: Actor, done: list[str], kind: str, takes_text: bool
) -> None:
    question = questions()[kind]
    options = await ask(talk, youth, kind, takes_text=takes_text)
    said = await talk.says(YOUTH, "当我没说")
    chosen = chooses(question.cancel, options) or chooses(question.no, options)
    if chosen is not None:
        assert done == [chosen]
        assert chosen not in GIVES
        assert (kind, chosen) not in GIVES_HERE
    elif question.todo is not None:
        assert (done, said, await state(talk.store)) == ([], [KEPT], "open")
        return
    else:
        assert (done, said) == (["silence"], [DROPPED])
    assert await state(talk.store) == "answered"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_no_is_the_option_that_the_question_declares_and_else_none(
    talk: Talkers, youth: Actor, done: list[str], kind: str
) -> None:
    options = await ask(talk, youth, kind)
    await talk.says(YOUTH, "不要")
    chosen = chooses(questions()[kind].no, options)
    nothing = ["silence"] if questions()[kind].content else []  # what was to be dictated is given up
    assert done == ([chosen] if chosen is not None else nothing)
    assert await state(talk.store) == ("open" if chosen is None and not nothing else "answered")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_question_about_the_question_is_answered_and_leaves_it_open(
    talk: Talkers, youth: Actor, done: list[str], kind: str
) -> None:
    options = await ask(talk, youth, kind, takes_text=True)
    said = await talk.says(YOUTH, "谁会看到？")
    assert said == [Said("common/countered", who_sees=who_sees(questions()[kind]), options=len(options))]
    assert (done, await state(talk.store)) == ([], "open")


async def test_an_erasure_that_was_thought_better_of_does_not_happen_by_a_later_number(
    talk: Talkers, youth: Actor
) -> None:
    await talk.says(YOUTH, "删除我的数据")
    assert await talk.says(YOUTH, "算了，不删了") == [DROPPED]
    assert await talk.says(YOUTH, "1") == [NOTHING]
    async with talk.store.read() as session:
        assert await session.get(Person, youth.person_id) is not None


async def test_nothing_can_be_stopped_where_nothing_is_asked(talk: Talkers, youth: Actor) -> None:
    assert await talk.says(YOUTH, "算了") == [NOTHING]


async def test_what_a_stranger_is_asked_in_memory_is_stopped_as_well(store: Store) -> None:
    scene = await Nameless.build(store)
    await scene.says(STRANGER, "匿名")
    assert await scene.says(STRANGER, "谁会看到") == [Said("common/countered")]
    assert await scene.says(STRANGER, "算了") == [Said("anonymous/dropped")]
    assert await scene.says(STRANGER, "算了") == [NOTHING]


async def test_a_command_word_is_first_a_word_of_the_open_question(
    talk: Talkers, youth: Actor, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(labels(), "option_wish_match", {"yes": "要", "no": "撤回"})
    await ask(talk, youth, "wish.match")
    await talk.says(YOUTH, "撤回")
    assert done == ["no"]


@pytest.mark.parametrize("text", ["算了", "算了。", "取消", "当我没说", " 算了！", "算了，先这样吧", "还是算了谢谢"])
def test_the_words_stop_what_is_asked(text: str) -> None:
    assert answers().read("consent.give_which", ("1", "2"), {}, text).meant is Meant.CANCEL


@pytest.mark.parametrize(
    "text", ["", "好", "1", "算了吧我还是想说一说宿舍热水的事情好不好呀你们听听看吧", "不舒服", "别的"]
)
def test_other_words_do_not(text: str) -> None:
    assert answers().read("consent.give_which", ("1", "2"), {}, text).meant is not Meant.CANCEL
