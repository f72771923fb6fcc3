"""N1 WS drops: the wire breaks at a random byte, in the middle of frames and of calls; then the gateway says it again.

The oracle is what the gateway was asked to show and what people said, never the bot's own word.
"""

import asyncio
import contextlib
import random
import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed

from bot.chat.replies import Usage
from bot.clock import Clock
from bot.core.rules.message import Address, ChatKind
from bot.core.tables import Receipt
from bot.features.talk.tables import Gap
from bot.store.delivery import AuditEntry, OutboxMessage
from bot.store.store import Store
from tests.channels.door import poll
from tests.faults.conftest import FaultTable, Scale
from tests.faults.proxy import Wire
from tests.faults.whole import CADRE, GROUP, YOUTHS, Whole, descriptors, open_whole
from tests.gateway import FakeGateway, private
from tests.gateway_log import Json
from tests.harness import BOT

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]

REPEATED = "（可能重复）"
RECEIPT = re.compile(r"\b[A-Z]-\d{8}-\d{4}")
AWAY = timedelta(seconds=31)
"""Time between two connections; long enough for what is unknown to be looked at again."""


class Story:
    """What people say while the wire breaks, and what came of it."""

    def __init__(self, bot: Whole, wire: Wire, gateway: FakeGateway, dice: random.Random) -> None:
        self.bot, self.wire, self.gateway, self.dice = bot, wire, gateway, dice
        self.said: list[str] = []
        self.pushed = 0
        self.frames: list[Json] = []
        self.slowest = 0.0
        self.mid_call = 0

    async def round(self, number: int) -> None:
        """Connect, talk until the wire breaks, talk on unheard, come back; the gateway repeats itself."""
        way = self.dice.choice(("up", "down"))
        budget = self.dice.randint(0, 3_000 if way == "up" else 1_500)
        self.wire.cut_after(**{way: budget}, abruptly=self.dice.random() < 0.5)
        for place in range(12):
            if self.wire.is_cut:
                break
            await self._something(f"{number}.{place}")
            if place % 3 == 0:
                await self._push()
            await asyncio.sleep(0)
        if not self.wire.is_cut:
            self.wire.cut_now(abruptly=self.dice.random() < 0.5)
        await self._lost()
        for place in range(self.dice.randint(0, 2)):
            await self._something(f"{number}.unheard{place}")
        self.bot.let_pass(AWAY)
        await self.connect()
        await self._repeat()
        await self.bot.talk.recorder.flush()  # as each second in a running bot: the next look goes back this far only

    async def connect(self) -> None:
        """A new connection, and what was missed is asked for."""
        await self.gateway.connect()
        await self.bot.online()

    async def _lost(self) -> None:
        """From the break until no sending is under way any more: each of them is *unknown* at once, not in 30 s."""
        pending = len(self.bot.talk.sender._under_way.tasks)
        begun = Clock().monotonic()
        await self.bot.offline()
        await self.bot.sendings_done()
        self.slowest = max(self.slowest, Clock().monotonic() - begun)
        self.mid_call += pending > 0
        await poll(lambda: not self.gateway.connected)

    async def _something(self, what: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            if self.dice.random() < 0.4:
                word = self.dice.choice(("同意 署名", "撤回 署名"))
                self.frames.append(await self.gateway.private_message(self.dice.choice(list(YOUTHS)), word))
            else:
                text = f"第 {what} 句"
                self.said.append(text)  # from here on it is in the gateway's history, whether it was written or not
                self.frames.append(await self.gateway.group_message(GROUP, self.dice.choice([*YOUTHS, CADRE]), text))

    async def _push(self) -> None:
        """Something nobody asked for, at most once."""
        self.pushed += 1
        address = Address("qq", BOT, ChatKind.PRIVATE, CADRE)
        async with self.bot.store.unit() as unit:
            await unit.push(address, Usage(f"推送{self.pushed}号", ""), cls="O", idem_key=f"o:{self.pushed}")

    async def _repeat(self) -> None:
        """As a gateway does after a reconnect: some of the last events once more, the very same."""
        for event in self.dice.sample(self.frames[-20:], min(5, len(self.frames))):
            with contextlib.suppress(ConnectionClosed):
                await self.gateway.tell(event)
        await self.bot.events_done()

    # --- what must hold ----------------------------------------------------------------------------------------------

    async def check(self) -> None:
        await self.bot.check()
        assert Counter(await self.bot.words_kept()) == Counter(self.said), "each message once"
        async with self.bot.store.read() as session:
            assert all(gap.missing in (0, None) for gap in (await session.execute(select(Gap))).scalars())
            receipts = set((await session.execute(select(Receipt.number))).scalars())
            failed = (
                (await session.execute(select(OutboxMessage).where(OutboxMessage.state == "failed"))).scalars().all()
            )
            acts = (await session.execute(select(AuditEntry.action))).scalars().all()
            pushes = (
                await session.execute(
                    select(OutboxMessage.idem_key, OutboxMessage.state).where(OutboxMessage.cls == "O")
                )
            ).all()
        self._check_receipts(receipts, len(failed))
        assert sum(act in ("consent.given", "consent.withdrawn") for act in acts) == len(receipts)
        self._check_pushes({row.idem_key: row.state for row in pushes})

    def _words(self) -> list[str]:
        return [
            "".join(str(part["data"].get("text", "")) for part in call.params.get("message") or ())
            for call in self.gateway.calls
            if call.action.startswith("send_")
        ]

    def _check_receipts(self, receipts: set[str], failed: int) -> None:
        shown = "\n".join(one.text for youth in YOUTHS for one in self.gateway.shown[private(youth)])
        told = set(RECEIPT.findall(shown))
        assert told <= receipts, "no receipt without its effect"
        assert len(receipts - told) <= failed, "a receipt that was never shown ends visibly"
        unmarked = Counter(
            number for words in self._words() if not words.startswith(REPEATED) for number in RECEIPT.findall(words)
        )
        assert max(unmarked.values()) == 1, "a second sending says that it is one"

    def _check_pushes(self, states: dict[str, str]) -> None:
        assert len(states) == self.pushed
        calls = Counter(match for words in self._words() for match in re.findall(r"推送(\d+)号", words))
        for number in range(1, self.pushed + 1):
            seen, state = calls[str(number)], states[f"o:{number}"]
            assert seen <= 1, f"push {number} went out {seen} times"
            assert state in ("sent", "unknown"), (number, state)
            assert seen == 1 or state == "unknown", (number, state)


async def test_drops_lose_nothing_and_double_nothing(store: Store, scale: Scale[int], table: FaultTable) -> None:
    drops, seed = scale(25, 500), 20261124
    dice = random.Random(seed)
    async with open_whole(store) as bot, Wire(bot.port) as wire:
        gateway = bot.gateway(wire.port, seed=seed)
        await gateway.connect()
        await bot.online()
        await gateway.group_message(GROUP, CADRE, "/谈心 开始 夜班")
        await bot.events_done()
        story = Story(bot, wire, gateway, dice)
        await story.round(0)
        files, tasks = descriptors(), len(asyncio.all_tasks())
        for number in range(1, drops):
            await story.round(number)
        await bot.drained()
        assert descriptors() - files <= 5, "what is open grows"
        assert len(asyncio.all_tasks()) - tasks <= 5, "what is under way grows"
        figure = f"{story.mid_call} in the middle of a sending, unknown within {story.slowest * 1000:.0f} ms"
        table.row(test="N1 WS drops", size=f"{wire.cuts} drops", figure=f"{figure}; 0 lost, 0 double")
        await story.check()
        assert wire.cuts >= drops
        assert story.mid_call > drops / 20, "the drops hit too little"
        assert story.slowest < 20.0, "a call would give up by itself after thirty seconds only"
        await gateway.close()
