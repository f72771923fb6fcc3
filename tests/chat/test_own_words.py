"""Words that are a command and an option: the open question has them first (收到, 没收到, 同意, 撤回, 确认删除)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.replies import NothingAsked, TooOld
from bot.chat.table import Place, Table, Who
from bot.chat.text import labels
from bot.core.acts.prompt import ask_account
from bot.core.feature import questions
from bot.core.question import Ask, Asked, Asks, ends
from bot.core.question import Question as Kind
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.store.people import Account
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_org, make_youth

ME = "20001"
WORDS = ("收到", "没收到", "同意", "撤回", "确认删除")
LISTED = Kind("t.listed", Asks.YOUTH, silence=ends)
HELD = Kind("t.held", Asks.YOUTH, silence=ends, unwritten=True)
SECRET = Kind("t.secret", Asks.YOUTH, silence=ends, nameless=True)
TEXT = Kind("t.text", Asks.YOUTH, silence=ends)
KINDS = (LISTED, HELD, SECRET, TEXT)


@dataclass(frozen=True, slots=True)
class Put(Say):
    """Any words will do for a question."""

    template: ClassVar[str] = "common/nothing_asked"


class Desk:
    """Commands with these words, questions with these options, and what was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.refuse = False
        self.table = Table()
        for word in WORDS:
            add = self.table.command(
                f"t.{word}", word, who=Who.ANYONE, where=Place.ANY, args=(Rest("more", required=False),)
            )
            add(self._command(word))
        for kind in KINDS:
            self.table.question(kind)(self.answered)

    def _command(self, word: str) -> Any:
        async def called(ctx: Context, more: str | None) -> Say:
            self.calls.append((word, more))
            return TooOld()

        return called

    async def answered(self, ctx: Context, asked: Asked[Any], answer: str) -> Say:
        if self.refuse:
            raise NotFound
        self.calls.append((asked.question, answer))
        return NothingAsked()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    for kind in KINDS:
        monkeypatch.setitem(questions(), kind.kind, kind)
    for kind in (LISTED, HELD, SECRET):
        words = {f"o{n}": word for n, word in enumerate(WORDS)}
        monkeypatch.setitem(labels(), "option_" + kind.kind.replace(".", "_"), words)
    return Desk()


@pytest.fixture
async def talk(any_store: Store, desk: Desk) -> Talkers:
    await make_youth(any_store, await make_org(any_store), "小赵", ME)
    return await Talkers.open(any_store, desk.table)


OPTIONS = tuple(f"o{n}" for n in range(len(WORDS)))


async def ask(talk: Talkers, kind: Kind[Any], options: Sequence[str] = OPTIONS, **more: Any) -> None:
    async with talk.store.unit() as unit:
        account = (await unit.session.execute(select(Account))).scalar_one()
        await ask_account(unit, account, Ask(kind, tuple(options), Put(), **more), kind="reply")
    await talk.sender.pump()


def hold(talk: Talkers, kind: Kind[Any]) -> None:
    talk.services.nameless.passing.put(("qq", BOT, ME), kind, OPTIONS, data={}, takes_text=False, until=60.0)


@pytest.mark.parametrize(("at", "word"), list(enumerate(WORDS)))
async def test_a_word_of_the_open_question_answers_it(talk: Talkers, desk: Desk, at: int, word: str) -> None:
    await ask(talk, LISTED)
    await talk.says(ME, word)
    await talk.says(ME, word)
    assert desk.calls == [(LISTED, f"o{at}"), (word, None)]


@pytest.mark.parametrize("written", ["收到。", " 收到！", "收 到", "收到~"])
async def test_however_it_is_written(talk: Talkers, desk: Desk, written: str) -> None:
    await ask(talk, LISTED)
    await talk.says(ME, written)
    assert desk.calls == [(LISTED, "o0")]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("form", ["{} W4821", "{}：原话", "/{}"])
async def test_with_anything_more_it_is_the_command(talk: Talkers, desk: Desk, word: str, form: str) -> None:
    await ask(talk, LISTED)
    await talk.says(ME, form.format(word))
    assert [call[0] for call in desk.calls] == [word]
    await talk.says(ME, "1")
    assert desk.calls[1:] == [(LISTED, "o0")]


@pytest.mark.parametrize("word", WORDS)
async def test_a_question_without_that_word_leaves_it_to_the_command_and_stays_open(
    talk: Talkers, desk: Desk, word: str
) -> None:
    await ask(talk, TEXT, (), takes_text=True)
    await talk.says(ME, word)
    await talk.says(ME, "别的话")
    assert desk.calls == [(word, None), (TEXT, "别的话")]


async def test_only_options_that_are_offered_count(talk: Talkers, desk: Desk) -> None:
    await ask(talk, LISTED, ("o1", "o2"))
    await talk.says(ME, "收到")
    await talk.says(ME, "没收到")
    assert desk.calls == [("收到", None), (LISTED, "o1")]


async def test_without_a_question_or_after_its_time_it_is_the_command(talk: Talkers, desk: Desk) -> None:
    await talk.says(ME, "收到")
    await ask(talk, LISTED, life=timedelta(hours=1))
    talk.advance(timedelta(hours=2))
    await talk.says(ME, "没收到")
    await talk.says("66666", "同意")
    assert desk.calls == [("收到", None), ("没收到", None), ("同意", None)]


async def test_a_question_that_is_held_in_memory_has_its_words_too(talk: Talkers, desk: Desk) -> None:
    hold(talk, HELD)
    await talk.says(ME, "撤回")
    await talk.says(ME, "撤回")
    assert desk.calls == [(HELD, "o3"), ("撤回", None)]


async def test_the_row_is_asked_before_what_is_held_in_memory(talk: Talkers, desk: Desk) -> None:
    hold(talk, HELD)
    await ask(talk, LISTED)
    for _ in range(3):
        await talk.says(ME, "同意")
    assert desk.calls == [(LISTED, "o2"), (HELD, "o2"), ("同意", None)]


async def test_the_second_tap_on_a_nameless_question_is_not_the_command_of_that_name(talk: Talkers, desk: Desk) -> None:
    """As with ``1``: what came before the next question was put cannot be what answers it."""
    await ask(talk, SECRET)
    await ask(talk, LISTED)
    first, second = talk.incoming(ME, "收到"), talk.incoming(ME, "收到")
    matches = [talk.router.recognise(one) for one in (first, second)]
    for one, match in zip((first, second), matches, strict=True):
        assert match is not None
        await talk.router.handle(one, match)
    assert desk.calls == [(SECRET, "o0")]


async def test_a_refused_answer_leaves_the_question_open(talk: Talkers, desk: Desk) -> None:
    await ask(talk, LISTED)
    desk.refuse = True
    assert "没有找到" in (await talk.says(ME, "确认删除"))[0]
    desk.refuse = False
    await talk.says(ME, "确认删除")
    assert desk.calls == [(LISTED, "o4")]


async def test_an_answer_that_comes_twice_counts_once(talk: Talkers, desk: Desk) -> None:
    await ask(talk, LISTED)
    incoming = talk.incoming(ME, "收到")
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert desk.calls == [(LISTED, "o0")]


async def test_in_a_group_it_is_the_command(talk: Talkers, desk: Desk) -> None:
    await ask(talk, LISTED)
    await talk.says(ME, "/收到", group="888")
    await talk.says(ME, "收到", group="888", to_bot=True)
    assert desk.calls == [("收到", None)] * 2
