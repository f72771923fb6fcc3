"""What people wait for with many wishes: a claim, and pages of a list of 10,000; the whole way but the network."""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import nonebot
from loguru import logger

from bot import garbage
from bot.channels.port import Delivery
from bot.clock import ManualClock
from bot.core.rules.message import Address, OutSegment
from bot.core.rules.people import AgeBand, OrgLevel, Role
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.base import new_id
from bot.store.migrate import upgrade
from bot.store.people import OrgUnit, Person
from bot.store.sealing import MasterKeys, Vault
from bot.store.store import Store
from tests.bench.database import Database, Embedded
from tests.bench.report import Figure, limited, show
from tests.databases import NOW
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person, make_youth

WISHES: Final = 10_000
YOUTHS: Final = 100
CADRE, ADMIN = "10001", "30001"
TIMES: Final = 60
MINUTE: Final = timedelta(minutes=1)
CLAIM_MOST, LIST_MOST = 15.0, 200.0
"""Milliseconds: the promises."""


async def fill(store: Store) -> int:
    """A county with so many open wishes of one cadre's youths, and as many in its pool; the number of one of them."""
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org, "林晓舟", CADRE)
    colleague = await make_cadre(store, org, "苏娜", "10003")
    await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    for nth in range(YOUTHS):
        youth = await make_youth(store, org, f"小{nth}", f"2{nth:04}", cadre=cadre)
        async with store.unit() as unit:
            owner = await unit.session.get_one(Person, youth.person_id)
            await unit.vault.ready(unit.session, owner.key_id)
            for at in range(WISHES // YOUTHS):
                number = 100_000 + (nth * (WISHES // YOUTHS) + at) * 2
                unit.session.add(_wish(unit.vault, owner, org, number, cadre.person_id or 0))
                unit.session.add(_wish(unit.vault, owner, org, number + 1, colleague.person_id or 0, pooled=True))
    return 100_000


def _wish(vault: Vault, owner: Person, org: OrgUnit, number: int, cadre_id: int, *, pooled: bool = False) -> Wish:
    wish_id = new_id()
    wish = Wish(
        id=wish_id,
        ref=number,
        owner_id=owner.id,
        org_id=org.id,
        cadre_id=cadre_id,
        kind="study",
        age_band=AgeBand.ADULT.value,
        state=(WishState.POOLED if pooled else WishState.OPEN).value,
        text=vault.seal(owner.key_id, f"wishes:{wish_id}:text", "想要一本 CAD 教程，二手也行"),
        made_at=NOW,
    )
    if pooled:
        wish.pool_org_id, wish.pool_level, wish.agreed_level = org.id, "county", "county"
        wish.pooled_at = wish.waiting_since = NOW
        wish.shown_kind = "study"
        wish.pool_text = vault.seal(owner.key_id, f"wishes:{wish_id}:pool_text", "想要一本制图教程")
    return wish


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds from each message to the answer's delivery, and of processor time for each."""

    waits: list[float]
    cpu: float

    @property
    def p50(self) -> float:
        """The median wait."""
        return statistics.median(self.waits)

    def told(self) -> str:
        """What else is worth knowing of them."""
        return f"CPU {self.cpu:.1f} ms, max {max(self.waits):.0f} ms"


class Seen:
    """When a conversation first shows something: what follows the answer (notices to others) keeps nobody waiting."""

    def __init__(self, talk: Talkers) -> None:
        self._first: dict[str, float] = {}
        deliver = type(talk.channel).deliver

        async def noted(address: Address, segments: Sequence[OutSegment]) -> Delivery:
            self._first.setdefault(address.native_id, time.perf_counter())
            return await deliver(talk.channel, address, segments)

        talk.channel.deliver = noted  # type: ignore[method-assign]

    def at(self, native_id: str) -> float:
        """The moment; fails when nothing was shown."""
        return self._first[native_id]


async def measured(talk: Talkers, *texts: str, who: str = CADRE, times: int = TIMES) -> Taken:
    """Say these in turn."""
    taken, spent = [], 0.0
    for at in range(times):
        seen = Seen(talk)
        used, begun = time.process_time(), time.perf_counter()
        await talk.says(who, texts[at % len(texts)])
        taken.append((seen.at(who) - begun) * 1000)
        spent += time.process_time() - used
        talk.clock.advance(MINUTE)
        await asyncio.sleep(0.01)
    return Taken(taken, spent / times * 1000)


async def wishes(database: Database | None = None) -> list[Figure]:
    """A claim and its giving back; pages of a cadre's list, with the pool behind; an organ's pool and its pages."""
    with TemporaryDirectory(prefix="zhixin-wishes-") as folder:
        database = database or Embedded()
        await database.prepare("wishes")
        url = database.url(Path(folder), "wishes")
        await upgrade(url, lock=False)
        store = await Store.open(url, masters=MasterKeys.generate(), clock=ManualClock(NOW))
        try:
            ref = await fill(store)
            talk = await Talkers.open(store)
            garbage.settle()  # as a running bot has it
            await measured(talk, f"认领 W{ref}", f"放弃 W{ref}")
            plain = await measured(talk, "别再提醒", "恢复提醒")
            claims = await measured(talk, f"认领 W{ref}", f"放弃 W{ref}")
            first, last = await measured(talk, "心愿列表"), await measured(talk, f"心愿列表 {WISHES // 10}")
            pool = await measured(talk, "心愿池", who=ADMIN)
            words = await measured(talk, "心愿池 全部", f"心愿池 学习进步 {WISHES // 8}", who=ADMIN)
        finally:
            await store.close()
    name = f"{WISHES:,} open wishes, "
    return [
        limited("a command that writes, for comparison: p50", plain.p50, None, "ms", plain.told()),
        limited(name + "a claim: p50", claims.p50, CLAIM_MOST, "ms", claims.told()),
        limited(name + "first page: p50", first.p50, LIST_MOST, "ms", first.told()),
        limited(name + "last page: p50", last.p50, LIST_MOST, "ms", last.told()),
        limited(f"{WISHES:,} pooled wishes, an organ's numbers: p50", pool.p50, LIST_MOST, "ms", pool.told()),
        limited(f"{WISHES:,} pooled wishes, first and last page: p50", words.p50, LIST_MOST, "ms", words.told()),
    ]


if __name__ == "__main__":
    logger.remove()
    nonebot.init()
    begun_at = time.perf_counter()
    found = asyncio.run(wishes())
    show(found, "on this machine", seconds=time.perf_counter() - begun_at)
    sys.exit(0 if all(one.verdict != "miss" for one in found) else 1)
