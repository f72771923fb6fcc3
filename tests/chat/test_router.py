"""The router on a small table of its own: place, person, arguments, redelivery, failures, limits, questions."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from bot.chat.args import Rest, Word
from bot.chat.context import Context
from bot.chat.replies import NothingAsked, TooOld
from bot.chat.table import Place, Table, Who
from bot.chat.text import command_texts
from bot.core.acts.prompt import ask_account
from bot.core.feature import questions
from bot.core.question import Ask, Asked, Asks, ends
from bot.core.question import Question as Kind
from bot.core.reads.people import account_index
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.store.base import new_id
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Prompt
from bot.store.people import Account, Person
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.said import Refused, Said
from tests.store.builders import make_person

KNOWN, STRANGER, GROUP = "10001", "10002", "888"


@dataclass(frozen=True, slots=True)
class Question(Say):
    """Any words will do for a question."""

    template: ClassVar[str] = "common/nothing_asked"


@dataclass(frozen=True, slots=True)
class Data:
    """What the answer needs."""

    n: int


YES_NO = Kind("t.yesno", Asks.YOUTH, Data, silence=ends)
WORDS = Kind("t.words", Asks.YOUTH, Data, silence=ends)


class Desk:
    """A table with a few commands, and what they were called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.table = Table()
        add = self.table.command
        add("t.write", "登记", who=Who.KNOWN, where=Place.ANY, args=(Word("name"), Rest("note", required=False)))(
            self.write
        )
        add("t.read", "看看", who=Who.ANYONE, where=Place.ANY, writes=False)(self.read)
        add("t.private", "悄悄", who=Who.ANYONE, where=Place.PRIVATE, args=(Rest("note"),))(self.private)
        add("t.linked", "群里", who=Who.ANYONE, where=Place.LINKED)(self.linked)
        add("t.broken", "坏掉", who=Who.ANYONE, where=Place.ANY)(self.broken)
        add("t.missing", "找找", who=Who.ANYONE, where=Place.ANY, args=(Word("name"),))(self.missing)
        add("t.cadre", "干部", who=Who.CADRE, where=Place.ANY)(self.write)
        add("t.ask", "问我", who=Who.KNOWN, where=Place.PRIVATE)(self.ask)
        self.table.question(YES_NO)(self.answered)
        self.table.question(WORDS)(self.answered)

    async def write(self, ctx: Context, name: str = "", note: str | None = None) -> Say:
        self.calls.append(("write", name, note))
        await ctx.unit.audit(ctx.actor, "t.written")
        return TooOld()

    async def read(self, ctx: Context) -> Say:
        self.calls.append(("read",))
        return NothingAsked()

    async def private(self, ctx: Context, note: str) -> Say:
        self.calls.append(("private", note))
        return TooOld()

    async def linked(self, ctx: Context) -> Say:
        self.calls.append(("linked",))
        return TooOld()

    async def broken(self, ctx: Context) -> Say:
        await ctx.unit.audit(ctx.actor, "t.broken")
        raise RuntimeError("秘密的内容")

    async def missing(self, ctx: Context, name: str) -> Say:
        await ctx.unit.audit(ctx.actor, "t.before_refusal")
        raise NotFound()

    async def ask(self, ctx: Context) -> None:
        assert ctx.account is not None
        for question, options, text in ((YES_NO, ("yes", "no"), False), (WORDS, (), True)):
            await ask_account(ctx.unit, ctx.account, Ask(question, options, Question(), Data(7), takes_text=text))

    async def answered(self, ctx: Context, asked: Asked[Data], answer: str) -> Say:
        self.calls.append((asked.kind, answer, asked.data.n))
        return TooOld()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    for question in (YES_NO, WORDS):
        monkeypatch.setitem(questions(), question.kind, question)
    texts = {name: {"help": "h", "usage": f"用法 {name}", "example": "例子"} for name in desk.table.commands}
    monkeypatch.setattr("bot.chat.command_run.command_texts", lambda: texts)
    command_texts.cache_clear()
    return desk


@pytest.fixture
async def talk(any_store: Store, desk: Desk) -> Talkers:
    async with any_store.unit() as unit:
        person = await make_person(unit)
        account = new_id()
        key = (await unit.session.get_one(Person, person)).key_id
        unit.session.add(
            Account(
                id=account,
                person_id=person,
                channel="qq",
                native=unit.vault.seal(key, f"accounts:{account}:native", KNOWN),
                native_index=account_index(unit.vault, "qq", "", KNOWN),
                bot_id=BOT,
                bound_at=unit.now,
            )
        )
    return await Talkers.open(any_store, desk.table)


