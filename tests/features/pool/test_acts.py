"""Pools when several things happen at once, on SQLite and on PostgreSQL where they really do (section 4)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.chat.text import sensitive_words
from bot.clock import ManualClock
from bot.core.acts.unshown import AskedButNotShown
from bot.core.feature import Look
from bot.core.rules.people import OrgLevel
from bot.core.rules.refusal import Refusal
from bot.features.pool.acts.ask_owner import PoolAsked, PoolAskedBefore, PoolTable, pool_wish
from bot.features.pool.acts.climb import climb
from bot.features.pool.reads.words import pool_words
from bot.features.pool.rules.pool import PoolRules
from bot.features.wish.acts.claim import WishClaimed, claim_wish
from bot.features.wish.acts.confirm import WishWithdrawn, withdraw_wish
from bot.features.wish.acts.make import WishRules
from bot.features.wish.reads.words import wish_words
from bot.store.delivery import AuditEntry, Prompt
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre, make_org, make_youth
from tests.pools_built import make_pooled
from tests.wishes_built import make_scene, make_wish_of, wish_of

MANY = 6
RULES = PoolRules()
TABLE = PoolTable(RULES, pool_words(), WishRules(wish_words(), sensitive_words()))
TRIED = "问了县图书馆和两位同事，都没有"
Act = Callable[[Unit], Awaitable[Any]]


async def at_once(store: Store, *acts: Act) -> list[Any]:
    """Each act in a unit of its own, all at the same time; exceptions are results."""

    async def one(act: Act) -> Any:
        async with store.unit() as unit:
            return await act(unit)

    return await asyncio.gather(*(one(act) for act in acts), return_exceptions=True)


async def count(store: Store, table: type, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def test_asked_many_times_at_once_an_owner_is_asked_once(any_store: Store) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish_of(any_store, scene.youth, scene.cadre, claimed=True)
    asks: Act = lambda unit: pool_wish(unit, scene.cadre, ref, TRIED, TABLE)  # noqa: E731
    kinds = Counter(type(done) for done in await at_once(any_store, *[asks] * MANY))
    assert kinds[PoolAsked] == 1
    assert kinds[AskedButNotShown] + kinds[PoolAskedBefore] == MANY - 1
    assert await count(any_store, Prompt) == 1


async def test_claimed_withdrawn_and_due_to_climb_at_once_one_thing_happens(
    any_store: Store, clock: ManualClock
) -> None:
    province = await make_org(any_store, "云海省团委", OrgLevel.PROVINCE)
    county = await make_org(any_store, "清河县团委", OrgLevel.COUNTY, province)
    cadre = await make_cadre(any_store, county)
    colleague = await make_cadre(any_store, county, "苏娜", "10002")
    youth = await make_youth(any_store, county, cadre=cadre)
    refs = [await make_pooled(any_store, youth, cadre, county) for _ in range(MANY)]
    clock.advance(timedelta(days=15))
    acts: list[Act] = []
    for ref in refs:
        wish_id = (await wish_of(any_store, ref)).id
        acts += [
            lambda unit, wish_id=wish_id: climb(unit, wish_id, Look(unit.now)),
            lambda unit, wish_id=wish_id: climb(unit, wish_id, Look(unit.now)),
            lambda unit, ref=ref: claim_wish(unit, colleague, ref),
            lambda unit, ref=ref: withdraw_wish(unit, youth, ref),
        ]
    done = await at_once(any_store, *acts)
    assert [type(one) for one in done if isinstance(one, Exception) and not isinstance(one, Refusal)] == []
    kinds = Counter(type(one) for one in done)
    assert kinds[WishWithdrawn] == MANY
    assert kinds[WishClaimed] <= MANY
    for ref in refs:
        wish = await wish_of(any_store, ref)
        assert (wish.state, wish.pool_text, wish.holder_id) == ("withdrawn", None, None)
        climbed = await count(any_store, AuditEntry, AuditEntry.action == "wish.climbed", AuditEntry.ref == f"W{ref}")
        assert climbed <= 1
