"""What time does to wishes: idle claims go back after a notice, reminders have their hours, silence closes nothing."""

import itertools
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.clock import SHANGHAI, ManualClock
from bot.core.acts.repair_times import mend_times
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.workdays import Workdays
from bot.features.wish.acts.claim import claim_wish, report_done
from bot.features.wish.acts.confirm import not_received
from bot.features.wish.acts.remind import made_before
from bot.features.wish.rules.wish import WishState
from bot.schedule.ticks import all_ticks
from bot.store.chat import Contact
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import Person, RoleGrant
from bot.store.store import Store
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.ticking import do_due, show_questions
from tests.wishes_built import Scene, do, make_scene, make_wish, put_into_pool, wish_of


class EveryDay(Workdays):
    """A calendar without rest days."""

    def is_workday(self, day: date) -> bool:
        return True


DAYS = Workdays()
DAY = timedelta(days=1)


async def tick(store: Store, now: datetime, workdays: Workdays = DAYS) -> int:
    return await do_due(store, now, "wish", "pool", workdays=workdays)


async def told(store: Store, person: Actor) -> list[str]:
    """Templates of what was queued for somebody."""
    async with store.read() as session:
        rows = await session.execute(
            select(OutboxMessage).where(OutboxMessage.person_id == person.person_id).order_by(OutboxMessage.position)
        )
        found = []
        for row in rows.scalars().all():
            words = await store.vault.read(session, f"outbox:{row.id}:payload", row.payload)
            found.append(words or "")
    return found


async def count_of(store: Store, person: Actor, template: str) -> int:
    return sum(f'"{template}"' in words for words in await told(store, person))


# --- idle claims -----------------------------------------------------------------------------------------------------


async def test_an_idle_claim_is_told_at_eleven_days_and_goes_back_at_fourteen(
    any_store: Store, clock: ManualClock
) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)
    await do(any_store, lambda unit: claim_wish(unit, scene.cadre, ref))
    for days, notices, state in (
        (10.9, 0, WishState.CADRE_HELPING),
        (11.0, 1, WishState.CADRE_HELPING),
        (13.9, 1, WishState.CADRE_HELPING),
        (14.0, 1, WishState.OPEN),
    ):
        now = clock.now() + timedelta(days=days)
        await tick(any_store, now, EveryDay())
        await tick(any_store, now, EveryDay())
        assert await count_of(any_store, scene.cadre, "wish/idle_notice") == notices
        wish = await wish_of(any_store, ref)
        assert (days, wish.state) == (days, state)
    assert wish.holder_id is None
    assert await count_of(any_store, scene.cadre, "wish/idle_released") == 1


async def test_after_a_pause_of_weeks_the_notice_still_comes_three_days_before(
    store: Store, clock: ManualClock
) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    clock.advance(40 * DAY)
    await tick(store, clock.now(), EveryDay())
    assert (await wish_of(store, ref)).state == WishState.CADRE_HELPING
    await tick(store, clock.now() + 2.9 * DAY, EveryDay())
    assert (await wish_of(store, ref)).state == WishState.CADRE_HELPING
    await tick(store, clock.now() + 3 * DAY, EveryDay())
    assert (await wish_of(store, ref)).state == WishState.OPEN


