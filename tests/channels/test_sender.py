"""What becomes of outgoing messages: the outcome table of reliability section 6, on both databases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from bot.channels.pacing import Pacer, Quotas
from bot.channels.port import Delivery, Outcome
from bot.channels.sender import Render, Sender
from bot.clock import ManualClock
from bot.core.rules.message import Address, ChatKind, FileOut, Incoming, OutSegment, Text
from bot.core.rules.say import Say
from bot.store import leases, outbox, waiting
from bot.store.delivery import OutboxMessage
from bot.store.outbox import Words
from bot.store.store import Store
from tests.channels.door import poll

BOT = "30003"
PRIVATE = Address("qq", BOT, ChatKind.PRIVATE, "10001")
GROUP = Address("qq", BOT, ChatKind.GROUP, "888")


@dataclass(frozen=True, slots=True)
class Word(Say):
    """One word to say."""

    template: ClassVar[str] = "test/word"
    word: str


class Channel:
    """Remembers every call; the next outcomes can be scripted."""

    name = "qq"
    pictures = True

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.next: list[Delivery] = []
        self.tail: list[Incoming] | None = None

    def online(self, bot_id: str) -> bool:
        return True

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        said = segments[0]
        self.calls.append((address.native_id, said.text if isinstance(said, Text) else said.__class__.__name__))
        return self.next.pop(0) if self.next else Delivery(Outcome.SENT, native_id=f"m{len(self.calls)}")

    async def groups(self, bot_id: str) -> Sequence[str] | None:
        return None

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None:
        return None

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming] | None:
        return None

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        return self.tail


def _word(words: Words) -> str:
    return words.data["word"]


class Rig:
    """A store, a channel and a sender that is pumped by hand."""

    def __init__(
        self, store: Store, *, channel: Channel | None = None, render: Render = _word, paced: bool = False
    ) -> None:
        assert isinstance(store.clock, ManualClock)
        self.store, self.clock, self.channel = store, store.clock, channel or Channel()
        self.sender = Sender(store, store.clock, Pacer(Quotas.load(), on=paced), render, repeated="（可能重复）")
        self.sender.attach(self.channel)
        self.sender.connected("qq", BOT)

    async def push(self, word: str, address: Address = PRIVATE, **options: object) -> int:
        async with self.store.unit() as unit:
            row = await unit.push(address, Word(word), **options)  # type: ignore[arg-type]
        assert row is not None
        return row

    async def state(self, row_id: int) -> str:
        async with self.store.read() as session:
            row = (await session.execute(select(OutboxMessage).where(OutboxMessage.id == row_id))).scalar_one()
            if row.state in outbox.FINAL_STATES:
                assert row.payload is None, "a final state keeps no words"
            return row.state

    async def restarted(self) -> None:
        """What a new process does first with the rows of one that died."""
        async with self.store.unit() as unit:
            await leases.rescue(unit.session, owner="main", now=unit.now)


@pytest.fixture
def rig(any_store: Store) -> Rig:
    return Rig(any_store)


@pytest.mark.parametrize(
    ("outcome", "cls", "state"),
    [
        (Outcome.SENT, "L", "sent"),
        (Outcome.SENT, "O", "sent"),
        (Outcome.FAILED, "L", "failed"),
        (Outcome.FAILED, "O", "failed"),
        (Outcome.NOT_ALLOWED, "L", "failed"),
        (Outcome.RETRY_LATER, "L", "ready"),
        (Outcome.RETRY_LATER, "O", "ready"),
        (Outcome.HELD_UNTIL_USER_SPEAKS, "O", "ready"),
        (Outcome.UNKNOWN, "L", "unknown"),
        (Outcome.UNKNOWN, "O", "unknown"),
    ],
)
async def test_each_outcome_has_its_state(rig: Rig, outcome: Outcome, cls: str, state: str) -> None:
    rig.channel.next = [Delivery(outcome)]
    row = await rig.push("你好", cls=cls)
    await rig.sender.pump()
    assert await rig.state(row) == state
    assert len(rig.channel.calls) == 1


async def test_an_unknown_class_o_is_never_sent_again(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    row = await rig.push("提醒", cls="O")
    for _ in range(5):
        await rig.sender.pump()
        rig.clock.advance(timedelta(minutes=5))
    assert len(rig.channel.calls) == 1
    assert await rig.state(row) == "unknown"


async def test_an_unknown_class_l_is_sent_once_more_and_says_so_but_not_at_once(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    row = await rig.push("已记录")
    await rig.sender.pump()
    await rig.sender.pump()
    assert len(rig.channel.calls) == 1
    rig.clock.advance(timedelta(seconds=31))
    await rig.sender.pump()
    assert rig.channel.calls[1:] == [("10001", "（可能重复）已记录")]
    assert await rig.state(row) == "sent"


async def test_an_unknown_message_found_in_the_history_is_not_sent_again(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    row = await rig.push("● 记录中", GROUP)
    await rig.sender.pump()
    rig.channel.tail = [
        Incoming("qq", BOT, ChatKind.GROUP, "888", BOT, "m", 1, (Text("● 记录中"),), "● 记录中", from_history=True)
    ]
    rig.clock.advance(timedelta(seconds=31))
    await rig.sender.pump()
    assert len(rig.channel.calls) == 1
    assert await rig.state(row) == "sent"


async def test_somebody_elses_equal_words_in_the_history_do_not_count(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    await rig.push("● 记录中", GROUP)
    await rig.sender.pump()
    rig.channel.tail = [
        Incoming("qq", BOT, ChatKind.GROUP, "888", "10001", "m", 1, (Text("● 记录中"),), "● 记录中", from_history=True)
    ]
    rig.clock.advance(timedelta(seconds=31))
    await rig.sender.pump()
    assert len(rig.channel.calls) == 2


async def test_unknown_again_and_again_ends_as_failed(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)] * 9
    row = await rig.push("已记录")
    for _ in range(9):
        await rig.sender.pump()
        rig.clock.advance(timedelta(seconds=31))
    assert len(rig.channel.calls) == 3
    assert await rig.state(row) == "failed"


async def test_a_process_that_died_while_sending_leaves_unknown_not_ready(rig: Rig) -> None:
    once, least = await rig.push("推送", cls="O"), await rig.push("回执", GROUP)
    async with rig.store.unit() as unit:
        await leases.lease(unit.session, unit.vault, [once, least], owner="main", now=unit.now)
    await rig.restarted()
    assert [await rig.state(once), await rig.state(least)] == ["unknown", "unknown"]
    await rig.sender.pump()
    assert rig.channel.calls == [("888", "（可能重复）回执")]


async def test_a_late_finish_of_an_old_lease_changes_nothing(rig: Rig) -> None:
    row = await rig.push("回执")
    async with rig.store.unit() as unit:
        (leased,) = await leases.lease(unit.session, unit.vault, [row], owner="main", now=unit.now)
    await rig.restarted()
    async with rig.store.unit() as unit:
        assert not await leases.finish(unit.session, row, leased.fence, state="sent", now=unit.now)
    assert await rig.state(row) == "unknown"


async def test_a_refused_private_message_falls_back_to_the_group(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.FAILED)]
    await rig.push("你多大？", fallback=(GROUP, Word("请先加我好友")))
    await rig.sender.pump()
    assert rig.channel.calls == [("10001", "你多大？"), ("888", "请先加我好友")]


async def test_an_unknown_that_is_given_up_falls_back_too(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)] * 3
    row = await rig.push("你多大？", fallback=(GROUP, Word("请先加我好友")))
    for _ in range(5):
        await rig.sender.pump()
        rig.clock.advance(timedelta(seconds=31))
    assert await rig.state(row) == "failed"
    assert [where for where, _ in rig.channel.calls] == ["10001", "10001", "10001", "888"]


async def test_rows_of_a_bot_that_is_away_wait_and_then_go_in_order(rig: Rig) -> None:
    rig.sender.disconnected("qq", BOT)
    for word in "一二三":
        await rig.push(word)
    await rig.sender.pump()
    assert rig.channel.calls == []
    rig.sender.connected("qq", BOT)
    await rig.sender.pump()
    assert [word for _, word in rig.channel.calls] == ["一", "二", "三"]


async def test_what_is_past_its_time_is_not_sent(rig: Rig) -> None:
    row = await rig.push("提醒", cls="O", expires_at=rig.clock.now() + timedelta(hours=1))
    rig.clock.advance(timedelta(hours=2))
    await rig.sender.pump()
    assert rig.channel.calls == []
    async with rig.store.unit() as unit:
        assert len(await leases.expire(unit.session, unit.vault, now=unit.now)) == 1
    assert await rig.state(row) == "expired"


async def test_the_same_key_is_queued_once(rig: Rig) -> None:
    await rig.push("回执", idem_key="rcpt:1:1")
    async with rig.store.unit() as unit:
        assert not await unit.is_new(await unit.push(PRIVATE, Word("回执"), idem_key="rcpt:1:1"))
    await rig.sender.pump()
    assert len(rig.channel.calls) == 1


async def test_a_rolled_back_change_sends_nothing(rig: Rig) -> None:
    async def change_that_fails() -> None:
        async with rig.store.unit() as unit:
            await unit.push(PRIVATE, Word("已记录"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_that_fails()
    await rig.sender.pump()
    assert rig.channel.calls == []


async def test_long_words_are_split_before_they_are_sent(rig: Rig) -> None:
    await rig.push("长" * 4000)
    await rig.sender.pump()
    assert len(rig.channel.calls) == 3
    assert "".join(word for _, word in rig.channel.calls) == "长" * 4000


async def test_an_answer_in_memory_goes_out_without_a_row(rig: Rig) -> None:
    rig.sender.answer(PRIVATE, (Text("没有找到"),))
    await rig.sender.pump()
    assert rig.channel.calls == [("10001", "没有找到")]
    async with rig.store.read() as session:
        assert (await session.execute(select(OutboxMessage.id))).first() is None


async def test_a_file_that_is_gone_falls_back(rig: Rig) -> None:
    row = await rig.push("导出", file=("a.zip", 42), fallback=(PRIVATE, Word("链接")))
    await rig.sender.pump()
    assert await rig.state(row) == "failed"
    assert rig.channel.calls == [("10001", "链接")]


def test_an_outgoing_row_never_shows_its_words_in_a_log() -> None:
    assert "秘密" not in repr(Words("t", {"word": "秘密"}))
    assert "秘密" not in repr(FileOut("a", "秘密".encode()))


async def test_the_sender_runs_by_itself_and_stops(any_store: Store) -> None:
    rig = Rig(any_store)
    await rig.sender.start()
    for word in "一二三":
        await rig.push(word)
    await rig.sender.settled()
    await rig.sender.stop()
    assert [word for _, word in rig.channel.calls] == ["一", "二", "三"]


async def test_a_receipt_from_memory_costs_no_look_at_the_table_and_a_row_does(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(any_store)
    looks: list[int] = []
    due = waiting.due

    async def counted(*values: Any, **named: Any) -> list[waiting.Candidate]:
        found = await due(*values, **named)
        looks.append(len(found))
        return found

    monkeypatch.setattr(waiting, "due", counted)
    await rig.sender.start()
    await poll(lambda: looks)
    for word in "一二三":
        await rig.push(word, kind="reply")
    await poll(lambda: len(rig.channel.calls) == 3)
    assert looks == [0], "only the look at the start"
    await rig.push("提醒", GROUP)
    await poll(lambda: len(rig.channel.calls) == 4)
    assert looks == [0], "what was queued just now needs no look either"
    await rig.push("到点了", not_before=rig.clock.now())
    await poll(lambda: len(rig.channel.calls) == 5)
    await rig.sender.stop()
    assert sum(looks) >= 1, "more than once while the conversation still has a receipt under way"
    assert [word for _, word in rig.channel.calls] == ["一", "二", "三", "提醒", "到点了"]
