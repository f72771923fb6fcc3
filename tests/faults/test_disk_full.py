"""D3: the volume fills up: what is committed is stored, what is refused is told, reads go on, and it recovers."""

import random
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.clock import ManualClock
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.crowd import Crowd, open_crowd
from tests.faults.disk import Disk, NotReachable, watched
from tests.faults.drill import REFUSED, examine

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

SEED = 20261124
REFUSALS = 6
"""So many refused commands until the volume counts as full."""
MOST_ROOM = 1 << 20


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A volume that has room until the test says otherwise."""
    try:
        with watched(Disk(keep=False)) as made:
            yield made
    except NotReachable as why:
        pytest.skip(str(why))


@pytest.fixture
async def crowd(disk: Disk, sqlite_url: str, masters: MasterKeys, clock: ManualClock) -> AsyncIterator[Crowd]:
    """A running bot on that volume."""
    store = await Store.open(sqlite_url, masters=masters, clock=clock)
    async with open_crowd(store) as made:
        yield made
    await store.close()


async def fill(disk: Disk, crowd: Crowd, room: int) -> None:
    """Leave so much room, and talk until the volume is full."""
    disk.capacity = sum(disk.sizes.values()) + room
    _, before = crowd.answers()
    while crowd.answers()[1] < before + REFUSALS:
        await crowd.speaks(1)
        await crowd.is_told(more=before)
    await crowd.settles()


async def only_reads(disk: Disk, crowd: Crowd) -> None:
    """Not a page is left: questions are answered; what writes is refused and told, in the group too."""
    disk.capacity = 0  # what is smaller than the drill's command might have found room still
    await crowd.cadre("我是谁", "林晓舟")
    await crowd.cadre("/谈心 结束 聊了夜班回家", REFUSED, in_group=True)


async def test_a_full_volume_refuses_and_tells_and_recovers_by_itself(
    disk: Disk, crowd: Crowd, scale: Scale[int], table: FaultTable
) -> None:
    times, dice = scale(3, 30), random.Random(SEED)
    messages = missing = 0
    for time in range(times):
        if time:
            await crowd.opens()
        receipts, refusals = crowd.answers()
        await fill(disk, crowd, dice.randrange(MOST_ROOM))
        told, refused = crowd.answers()
        kept = await examine(crowd.whole.store, crowd.noted)
        assert kept.faults == [], f"seed {SEED}, time {time}"
        assert len(kept.noted) == told, "what is stored has its receipt, and nothing else is stored"
        assert refused > refusals, f"seed {SEED}, time {time}"
        assert told >= receipts
        await only_reads(disk, crowd)
        disk.capacity = None
        await crowd.goes_on()
        messages += len(crowd.said)
        missing += len(crowd.said) - await crowd.stored() + 1
    receipts, refusals = crowd.answers()
    table.row(
        test="D3 disk full",
        size=f"{times} times full, {len(crowd.noted.events)} commands, {messages} messages",
        figure=f"{refusals} commands told 未记录, {missing} messages told as missing, 0 lost; "
        "reads answered; the same events later: once; no restart",
    )