async def count(store: Store, model: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(model).where(*where))).scalar_one()


@pytest.mark.rule("P1")
async def test_plain_group_chat_is_not_answered_and_leaves_nothing(talk: Talkers, desk: Desk) -> None:
    for text in ("登记 小赵", "大家好", "1", "//", "/不认识 的词", "说起/登记 小赵"):
        assert await talk.says(KNOWN, text, group=GROUP) == []
    assert desk.calls == []
    assert await count(talk.store, EventKey) == 0


@pytest.mark.rule("P1")
async def test_a_stranger_is_refused_and_nothing_is_kept_of_them(talk: Talkers, desk: Desk) -> None:
    said = await talk.says(STRANGER, "登记 小赵")
    assert len(said) == 1
    assert said[0] == Refused("not_allowed", needs="known", known=False)
    assert desk.calls == []
    assert await count(talk.store, AuditEntry) == 0


async def test_a_known_person_without_the_role_is_refused_and_it_is_noted(talk: Talkers, desk: Desk) -> None:
    assert (await talk.says(KNOWN, "干部"))[0] == Refused("not_allowed", needs="cadre")
    assert desk.calls == []
    assert await count(talk.store, AuditEntry, AuditEntry.action == "denied") == 1


async def test_a_private_command_in_a_group_is_not_carried_out(talk: Talkers, desk: Desk) -> None:
    said = await talk.says(KNOWN, "/悄悄 我的秘密", group=GROUP)
    assert said[0] == Said("common/say_privately")
    assert "我的秘密" not in said[0]
    assert desk.calls == []
    assert await count(talk.store, OutboxMessage) == 0


async def test_a_group_command_in_private_says_where_it_belongs(talk: Talkers, desk: Desk) -> None:
    assert "群里" in (await talk.says(KNOWN, "群里"))[0]
    assert (await talk.says(KNOWN, "/群里", group=GROUP))[0] == Said("common/say_in_group")
    assert desk.calls == []


async def test_wrong_arguments_are_answered_with_usage_and_example(talk: Talkers, desk: Desk) -> None:
    said = await talk.says(KNOWN, "登记")
    assert said[0] == Said("common/usage", usage="用法 t.write", example="例子")
    assert desk.calls == []
    assert await count(talk.store, EventKey) == 0


async def test_a_refusal_rolls_back_what_came_before_it(talk: Talkers) -> None:
    assert (await talk.says(KNOWN, "找找 谁"))[0] == Refused("not_found")
    assert await count(talk.store, AuditEntry) == 0
    assert await count(talk.store, EventKey) == 0


async def test_a_failure_says_that_nothing_was_recorded_and_keeps_nothing(talk: Talkers) -> None:
    said = await talk.says(KNOWN, "坏掉")
    assert said[0] == Said("common/not_recorded")
    assert "秘密" not in said[0]
    assert await count(talk.store, AuditEntry) == 0
    assert await count(talk.store, EventKey) == 0


async def test_the_users_words_arrive_untouched(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "登记 小赵：他说“--help”，  两个空格\n第二行 [CQ:at,qq=all] {{ 7*7 }}")
    assert desk.calls == [("write", "小赵", "他说“--help”，  两个空格\n第二行 [CQ:at,qq=all] {{ 7*7 }}")]


@pytest.mark.parametrize("text", ["/登记 小赵", "／登记　小赵", "登记小赵", "/登记：小赵"])
async def test_ways_of_writing_a_command(talk: Talkers, desk: Desk, text: str) -> None:
    await talk.says(KNOWN, text, group=GROUP)
    assert [c[1] for c in desk.calls] == (["小赵"] if text[0] in "/／" else [])


async def test_the_bot_addressed_by_at_understands_a_bare_word(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "登记 小赵", group=GROUP, to_bot=True)
    assert desk.calls == [("write", "小赵", None)]


async def test_an_unknown_word_is_answered_in_private_and_when_addressed_only(talk: Talkers) -> None:
    assert "登记" in (await talk.says(KNOWN, "登机"))[0]
    assert await talk.says(KNOWN, "/登机", group=GROUP) == []
    assert len(await talk.says(KNOWN, "登机", group=GROUP, to_bot=True)) == 1


