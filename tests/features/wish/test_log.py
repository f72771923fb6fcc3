"""What is written down and said of a wish at each step: the act, in which part, about whom, and its number."""

from datetime import date, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.clock import ManualClock
from bot.core.acts.prompt import close_question
from bot.core.feature import Look
from bot.core.installation import Installation
from bot.core.question import Asked
from bot.core.reads.questions import asked
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.wish.acts.claim import (
    claim_wish,
    decline_wish,
    list_wishes,
    release_wish,
    report_done,
    view_wish,
)
from bot.features.wish.acts.confirm import not_received, receive, withdraw_wish
from bot.features.wish.acts.hand_over import lapse, wishes_to_lapse
from bot.features.wish.acts.remind import ask_again, idle_wishes, remind_cadre, settle_idle
from bot.features.wish.acts.share import answer_share, share_wishes
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, Prompt
from bot.store.store import Store
from tests.people_built import make_cadre, make_youth
from tests.queued import queued
from tests.reading import logged
from tests.wishes_built import Scene, do, make_scene, make_wish, make_wish_of, put_into_pool, wish_of

Row = tuple[str, int | None, str, int | None, str]
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    return await make_scene(store)


async def log(store: Store) -> list[Row]:
    """Act, who, in which part, about whom, number: of everything about wishes, in its order."""
    async with store.read() as session:
        rows = await session.execute(select(AuditEntry).order_by(AuditEntry.seq))
        return [
            (row.action, row.actor_id, row.actor_role, row.subject_id, row.ref)
            for row in rows.scalars()
            if "wish" in row.action
        ]


async def held(scene: Scene) -> int:
    ref = await make_wish(scene)
    await do(scene.store, lambda unit: claim_wish(unit, scene.cadre, ref))
    return ref


async def question_of(store: Store, person: Actor, kind: str) -> Asked:
    async with store.read() as session:
        prompt = await session.execute(
            select(Prompt).where(
                Prompt.person_id == person.person_id, Prompt.kind == kind, Prompt.state.in_(("open", "queued"))
            )
        )
        return await asked(session, store.vault, prompt.scalar_one())


async def share(store: Store, person: Actor) -> Say:
    question = await question_of(store, person, "wish.share")
    async with store.unit() as unit:
        assert await close_question(unit, question)
        return await answer_share(unit, person, question, "yes")


# --- the log ---------------------------------------------------------------------------------------------------------


async def test_every_step_of_a_wish_is_written_down(store: Store, scene: Scene) -> None:
    youth, cadre = scene.youth.person_id, scene.cadre.person_id
    ref = await make_wish(scene)
    async with store.unit() as unit:
        await logged(unit, scene.cadre, list_wishes(unit.session, unit.vault, scene.cadre, 1, now=unit.now))
        await logged(unit, scene.cadre, view_wish(unit.session, unit.vault, scene.cadre, ref))
    for act in (
        lambda unit: claim_wish(unit, scene.cadre, ref),
        lambda unit: release_wish(unit, scene.cadre, ref),
        lambda unit: claim_wish(unit, scene.cadre, ref),
        lambda unit: claim_wish(unit, scene.cadre, ref),
        lambda unit: report_done(unit, scene.cadre, ref, "给了"),
        lambda unit: not_received(unit, scene.youth, ref, None),
        lambda unit: receive(unit, scene.youth, ref),
        lambda unit: not_received(unit, scene.youth, ref, None),
        lambda unit: decline_wish(unit, scene.cadre, ref, "没找到"),
        lambda unit: not_received(unit, scene.youth, ref, None),
        lambda unit: withdraw_wish(unit, scene.youth, ref),
    ):
        await do(store, act)
    steps = [
        *(("wish.posted", youth), ("read.wishes", cadre), ("read.wish", cadre)),
        *(("wish.claimed", cadre), ("wish.released", cadre), ("wish.claimed", cadre), ("wish.kept", cadre)),
        *(("wish.reported_done", cadre), ("wish.reopened", youth), ("wish.fulfilled", youth)),
        *(("wish.reopened", youth), ("wish.declined", cadre), ("wish.reopened", youth), ("wish.withdrawn", youth)),
    ]
    assert await log(store) == [
        (act, who, "youth" if who == youth else "cadre", youth, "" if act == "read.wishes" else f"W{ref}")
        for act, who in steps
    ]


# --- claims ----------------------------------------------------------------------------------------------------------


