"""Answers of one unit go one behind another and are recorded together; what was queued just now needs no look."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import event, select
from typing_extensions import override

from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, OutSegment, Text
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.channels.test_sender import PRIVATE, Channel, Rig, Word


async def test_what_is_queued_now_does_not_overtake_what_waits_in_its_conversation(any_store: Store) -> None:
    rig = Rig(any_store)
    any_store.on_wake(rig.sender.wake)
    await rig.push("早些时候", not_before=rig.clock.now())
    await rig.push("现在")
    await rig.sender.pump(woken=True)
    assert [word for _, word in rig.channel.calls] == ["早些时候", "现在"]


class Scripted(Channel):
    """Stands still at a word until it is let go on."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.here, self.go_on = at, asyncio.Event(), asyncio.Event()

    @override
    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        if isinstance(segments[0], Text) and segments[0].text == self.at:
            self.here.set()
            await self.go_on.wait()
        return await super().deliver(address, segments)


async def answered(rig: Rig, *words: str, cls: str = "L") -> list[int]:
    async with rig.store.unit() as unit:
        return [await unit.push(PRIVATE, Word(word), kind="reply", cls=cls) for word in words]


async def test_answers_of_one_unit_are_recorded_in_one_commit(any_store: Store) -> None:
    rig = Rig(any_store)
    commits: list[int] = []
    rows = await answered(rig, "回执", "问题")
    event.listen(any_store.engines.writer.sync_engine, "commit", lambda _: commits.append(1))
    await rig.sender.pump()
    assert len(commits) == 1
    assert [await rig.state(row) for row in rows] == ["sent", "sent"]
    async with any_store.read() as session:
        ids = (await session.execute(select(OutboxMessage.native_id).order_by(OutboxMessage.position))).scalars().all()
    assert ids == ["m1", "m2"]


@pytest.mark.parametrize("first", [Outcome.FAILED, Outcome.RETRY_LATER, Outcome.UNKNOWN])
async def test_what_was_not_sent_is_recorded_before_the_next_is_tried(any_store: Store, first: Outcome) -> None:
    channel = Scripted("问题")
    rig = Rig(any_store, channel=channel)
    channel.next = [Delivery(first)]
    rows = await answered(rig, "回执", "问题")
    sending = asyncio.create_task(rig.sender.pump())
    await channel.here.wait()
    assert await rig.state(rows[0]) == {"failed": "failed", "retry_later": "ready"}.get(first.value, "unknown")
    assert await rig.state(rows[1]) == "leased"
    channel.go_on.set()
    await sending
    assert await rig.state(rows[1]) == "sent"


async def test_a_stop_in_the_middle_of_answers_records_what_arrived_and_gives_back_what_never_left(
    any_store: Store,
) -> None:
    channel = Scripted("二")
    rig = Rig(any_store, channel=channel)
    await rig.sender.start()
    rows = await answered(rig, "一", "二", "三")
    await channel.here.wait()
    await rig.sender.stop(within=0)
    assert [await rig.state(row) for row in rows] == ["sent", "leased", "ready"]
    await rig.restarted()
    assert [await rig.state(row) for row in rows] == ["sent", "unknown", "ready"]


async def test_a_row_whose_lease_was_taken_away_meanwhile_is_not_marked_as_sent(any_store: Store) -> None:
    channel = Scripted("二")
    rig = Rig(any_store, channel=channel)
    rows = await answered(rig, "一", "二", cls="O")
    sending = asyncio.create_task(rig.sender.pump())
    await channel.here.wait()
    await rig.restarted()
    channel.go_on.set()
    await sending
    assert [await rig.state(row) for row in rows] == ["unknown", "unknown"]
