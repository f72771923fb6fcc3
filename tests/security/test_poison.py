"""Rows that cannot be worded, sent or opened end visibly, and none of them stops the others (section 6)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind, Incoming, OutSegment
from bot.store import leases
from bot.store.delivery import DataKey, OutboxMessage
from bot.store.outbox import Words
from bot.store.store import Store
from tests.channels.test_sender import BOT, GROUP, PRIVATE, Channel, Rig
from tests.patience import PATIENCE

OTHER = Address("qq", BOT, ChatKind.GROUP, "889")


def picky(words: Words) -> str:
    """Words of one kind that no template fits any more, as after an upgrade."""
    if words.data["word"] == "毒":
        raise KeyError("a template that is gone")
    return words.data["word"]


@pytest.fixture
def rig(any_store: Store) -> Rig:
    return Rig(any_store, render=picky)


@pytest.mark.parametrize("address", [PRIVATE, GROUP])
async def test_a_row_that_cannot_be_worded_fails_and_the_others_go_on(rig: Rig, address: Address) -> None:
    bad, good = await rig.push("毒", address), await rig.push("好", OTHER)
    await rig.sender.pump()
    assert [await rig.state(bad), await rig.state(good)] == ["failed", "sent"]


async def test_a_row_that_cannot_be_worded_and_was_leased_by_the_dead_stops_nobody(rig: Rig) -> None:
    bad = await rig.push("毒", GROUP)
    async with rig.store.unit() as unit:
        await leases.lease(unit.session, unit.vault, [bad], owner="main", now=unit.now)
    await rig.restarted()
    good = await rig.push("好", OTHER)
    await rig.sender.pump()
    assert [await rig.state(bad), await rig.state(good)] == ["failed", "sent"]


class Breaking(Channel):
    """A channel that breaks where it ought to tell an outcome."""

    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        await super().deliver(address, segments)
        raise AssertionError("the server's own socket code")

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        raise AssertionError


async def test_a_channel_that_breaks_leaves_unknown_and_not_a_lease(any_store: Store) -> None:
    rig = Rig(any_store, channel=Breaking())
    once, least = await rig.push("推送", cls="O"), await rig.push("回执", GROUP)
    await rig.sender.pump()
    assert [await rig.state(once), await rig.state(least)] == ["unknown", "unknown"]
    for _ in range(8):
        rig.clock.advance(timedelta(seconds=31))
        await rig.sender.pump()
    assert [await rig.state(once), await rig.state(least)] == ["unknown", "failed"]
    assert sum(word == "推送" for _, word in rig.channel.calls) == 1


async def test_an_unknown_row_whose_key_was_destroyed_is_looked_at_once(rig: Rig) -> None:
    """Eight of them would fill every look for ever."""
    async with rig.store.unit() as unit:
        key_id = await unit.vault.new_key(unit.session, "person:1")
    rows = [await rig.push("没了", Address("qq", BOT, ChatKind.GROUP, str(n)), key_id=key_id) for n in range(8)]
    good = await rig.push("回执", GROUP)
    async with rig.store.unit() as unit:
        await leases.lease(unit.session, unit.vault, [*rows, good], owner="main", now=unit.now)
    await rig.restarted()
    async with rig.store.unit() as unit:
        await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
        unit.vault.forget(key_id)
    await rig.sender.pump()
    await rig.sender.pump()
    assert [await rig.state(row) for row in rows] == ["cancelled"] * 8
    assert await rig.state(good) == "sent"


async def test_what_went_out_in_part_is_not_taken_for_unsent(rig: Rig) -> None:
    """The connection ends between two parts: the first was written, so a second sending would repeat it."""
    rig.channel.next = [Delivery(Outcome.SENT, native_id="1"), Delivery(Outcome.RETRY_LATER, error="not_connected")]
    once = await rig.push("长" * 2000, cls="O")
    await rig.sender.pump()
    assert await rig.state(once) == "unknown"
    for _ in range(3):
        rig.clock.advance(timedelta(seconds=31))
        await rig.sender.pump()
    assert len(rig.channel.calls) == 2


class Slow(Channel):
    """A channel whose history does not answer until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming] | None:
        self.asked += 1
        await asyncio.sleep(3600)
        return None


async def test_a_history_that_does_not_answer_holds_up_nobody_else(any_store: Store) -> None:
    rig = Rig(any_store, channel=Slow())
    rig.channel.next = [Delivery(Outcome.UNKNOWN)]
    await rig.push("回执", GROUP)
    await rig.sender.pump()
    rig.clock.advance(timedelta(seconds=31))
    await rig.sender.start()
    good = await rig.push("好", PRIVATE)
    async with asyncio.timeout(PATIENCE):
        while await rig.state(good) != "sent":  # noqa: ASYNC110 - the sender tells nobody when it is done
            await asyncio.sleep(0.01)
    await rig.sender.stop(within=0.1)


async def test_a_sending_that_takes_longer_than_its_lease_is_not_rescued_while_it_runs(any_store: Store) -> None:
    class Long(Channel):
        """Every part takes half a minute, as with a gateway under load."""

        async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
            rig.clock.advance(timedelta(seconds=40))
            await rig.sender._send_rows()  # what the loop does meanwhile
            return await super().deliver(address, segments)

    rig = Rig(any_store, channel=Long())
    row = await rig.push("长" * 6000)
    await rig.sender.pump()
    assert await rig.state(row) == "sent"
    async with rig.store.read() as session:
        fence = (await session.execute(select(OutboxMessage.fence).where(OutboxMessage.id == row))).scalar_one()
    assert fence == 1
    assert len(rig.channel.calls) == 4


async def test_held_pushes_do_not_hide_an_answer(any_store: Store) -> None:
    """300 questions wait for the morning; what somebody has just asked for is not looked for behind them."""
    rig = Rig(any_store, paced=True)
    rig.clock.advance(timedelta(hours=13))  # 23:00
    for n in range(300):
        await rig.push("早上再说", Address("qq", BOT, ChatKind.PRIVATE, f"5{n:05}"), priority=2, kind="prompt")
    rig.sender.disconnected("qq", BOT)  # so that it waits as a row
    answer = await rig.push("好", PRIVATE, priority=5, kind="reply")
    rig.sender.connected("qq", BOT)
    await rig.sender.pump()
    assert await rig.state(answer) == "sent"
    assert len(rig.channel.calls) == 1


async def test_a_payload_of_another_releases_form_is_cancelled_and_stops_nobody(rig: Rig) -> None:
    bad, good = await rig.push("旧的", GROUP), await rig.push("好", OTHER)
    async with rig.store.unit() as unit:
        row = await unit.session.get_one(OutboxMessage, bad)
        row.payload = unit.vault.seal(unit.vault.system_key_id, f"outbox:{bad}:payload", '{"words": []}')
    await rig.sender.pump()
    assert [await rig.state(bad), await rig.state(good)] == ["cancelled", "sent"]
