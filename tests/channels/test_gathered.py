"""Receipts of one group are told together under pacing: the first at once, then one message every three seconds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest

from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Say
from bot.store import waiting
from bot.store.outbox import Words
from bot.store.store import Store
from tests.channels.test_sender import BOT, GROUP, PRIVATE, Rig

OTHER = Address("qq", BOT, ChatKind.GROUP, "999")
GAP = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Receipt(Say):
    """A receipt that many get at once."""

    template: ClassVar[str] = "test/receipt"
    together: ClassVar[str] = "test/receipts"
    word: str


def _worded(words: Words) -> str:
    each = words.data.get("each")
    return words.data["word"] if each is None else " ".join(one["word"] for one in each)


@pytest.fixture
def rig(any_store: Store) -> Rig:
    return Rig(any_store, render=_worded, paced=True)


async def receipt(rig: Rig, word: str, to: Address = GROUP) -> int:
    async with rig.store.unit() as unit:
        return await unit.push(to, Receipt(word), kind="reply", priority=1)


async def receipts(rig: Rig, *words: str, to: Address = GROUP) -> list[int]:
    return [await receipt(rig, word, to) for word in words]


async def later(rig: Rig, by: timedelta = GAP) -> None:
    rig.clock.advance(by)
    await rig.sender.pump()


def seen(rig: Rig, to: Address = GROUP) -> list[str]:
    return [text for native_id, text in rig.channel.calls if native_id == to.native_id]


async def test_the_first_goes_at_once_and_the_next_together_in_order(rig: Rig) -> None:
    first = await receipt(rig, "1")
    await rig.sender.pump()
    rows = await receipts(rig, "2", "3", "4")
    await later(rig, GAP - timedelta(milliseconds=1))
    assert seen(rig) == ["1"]
    await later(rig, timedelta(milliseconds=1))
    assert seen(rig) == ["1", "2 3 4"]
    assert {await rig.state(row) for row in (first, *rows)} == {"sent"}


async def test_there_is_one_message_every_three_seconds_however_many_come(rig: Rig) -> None:
    said = []
    for at in range(120):  # more than may wait in memory: the rest wait in the table
        said.append(str(at))
        await receipt(rig, said[-1])
        await later(rig, timedelta(milliseconds=100))
    await later(rig)
    assert len(seen(rig)) <= 12 / 3 + 2
    assert " ".join(seen(rig)).split() == said


async def test_one_that_waited_alone_is_worded_as_ever(rig: Rig) -> None:
    await receipt(rig, "1")
    await rig.sender.pump()
    await receipt(rig, "2")
    await later(rig)
    assert seen(rig) == ["1", "2"]


async def test_two_groups_have_nothing_to_do_with_each_other(rig: Rig) -> None:
    await receipts(rig, "1", "2")
    await receipts(rig, "a", "b", to=OTHER)
    await later(rig)
    assert (seen(rig), seen(rig, OTHER)) == (["1 2"], ["a b"])


async def test_in_a_private_chat_each_has_its_own(rig: Rig) -> None:
    await receipts(rig, "1", "2", to=PRIVATE)
    await rig.sender.pump()
    assert seen(rig, PRIVATE) == ["1", "2"]


async def test_another_answer_in_the_group_waits_for_none_of_them(rig: Rig) -> None:
    await receipt(rig, "1")
    await rig.sender.pump()
    await receipt(rig, "2")
    await rig.push("答", GROUP, kind="reply", priority=1)
    await receipt(rig, "3")
    await rig.sender.pump()
    assert seen(rig) == ["1", "答"]
    await later(rig)
    assert seen(rig) == ["1", "答", "2 3"]


async def test_without_pacing_everybody_has_their_own(any_store: Store) -> None:
    rig = Rig(any_store, render=_worded)
    await receipts(rig, "1", "2", "3")
    await rig.sender.pump()
    assert seen(rig) == ["1", "2", "3"]


@pytest.mark.parametrize("arrived", [False, True], ids=["before it was sent", "after it was sent"])
async def test_what_a_process_that_died_had_gathered_is_told_by_the_next(rig: Rig, arrived: bool) -> None:
    await receipt(rig, "1")
    await rig.sender.pump()
    rows = await receipts(rig, "2", "3")
    if arrived:  # and nothing of it was recorded
        rig.channel.next = [Delivery(Outcome.UNKNOWN)]
        await later(rig)
    again = Rig(rig.store, channel=rig.channel, render=_worded, paced=True)
    await again.restarted()
    rig.clock.advance(timedelta(minutes=1))
    await again.sender.pump()
    await later(again)
    assert " ".join(seen(rig)).count("3") == (2 if arrived else 1)
    assert {await rig.state(row) for row in rows} == {"sent"}


async def test_what_waits_in_the_table_is_ready_for_the_next_process_and_comes_unmarked(rig: Rig) -> None:
    """Only what was leased by the one that died may have been sent."""
    rig.sender.disconnected("qq", BOT)
    rows = await receipts(rig, "1", "2", "3")
    again = Rig(rig.store, channel=rig.channel, render=_worded, paced=True)
    await again.restarted()
    await again.sender.pump()
    assert seen(rig) == ["1 2 3"]
    assert {await rig.state(row) for row in rows} == {"sent"}


async def test_one_message_that_fails_fails_for_each_of_them(rig: Rig) -> None:
    rows = await receipts(rig, "1", "2")
    rig.channel.next = [Delivery(Outcome.FAILED)]
    await rig.sender.pump()
    assert {await rig.state(row) for row in rows} == {"failed"}


async def test_one_that_may_have_arrived_is_not_mixed_with_those_that_have_not(rig: Rig) -> None:
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    await receipt(rig, "1")
    await rig.sender.pump()
    await receipt(rig, "2")
    await later(rig, timedelta(minutes=1))
    await later(rig)
    assert sorted(seen(rig)) == ["1", "2", "（可能重复）1"]


async def test_the_table_gives_them_in_the_order_in_which_they_were_queued(rig: Rig) -> None:
    rig.sender.disconnected("qq", BOT)
    rows = await receipts(rig, "1", "2", "3")
    async with rig.store.read() as session:
        due = await waiting.due(session, [BOT], now=rig.clock.now(), limit=10)
    assert [one.id for one in due] == rows
    assert len({one.kind for one in due}) == 1