async def test_a_redelivered_event_has_one_effect_and_one_receipt(talk: Talkers, desk: Desk) -> None:
    event = talk.incoming(KNOWN, "登记 小赵")
    said = [await talk.deliver(event) for _ in range(3)]
    assert [len(s) for s in said] == [1, 0, 0]
    assert len(desk.calls) == 1
    assert await count(talk.store, AuditEntry, AuditEntry.action == "t.written") == 1


async def test_equal_message_ids_of_other_senders_and_seconds_are_other_events(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "登记 一", message_id="7")
    talk.advance(timedelta(seconds=1))
    await talk.says(KNOWN, "登记 二", message_id="7")
    await talk.says(KNOWN, "/登记 三", message_id="7", group=GROUP)
    assert [c[1] for c in desk.calls] == ["一", "二", "三"]


async def test_a_read_leaves_no_key(talk: Talkers, desk: Desk) -> None:
    await talk.says(STRANGER, "看看")
    assert desk.calls == [("read",)]
    assert await count(talk.store, EventKey) == 0


async def test_a_command_found_in_the_history_is_carried_out_only_if_it_is_fresh(talk: Talkers, desk: Desk) -> None:
    old = talk.incoming(KNOWN, "/登记 旧", group=GROUP, from_history=True)
    fresh = talk.incoming(KNOWN, "/登记 新", group=GROUP, from_history=True)
    talk.advance(timedelta(minutes=9))
    await talk.deliver(fresh)
    talk.advance(timedelta(minutes=2))
    assert (await talk.deliver(old))[0] == Said("common/too_old")
    assert [c[1] for c in desk.calls] == ["新"]


async def test_an_anonymous_group_member_is_a_stranger(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "/登记 小赵", group=GROUP, sender_anonymous=True)
    assert desk.calls == []


async def test_questions_wait_for_one_another_and_are_answered_once(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "问我")
    assert await count(talk.store, Prompt, Prompt.state == "open") == 1
    assert (await talk.says(KNOWN, "3"))[0] == Said("common/not_an_option", options=2)
    assert desk.calls == []
    first = talk.incoming(KNOWN, "①。")
    await talk.deliver(first)
    await talk.deliver(first)
    await talk.says(KNOWN, "我自己的话，1 2 3")
    assert desk.calls == [("t.yesno", "yes", 7), ("t.words", "我自己的话，1 2 3", 7)]
    assert await count(talk.store, Prompt, Prompt.state.in_(("open", "queued"))) == 0


async def test_a_command_leaves_a_question_open(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "问我")
    await talk.says(KNOWN, "看看")
    await talk.says(KNOWN, "2")
    assert desk.calls == [("read",), ("t.yesno", "no", 7)]


async def test_nobody_answers_somebody_elses_question(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "问我")
    await talk.says(STRANGER, "1")
    await talk.says(KNOWN, "1", group=GROUP)
    assert desk.calls == []


async def test_an_expired_question_takes_no_answer(talk: Talkers, desk: Desk) -> None:
    await talk.says(KNOWN, "问我")
    talk.advance(timedelta(days=8))
    assert len(await talk.says(KNOWN, "1")) == 1
    assert desk.calls == []


async def test_a_number_without_a_question_says_so(talk: Talkers) -> None:
    assert (await talk.says(STRANGER, "1"))[0] == Said("common/nothing_asked")


async def test_over_twenty_commands_a_minute_one_notice_then_silence(any_store: Store, desk: Desk) -> None:
    talk = await Talkers.open(any_store, desk.table, paced=True)
    said = [await talk.says(STRANGER, "看看") for _ in range(30)]
    assert [len(s) for s in said] == [1] * 21 + [0] * 9
    assert said[20][0] == Said("common/too_fast")
    assert len(desk.calls) == 20
    talk.advance(timedelta(seconds=61))
    await talk.says(STRANGER, "看看")
    assert len(desk.calls) == 21


def test_a_word_belongs_to_one_command_only() -> None:
    table = Table()
    table.command("a.one", "帮助", who=Who.ANYONE, where=Place.ANY)(Desk.read)
    with pytest.raises(ValueError, match="belongs to"):
        table.command("a.two", "菜单", "帮 助".replace(" ", ""), who=Who.ANYONE, where=Place.ANY)(Desk.read)


async def test_a_refused_answer_leaves_the_question_open(
    talk: Talkers, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.says(KNOWN, "问我")

    async def refuse(*_: Any) -> Say:
        raise NotFound()

    monkeypatch.setitem(desk.table.answers, "t.yesno", refuse)
    assert (await talk.says(KNOWN, "1"))[0] == Refused("not_found")
    assert await count(talk.store, Prompt, Prompt.state == "open") == 1