async def test_claiming_again_keeps_it_and_the_next_notice_comes_again(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    clock.advance(11 * DAY)
    await tick(store, clock.now(), EveryDay())
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    clock.advance(10 * DAY)
    await tick(store, clock.now(), EveryDay())
    assert (await wish_of(store, ref)).state == WishState.CADRE_HELPING
    assert await count_of(store, scene.cadre, "wish/idle_notice") == 1
    clock.advance(DAY)
    await tick(store, clock.now(), EveryDay())
    assert await count_of(store, scene.cadre, "wish/idle_notice") == 2


async def test_a_claim_whose_owner_is_being_asked_is_not_idle(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(store, lambda unit: report_done(unit, scene.cadre, ref, "给了"))
    clock.advance(60 * DAY)
    await tick(store, clock.now(), EveryDay())
    await tick(store, clock.now() + 4 * DAY, EveryDay())
    assert (await wish_of(store, ref)).holder_id == scene.cadre.person_id
    await do(store, lambda unit: not_received(unit, scene.youth, ref, None))
    await tick(store, clock.now() + 10 * DAY, EveryDay())
    assert (await wish_of(store, ref)).holder_id == scene.cadre.person_id


async def test_an_idle_claim_from_a_pool_goes_back_to_the_pool(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    helper = await make_cadre(store, scene.org, "苏娜", "10003")
    await do(store, lambda unit: claim_wish(unit, helper, ref))
    for days in (11, 14):
        await tick(store, clock.now() + days * DAY, EveryDay())
    wish = await wish_of(store, ref)
    assert (wish.state, wish.holder_id, wish.pool_org_id) == (WishState.POOLED, None, scene.org.id)


async def test_nobody_hears_of_an_idle_claim_on_a_rest_day(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    clock.advance(11 * DAY)
    while DAYS.is_workday(clock.now().date()):
        clock.advance(DAY)
    await tick(store, clock.now())
    assert await count_of(store, scene.cadre, "wish/idle_notice") == 0
    while not DAYS.is_workday(clock.now().date()):
        clock.advance(DAY)
    await tick(store, clock.now())
    assert await count_of(store, scene.cadre, "wish/idle_notice") == 1


# --- confirmations ---------------------------------------------------------------------------------------------------


async def reported(scene: Scene, words: str) -> int:
    ref = await make_wish(scene, words)
    await do(scene.store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(scene.store, lambda unit: report_done(unit, scene.cadre, ref, "给了"))
    return ref


async def test_an_owner_is_asked_again_at_most_once_a_week_and_five_weeks_long(
    store: Store, clock: ManualClock
) -> None:
    scene = await make_scene(store)
    refs = [await reported(scene, words) for words in ("想要一本书", "想要一副球拍")]
    await show_questions(store, clock.now())
    began = clock.now()
    for _ in range(60):
        clock.advance(DAY)
        await do_due(store, clock.now(), "core.questions")
        await show_questions(store, clock.now())
        await tick(store, clock.now())
    async with store.read() as session:
        rows = await session.execute(select(Prompt.asked_at).where(Prompt.asked_at > began).order_by(Prompt.asked_at))
        days = [(asked_at - began).days for asked_at in rows.scalars()]
    assert days[0] == 7
    assert all(later - earlier >= 7 for earlier, later in itertools.pairwise(days))
    assert max(days) <= 36
    assert [(await wish_of(store, ref)).state for ref in refs] == [WishState.CADRE_HELPING] * 2


async def test_an_owner_who_wants_no_reminders_is_not_asked_again(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    await reported(scene, "想要一本书")
    async with store.unit() as unit:
        (await unit.session.get_one(Person, scene.youth.person_id)).reminders_off = True
    await show_questions(store, clock.now())
    clock.advance(8 * DAY)
    await do_due(store, clock.now(), "core.questions")
    await tick(store, clock.now())
    async with store.read() as session:
        assert (await session.execute(select(Prompt.state))).scalars().all() == ["expired"]


# --- wishes nobody helps with ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2026, 11, 27, 10, tzinfo=SHANGHAI), datetime(2026, 11, 24, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 30, 10, tzinfo=SHANGHAI), datetime(2026, 11, 25, tzinfo=SHANGHAI)),
        (datetime(2026, 10, 12, 10, tzinfo=SHANGHAI), datetime(2026, 10, 8, tzinfo=SHANGHAI)),
    ],
)
def test_three_full_workdays_have_passed(now: datetime, before: datetime) -> None:
    """The second one passes a weekend, the third the makeup workday of 10 October 2026 (a Saturday)."""
    assert made_before(now, DAYS) == before


async def test_a_cadre_is_reminded_once_of_all_that_wait_and_again_after_a_month(
    any_store: Store, clock: ManualClock
) -> None:
    scene = await make_scene(any_store)
    for words in ("想要一本书", "想要一副球拍"):
        await make_wish(scene, words)
    days = []
    for day in range(1, 60):
        clock.advance(DAY)
        before = await count_of(any_store, scene.cadre, "wish/waiting")
        await tick(any_store, clock.now())
        await tick(any_store, clock.now())
        days += [day] * (await count_of(any_store, scene.cadre, "wish/waiting") - before)
    assert days[0] == 6, "made on a Tuesday: Wednesday, Thursday, Friday, and told on Monday"
    assert [36 <= day <= 40 for day in days[1:]] == [True]


@pytest.mark.parametrize("hour", [8, 18, 23])
async def test_nobody_is_reminded_outside_office_hours_or_on_a_rest_day(
    store: Store, clock: ManualClock, hour: int
) -> None:
    scene = await make_scene(store)
    await make_wish(scene)
    saturday = datetime(2026, 12, 5, 10, tzinfo=SHANGHAI)
    await tick(store, saturday)
    await tick(store, datetime(2026, 12, 7, hour, tzinfo=SHANGHAI))
    assert await told(store, scene.cadre) == []
    await tick(store, datetime(2026, 12, 7, 9, tzinfo=SHANGHAI))
    assert await count_of(store, scene.cadre, "wish/waiting") == 1


async def test_a_cadre_who_wants_no_reminders_gets_none(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    await make_wish(scene)
    async with store.unit() as unit:
        (await unit.session.get_one(Person, scene.cadre.person_id)).reminders_off = True
    await tick(store, clock.now() + 13 * DAY)
    assert await told(store, scene.cadre) == []


# --- people who come and go ------------------------------------------------------------------------------------------


async def end_contact(store: Store) -> None:
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact).where(Contact.ended_at.is_(None)))).scalar_one().ended_at = unit.now


async def begin_contact(store: Store, cadre: Actor, youth: Actor) -> None:
    async with store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=cadre.person_id, youth_id=youth.person_id, ref=901, since=unit.now, last_contact_at=unit.now
            )
        )


