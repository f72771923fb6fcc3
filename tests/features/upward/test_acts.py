"""推荐经验, 申请支持 on both databases: to the nearest organ with somebody there, one word back, never to strangers."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.feature import Look
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import NotAllowed, Refusal
from bot.core.rules.retention import RetentionPeriods
from bot.features.upward.acts.decide import decide
from bot.features.upward.acts.hand_on import expire_practices, hand_on, organs_with_waiting
from bot.features.upward.acts.send import send_up
from bot.features.upward.reads.sent import sent_up
from bot.features.upward.rules.upward import (
    MOST_WAITING,
    UpwardDone,
    UpwardNotFound,
    UpwardPrivate,
    UpwardSecret,
    UpwardState,
    UpwardTooLong,
    UpwardTooMany,
    UpwardTooShort,
)
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.features.upward.todo import practices_waiting, requests_waiting
from bot.store.delivery import OutboxMessage
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person
from tests.upward_built import WORDS

BOTH = pytest.mark.parametrize("table", [GoodPractice, SupportRequest])


@dataclass(frozen=True, slots=True)
class Tree:
    city: OrgUnit
    county: OrgUnit
    cadre: Actor
    admin: Actor
    above: Actor
    stranger: Actor


@pytest_asyncio.fixture
async def tree(any_store: Store) -> Tree:
    city = await make_org(any_store, "甘泉市团委", OrgLevel.CITY)
    county = await make_org(any_store, "清河县团委", parent=city)
    other = await make_org(any_store, "临山县团委", parent=city)
    return Tree(
        city,
        county,
        await make_cadre(any_store, county, "林晓舟", "10001"),
        await make_person(any_store, county, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,)),
        await make_person(any_store, city, "苏娜", number="30002", roles=(Role.ORGAN_ADMIN,)),
        await make_person(any_store, other, "何立", number="30003", roles=(Role.ORGAN_ADMIN,)),
    )


async def send(store: Store, actor: Actor, table: type[SentUp], text: str = WORDS) -> int:
    async with store.unit() as unit:
        return int((await send_up(unit, actor, table, text)).ref[1:])


async def say(store: Store, actor: Actor, table: type[SentUp], ref: int, text: str | None = "会议室留好了"):
    async with store.unit() as unit:
        return await decide(unit, actor, table, ref, UpwardState.ADOPTED, text)


async def count(store: Store, table) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def end_office(store: Store, person: Actor) -> None:
    async with store.unit() as unit:
        grants = await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == person.person_id))
        for grant in grants.scalars():
            grant.until = unit.now


@BOTH
async def test_who_is_no_cadre_sends_nothing_up(any_store: Store, tree: Tree, table: type[SentUp]):
    with pytest.raises(NotAllowed):
        await send(any_store, tree.admin, table)
    assert await count(any_store, table) == 0


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("好", UpwardTooShort),
        ("？？？！！！……", UpwardTooShort),
        ("长" * 501, UpwardTooLong),
        ("【秘密】文件里的做法值得推广", UpwardSecret),
        ("联系人电话 13800138000，可以找他", UpwardPrivate),
    ],
)
async def test_words_that_may_not_go_up_are_refused(any_store: Store, tree: Tree, text: str, refusal: type[Refusal]):
    with pytest.raises(refusal):
        await send(any_store, tree.cadre, GoodPractice, text)
    assert await count(any_store, GoodPractice) == 0


@pytest.mark.rule("R1.4", "R2.4", "P13")
@BOTH
async def test_another_organs_admin_the_sender_and_nobody_decide_on_it_and_all_hear_the_same(
    any_store: Store, tree: Tree, table: type[SentUp]
):
    ref = await send(any_store, tree.cadre, table)
    for who, number in ((tree.stranger, ref), (tree.above, ref), (tree.cadre, ref), (tree.admin, ref + 1)):
        with pytest.raises(UpwardNotFound):
            await say(any_store, who, table, number)
    async with any_store.read() as session:
        assert (await sent_up(session, any_store.vault, tree.stranger, table, 1)).lines == ()


@pytest.mark.rule("R1.4", "R2.4")
@BOTH
async def test_the_organ_is_told_says_one_word_and_the_sender_hears_it(
    any_store: Store, tree: Tree, table: type[SentUp]
):
    ref = await send(any_store, tree.cadre, table)
    assert await count(any_store, OutboxMessage) == 1
    done = await say(any_store, tree.admin, table, ref)
    assert (done.told, await count(any_store, OutboxMessage)) == (True, 2)
    with pytest.raises(UpwardDone):
        await say(any_store, tree.admin, table, ref)
    async with any_store.read() as session:
        own = await sent_up(session, any_store.vault, tree.cadre, table, 1)
    assert [(line.state, line.words) for line in own.lines] == [(UpwardState.ADOPTED, WORDS)]
    assert (own.total, own.waiting) == (1, 0)


async def test_an_admin_who_is_a_cadre_too_does_not_get_their_own(any_store: Store, tree: Tree):
    both = await make_person(any_store, tree.county, "周敏", number="30009", roles=(Role.CADRE, Role.ORGAN_ADMIN))
    await end_office(any_store, tree.admin)
    async with any_store.unit() as unit:
        sent = await send_up(unit, both, GoodPractice, WORDS)
    assert (sent.org, sent.told) == (tree.city.name, 1)


async def test_with_nobody_in_office_it_waits_and_goes_on_once_somebody_is(any_store: Store, tree: Tree):
    await end_office(any_store, tree.admin)
    await end_office(any_store, tree.above)
    async with any_store.unit() as unit:
        sent = await send_up(unit, tree.cadre, SupportRequest, WORDS)
    assert (sent.org, sent.told) == (tree.county.name, 0)
    assert await handed_on(any_store) == 0
    later = await make_person(any_store, tree.city, "何洁", number="30008", roles=(Role.ORGAN_ADMIN,))
    assert await handed_on(any_store) == 1
    assert await handed_on(any_store) == 0
    async with any_store.read() as session:
        waits = await requests_waiting(session, any_store.vault, later, any_store.clock.now(), 10)
        none = await practices_waiting(session, any_store.vault, later, any_store.clock.now(), 10)
    assert (waits.count, none.count) == (1, 0)
    assert (await say(any_store, later, SupportRequest, int(sent.ref[1:]))).told


async def handed_on(store: Store) -> int:
    look = Look(store.clock.now())
    async with store.read() as session:
        waiting = list(await organs_with_waiting(session, look))
    done = 0
    for one in waiting:
        async with store.unit() as unit:
            done += await hand_on(unit, one, look)
    return done


async def test_so_many_may_wait_and_one_more_is_refused(any_store: Store, tree: Tree):
    refs = [await send(any_store, tree.cadre, GoodPractice) for _ in range(MOST_WAITING)]
    with pytest.raises(UpwardTooMany):
        await send(any_store, tree.cadre, GoodPractice)
    await send(any_store, tree.cadre, SupportRequest)
    await say(any_store, tree.admin, GoodPractice, refs[0], None)
    await send(any_store, tree.cadre, GoodPractice)


async def test_it_goes_a_year_after_the_word_and_never_before_it(any_store: Store, clock: ManualClock, tree: Tree):
    ref, _ = await send(any_store, tree.cadre, GoodPractice), await send(any_store, tree.cadre, GoodPractice)
    await say(any_store, tree.admin, GoodPractice, ref)
    clock.advance(timedelta(days=364))
    assert await expired(any_store) == 0
    clock.advance(timedelta(days=2))
    assert await expired(any_store) == 1
    assert await count(any_store, GoodPractice) == 1


async def expired(store: Store) -> int:
    async with store.unit() as unit:
        return await expire_practices(unit, RetentionPeriods(), 10)