async def test_a_claim_says_until_when_it_stands(store: Store, scene: Scene) -> None:
    ref = await make_wish(scene)
    first = await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    again = await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    for said in (first, again):
        assert (said.ref, said.until) == (ref, store.clock.now() + 14 * DAY)
    assert (first.again, again.again) == (False, True)


async def test_given_back_without_a_pool_it_was_never_in_one(store: Store, scene: Scene) -> None:
    ref = await held(scene)
    await do(store, lambda unit: release_wish(unit, scene.cadre, ref))
    wish = await wish_of(store, ref)
    assert (wish.state, wish.pooled_at, wish.claimed_at, wish.holder_id) == ("open", None, None, None)


async def test_given_back_to_a_pool_it_has_its_whole_time_there_again(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    other = await make_cadre(store, scene.org, "周敏", "10002")
    await do(store, lambda unit: claim_wish(unit, other, ref))
    began = (await wish_of(store, ref)).pooled_at
    clock.advance(DAY)
    assert (await wish_of(store, ref)).pooled_at == began
    await do(store, lambda unit: release_wish(unit, other, ref))
    assert (await wish_of(store, ref)).pooled_at == clock.now()


async def test_how_it_was_done_is_shown_while_its_owner_is_asked_and_afterwards(store: Store, scene: Scene) -> None:
    ref = await held(scene)

    async def done() -> str:
        async with store.unit() as unit:
            return (await view_wish(unit.session, unit.vault, scene.youth, ref)).done  # type: ignore[union-attr]

    await do(store, lambda unit: report_done(unit, scene.cadre, ref, "书给了"))
    assert await done() == "书给了"
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    assert await done() == "书给了"
    await do(store, lambda unit: not_received(unit, scene.youth, ref, None))
    assert await done() == ""


async def test_the_cadre_who_fetches_what_somebody_gives_hears_for_whom(store: Store, scene: Scene) -> None:
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    other = await make_cadre(store, scene.org, "周敏", "10002")
    claimed = await do(store, lambda unit: claim_wish(unit, other, ref))
    [told] = await queued(store, scene.cadre, "pool/to_pick_up")
    assert (told["ref"], told["name"], told["place"]) == (ref, "小赵", claimed.place)
    assert claimed.place == scene.org.name


# --- sharing ---------------------------------------------------------------------------------------------------------


async def test_sharing_names_the_wishes_and_tells_the_cadre_how_many_there_are(store: Store, scene: Scene) -> None:
    other = await make_youth(store, scene.org, "小韩", "20002", cadre=scene.cadre)
    first, second = await make_wish(scene), await make_wish_of(store, other, scene.cadre)
    said = await do(store, lambda unit: share_wishes(unit, scene.cadre, (first, second)))
    assert said.refs == (first, second)
    lead, joined = await share(store, scene.youth), await share(store, other)
    assert (lead.ref, lead.waits, joined.ref, joined.waits) == (first, True, second, False)  # type: ignore[attr-defined]
    [told] = await queued(store, scene.cadre, "wish/share_grown")
    assert set(told.values()) == {second, first, 2, "wish/share_grown"}


async def test_of_those_who_share_only_who_has_not_just_been_asked_is_asked_again(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    other = await make_youth(store, scene.org, "小韩", "20002", cadre=scene.cadre)
    first, second = await make_wish(scene), await make_wish_of(store, other, scene.cadre)
    await do(store, lambda unit: share_wishes(unit, scene.cadre, (first, second)))
    for person in (scene.youth, other):
        await share(store, person)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, first))
    await do(store, lambda unit: report_done(unit, scene.cadre, first, "给了"))
    clock.advance(timedelta(hours=1))
    await do(store, lambda unit: not_received(unit, other, second, None))
    await do(store, lambda unit: report_done(unit, scene.cadre, first, "这回真给了"))
    assert (await wish_of(store, first)).asked_at == clock.now() - timedelta(hours=1)
    assert (await wish_of(store, second)).asked_at == clock.now()


# --- the clock -------------------------------------------------------------------------------------------------------


class _EveryDay(Workdays):
    def is_workday(self, day: date) -> bool:
        return True


NO_REST = Installation.of_rules(_EveryDay())


async def look_for(store: Store, read) -> list[int]:
    async with store.read() as session:
        return list(await read(session, Look(store.clock.now())))