async def test_when_the_contact_ends_a_wish_waits_for_the_next_cadre(any_store: Store, clock: ManualClock) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)
    await do(any_store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await end_contact(any_store)
    await tick(any_store, clock.now())
    wish = await wish_of(any_store, ref)
    assert (wish.state, wish.holder_id, wish.cadre_id) == (WishState.OPEN, None, None)
    nxt = await make_cadre(any_store, scene.org, "苏娜", "10003")
    await begin_contact(any_store, nxt, scene.youth)
    await tick(any_store, clock.now())
    await tick(any_store, clock.now())
    assert (await wish_of(any_store, ref)).cadre_id == nxt.person_id
    assert await count_of(any_store, nxt, "wish/arrived") == 1


async def test_when_a_cadre_leaves_office_what_they_held_goes_back(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    own, pooled = await make_wish(scene), await make_wish(scene, "想要一副球拍")
    helper = await make_cadre(store, scene.org, "苏娜", "10003")
    await put_into_pool(scene, pooled)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, own))
    await do(store, lambda unit: claim_wish(unit, helper, pooled))
    async with store.unit() as unit:
        for grant in (await unit.session.execute(select(RoleGrant))).scalars().all():
            grant.until = unit.now
    clock.advance(timedelta(seconds=1))
    await tick(store, clock.now())
    found = [await wish_of(store, ref) for ref in (own, pooled)]
    assert [(w.state, w.holder_id, w.cadre_id) for w in found] == [
        (WishState.OPEN, None, scene.cadre.person_id),  # its owner says whose it is next
        (WishState.POOLED, None, scene.cadre.person_id),
    ]


async def test_an_organ_that_holds_a_matched_wish_keeps_it(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    organ = await make_person(store, scene.org, "吴建平", number="30002", roles=(Role.CADRE, Role.ORGAN_ADMIN))
    await do(store, lambda unit: claim_wish(unit, organ, ref))
    async with store.unit() as unit:
        grants = await unit.session.execute(
            select(RoleGrant).where(RoleGrant.person_id == organ.person_id, RoleGrant.role == Role.CADRE)
        )
        grants.scalar_one().until = unit.now
    clock.advance(timedelta(seconds=1))
    await tick(store, clock.now())
    assert (await wish_of(store, ref)).holder_id == organ.person_id


async def test_a_wish_whose_people_stay_is_not_touched(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    away = await make_org(store, "甘棠县团委", OrgLevel.COUNTY, scene.city)
    await make_youth(store, away, "小韩", "20003", cadre=await make_cadre(store, away, "周敏", "10004"))
    assert await tick(store, clock.now()) == 0
    assert (await wish_of(store, ref)).version == 0


async def test_the_runner_looks_at_wishes_every_five_minutes(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    ticks = all_ticks(store)
    await ticks["wish.place"](clock.now())
    await end_contact(store)
    await ticks["wish.place"](clock.now() + timedelta(minutes=4))
    assert (await wish_of(store, ref)).cadre_id == scene.cadre.person_id
    await ticks["wish.place"](clock.now() + timedelta(minutes=5))
    assert (await wish_of(store, ref)).cadre_id is None


async def test_questions_about_a_wish_that_went_back_are_gone(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await reported(scene, "想要一本书")
    await end_contact(store)
    await tick(store, clock.now())
    assert (await wish_of(store, ref)).state == WishState.OPEN
    async with store.read() as session:
        states = (await session.execute(select(Prompt.state))).scalars().all()
    assert list(states) == ["cancelled"]


async def test_a_claim_from_a_future_that_never_came_grows_idle_like_any_other(
    store: Store, clock: ManualClock
) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    async with store.unit(now=clock.now() + 3650 * DAY) as unit:
        await claim_wish(unit, scene.cadre, ref)
    assert await mend_times(store, clock.now())
    assert (await wish_of(store, ref)).claimed_at == clock.now()
