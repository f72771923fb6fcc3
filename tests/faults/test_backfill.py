"""N5 back-fill: ten minutes offline, 300 messages; what the gateway still has comes in, what it has not is told."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.reads.consent import has_consent
from bot.core.rules.consent import ConsentScope
from bot.features.talk.tables import Gap
from bot.store.store import Store
from tests.faults.conftest import FaultTable
from tests.faults.whole import CADRE, GROUP, YOUTHS, Whole, open_whole
from tests.gateway import FakeGateway, group

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

SAID = 300
OFFLINE = timedelta(minutes=12)
"""Longer than the ten minutes after which a command is not carried out any more."""
STOPS_EARLY, STOPS_LATE = "20001", "20002"
MISSING = re.compile(r"少了 (\d+) 条")


class Outage:
    """A talk, the line is gone for a while, people talk on; then it is back."""

    def __init__(self, bot: Whole, gateway: FakeGateway) -> None:
        self.bot, self.gateway = bot, gateway
        self.said: list[str] = []
        self.before: list[str] = []

    async def before_it(self) -> None:
        await self.gateway.connect()
        await self.bot.online()
        await self.gateway.group_message(GROUP, CADRE, "/谈心 开始 夜班")
        await self.bot.heard(self.gateway)
        for number in range(5):
            self.before.append(f"断线前第{number}句")
            await self.gateway.group_message(GROUP, CADRE, self.before[-1])
        await self.bot.heard(self.gateway)
        await self.bot.talk.recorder.flush()

    async def during_it(self, *, commands: bool = False) -> None:
        await self.gateway.drop()
        await self.bot.offline()
        self.bot.clock.advance(timedelta(seconds=5))
        for number in range(SAID):
            self.bot.clock.advance(OFFLINE / SAID)
            if commands and number == 5:
                await self.gateway.group_message(GROUP, STOPS_EARLY, "/停止记录")
            elif commands and number == SAID - 5:
                await self.gateway.group_message(GROUP, STOPS_LATE, "/停止记录")
            else:
                self.said.append(f"断线中第{number}句")
                await self.gateway.group_message(GROUP, [*YOUTHS, CADRE][number % 4], self.said[-1])

    async def after_it(self) -> None:
        await self.gateway.connect()
        await self.bot.online()
        await self.bot.drained()

    async def gaps(self) -> list[tuple[int, int | None]]:
        async with self.bot.store.read() as session:
            return [(gap.recovered, gap.missing) for gap in (await session.execute(select(Gap))).scalars()]

    async def closed(self) -> str:
        """What the receipt of the end says."""
        known = len(self.gateway.shown[group(GROUP)])
        await self.gateway.group_message(GROUP, CADRE, "/谈心 结束 聊了夜班")
        shown = await self.gateway.expect_message(
            group(GROUP), lambda one: one in self.gateway.shown[group(GROUP)][known:] and "T" in one.text
        )
        return shown.text


@pytest.mark.parametrize(("told", "sequences"), [(0, True), (30, True), (30, False), (100, True), (None, True)])
async def test_what_the_history_has_comes_in_and_the_rest_is_told(
    store: Store, told: int | None, sequences: bool, table: FaultTable
) -> None:
    async with open_whole(store) as bot:
        outage = Outage(bot, bot.gateway(with_sequence=sequences))
        await outage.before_it()
        await outage.during_it()
        outage.gateway.platform.history_limit = told
        await outage.after_it()
        available = SAID if told is None else told
        assert await bot.words_kept() == outage.before + outage.said[SAID - available :]
        counted = sequences and told not in (0, None)
        hole = 0 if told is None else SAID - available if counted else None
        assert await outage.gaps() == [(available, None if hole is None else hole + (available if hole else 0))]
        receipt = await outage.closed()
        assert f"存了 {5 + available} 条" in receipt
        assert ("没记到" in receipt) == (told is not None)
        assert MISSING.findall(receipt) == ([str(hole)] if hole else [])
        size = f"12 min, {SAID} messages, history gives {'all' if told is None else told}"
        figure = f"recovered {available}, told as missing: {'unknown' if hole is None else hole}"
        table.row(test=f"N5 back-fill{'' if sequences else ', without sequences'}", size=size, figure=figure)
        await outage.gateway.close()


async def test_a_withdrawal_found_in_the_history_holds_from_when_it_was_said_however_old_it_is(store: Store) -> None:
    async with open_whole(store) as bot:
        outage = Outage(bot, bot.gateway())
        await outage.before_it()
        await outage.during_it(commands=True)
        await outage.after_it()
        early, late = bot.youths[STOPS_EARLY], bot.youths[STOPS_LATE]
        async with store.read() as session:
            agreed = [
                await has_consent(session, who.person_id or 0, ConsentScope.ORIGINAL_MESSAGES, bot.chat.id)
                for who in (early, late)
            ]
        assert agreed == [False, False]
        kept = set(await bot.words_kept())
        lost = {int(re.findall(r"\d+", text)[0]) for text in outage.said if text not in kept}
        early_ones = {number for number in range(6, SAID) if number % 4 == 0}
        assert lost == early_ones | {number for number in range(SAID - 4, SAID) if number % 4 == 1}
        await outage.gateway.close()


async def test_a_history_that_repeats_itself_is_not_asked_for_ever(store: Store) -> None:
    """A gateway that does not understand where to go on from gives the newest page again and again."""
    async with open_whole(store) as bot:
        outage = Outage(bot, bot.gateway())
        await outage.before_it()
        await outage.during_it()
        outage.gateway.platform.pages = False
        await outage.after_it()
        asked = [call for call in outage.gateway.calls if call.action == "get_group_msg_history"]
        assert len(asked) <= 3, "once at the first connection, twice now"
        assert await outage.gaps() == [(50, SAID)]
        await outage.gateway.close()