async def test_a_claim_whose_holder_was_told_is_looked_at_again_only_when_it_goes_back(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    wish = await wish_of(store, await held(scene))
    for days, due in ((11, [wish.id]), (1, []), (1, []), (1, [wish.id])):
        clock.advance(days * DAY)
        assert await look_for(store, idle_wishes) == due
        for one in due:
            async with store.unit() as unit:
                assert await settle_idle(unit, one, Look(unit.now, NO_REST))


@pytest.mark.parametrize("pooled", [False, True])
async def test_the_notice_of_an_idle_claim_says_where_the_wish_goes(
    store: Store, scene: Scene, clock: ManualClock, pooled: bool
) -> None:
    ref = await make_wish(scene)
    if pooled:
        await put_into_pool(scene, ref)
    holder = await make_cadre(store, scene.org, "周敏", "10002") if pooled else scene.cadre
    await do(store, lambda unit: claim_wish(unit, holder, ref))
    wish = await wish_of(store, ref)
    clock.advance(11 * DAY)
    await do(store, lambda unit: settle_idle(unit, wish.id, Look(unit.now, NO_REST)))
    clock.advance(3 * DAY)
    await do(store, lambda unit: settle_idle(unit, wish.id, Look(unit.now, NO_REST)))
    [notice] = await queued(store, holder, "wish/idle_notice")
    [released] = await queued(store, holder, "wish/idle_released")
    for told in (notice, released):
        assert (told["ref"], told["pooled"]) == (ref, pooled)


async def test_an_owner_is_asked_again_after_a_week_to_the_second(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    ref = await held(scene)
    wish = await wish_of(store, ref)
    async with store.unit() as unit:
        assert not await ask_again(unit, wish.id, Look(unit.now)), "not asked a first time"
    await do(store, lambda unit: report_done(unit, scene.cadre, ref, "给了"))
    for seconds, done in ((-1, False), (1, True), (-1, False), (1, True)):
        clock.advance((7 * DAY if seconds < 0 else timedelta()) + timedelta(seconds=seconds))
        async with store.unit() as unit:
            assert await ask_again(unit, wish.id, Look(unit.now)) is done
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    clock.advance(8 * DAY)
    async with store.unit() as unit:
        assert not await ask_again(unit, wish.id, Look(unit.now))


async def test_a_wish_that_waits_is_told_of_again_after_a_month_to_the_second(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    ref = await make_wish(scene)
    cadre_id = scene.cadre.person_id or 0

    async def remind() -> bool:
        async with store.unit() as unit:
            return await remind_cadre(unit, cadre_id, Look(unit.now))

    clock.advance(7 * DAY)
    assert await remind()
    clock.advance(30 * DAY - timedelta(seconds=1))
    assert not await remind()
    clock.advance(timedelta(seconds=1))
    assert await remind()
    told = await queued(store, scene.cadre, "wish/waiting")
    assert [(one["refs"], one["total"], one["stale"]) for one in told] == [([ref], 1, 0), ([ref], 1, 1)]


async def test_a_wish_is_stale_from_thirty_days_on(store: Store, scene: Scene, clock: ManualClock) -> None:
    await make_wish(scene)
    clock.advance(30 * DAY)
    async with store.unit() as unit:
        assert await remind_cadre(unit, scene.cadre.person_id or 0, Look(unit.now, limit=1))
    assert [one["stale"] for one in await queued(store, scene.cadre, "wish/waiting")] == [1]


async def test_only_what_nobody_was_in_contact_about_for_a_year_lapses_a_few_at_a_time(
    store: Store, scene: Scene, clock: ManualClock
) -> None:
    refs = [await make_wish(scene, f"想要{word}") for word in ("书", "球", "灯")]
    async with store.unit() as unit:
        await unit.session.execute(update(Contact).values(ended_at=unit.now))
        await unit.session.execute(update(Wish).values(cadre_id=None))
    clock.advance(365 * DAY)
    assert await look_for(store, wishes_to_lapse) == []
    clock.advance(timedelta(seconds=1))
    assert len(await look_for(store, wishes_to_lapse)) == len(refs)
    async with store.read() as session:
        few = await wishes_to_lapse(session, Look(clock.now(), limit=2))
    assert len(few) == 2
    for wish_id in few:
        async with store.unit() as unit:
            assert await lapse(unit, wish_id, Look(unit.now))
    assert len(await look_for(store, wishes_to_lapse)) == 1
    rows = [row for row in await log(store) if row[0] == "wish.lapsed"]
    assert {row[1:4] for row in rows} == {(None, "", scene.youth.person_id)}
