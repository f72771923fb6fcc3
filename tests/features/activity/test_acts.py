"""Seats, waiting list, codes and the end, on both databases (activities.md; the numbers are its cases)."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI, ManualClock
from bot.core.acts.erase import erase_person
from bot.core.events import AgeBandChanged, OfficeEnded
from bot.core.rules.five_ones import Confirmed, QuotaRule
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.change import (
    ActivityChanged,
    TimeUnclear,
    TookPlace,
    cancel_activity,
    change_activity,
)
from bot.features.activity.acts.check_in import (
    CheckedIn,
    CodeNotNow,
    CodesPaused,
    CodeWrong,
    check_in,
    show_code,
)
from bot.features.activity.acts.confirm import NotBegun, OwnActivity, not_there, took_part
from bot.features.activity.acts.end import ActivityEndedBefore, ActivityNotBegun, end_activity
from bot.features.activity.acts.forget import expire_figures, expire_words, follow_age
from bot.features.activity.acts.gone import office_ended
from bot.features.activity.acts.sign_up import SignedUp, leave, sign_up
from bot.features.activity.reads.come import come_to
from bot.features.activity.rules.activity import (
    ActivityNotFound,
    ActivityOver,
    ActivityWrongSeats,
    Field,
)
from bot.features.activity.tables import Activity, ActivityCode, ActivityPart
from bot.features.activity.todo import without_process, without_word
from bot.features.five_ones.reads.progress import done_in
from bot.store.chat import Chat, Contact
from bot.store.delivery import AuditEntry, OutboxMessage
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.store import Store
from tests.activities_built import activity_of, join, make_activity, parts_of
from tests.people_built import make_account, make_cadre, make_chat, make_org, make_person, make_youth
from tests.ticking import do_due

DONE = "沿河边捡了两公里垃圾，来了9人"


class Scene:
    """A cadre with a group, a co-host, and youths of the group."""

    store: Store
    org: OrgUnit
    cadre: Actor
    co_host: Actor
    chat: Chat
    youths: Sequence[Actor]

    def ids(self, *which: int) -> list[int | None]:
        return [self.youths[n].person_id for n in which]


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Scene:
    found = Scene()
    found.store, found.org = any_store, await make_org(any_store)
    found.cadre = await make_cadre(any_store, found.org)
    found.co_host = await make_cadre(any_store, found.org, "吴建平", "10002")
    found.chat = await make_chat(any_store, found.org, found.cadre, "888", found.co_host)
    found.youths = [
        await make_youth(any_store, found.org, f"青年{n}", f"2000{n}", cadre=found.cadre, chat=found.chat)
        for n in range(7)
    ]
    return found


async def do(store: Store, act: Any, *args: Any, **how: Any) -> Any:
    async with store.unit() as unit:
        return await act(unit, *args, **how)


async def went(scene: Scene, youth: int, ref: int) -> Any:
    return await do(scene.store, leave, scene.youths[youth], ref, None, private=True)


async def seats(scene: Scene, ref: int, value: str) -> ActivityChanged:
    return await do(scene.store, change_activity, scene.cadre, ref, Field.SEATS, value, Workdays())


async def told(scene: Scene, person: Actor, template: str) -> list[OutboxMessage]:
    """What was queued for this person by this template."""
    async with scene.store.read() as session:
        rows = await session.execute(select(OutboxMessage).where(OutboxMessage.person_id == person.person_id))
        found = []
        for row in rows.scalars():
            opened = await scene.store.vault.read(session, f"outbox:{row.id}:payload", row.payload)
            if opened and f'"t": "{template}"' in opened:
                found.append(row)
        return found


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


# --- seats -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P35")
async def test_1_of_two_at_once_for_the_last_seat_one_waits(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=2)
    said = await asyncio.gather(*(join(scene.store, ref, youth) for youth in scene.youths[:5]))
    assert sorted(one.place for [one] in said) == [0, 0, 1, 2, 3]
    assert sorted((await parts_of(scene.store, ref)).values()) == ["signed_up"] * 2 + ["waiting"] * 3


async def test_2_twice_from_two_accounts_is_one_seat(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=2)
    [first] = await join(scene.store, ref, scene.youths[0])
    await make_account(scene.store, scene.youths[0], "20099")
    [second] = await join(scene.store, ref, scene.youths[0])
    assert (first.again, second.again) == (False, True)
    assert await parts_of(scene.store, ref) == {scene.youths[0].person_id: "signed_up"}


@pytest.mark.parametrize("when", ["begun", "over", "cancelled"])
async def test_4_no_seat_after_the_start_the_end_or_the_cancellation(
    scene: Scene, clock: ManualClock, when: str
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    if when == "cancelled":
        await do(scene.store, cancel_activity, scene.cadre, ref, None)
    else:
        clock.advance(timedelta(days=4, hours=0 if when == "begun" else 3))
    with pytest.raises(ActivityOver):
        await join(scene.store, ref, scene.youths[0])
    assert await parts_of(scene.store, ref) == {}


async def test_5_three_more_seats_move_exactly_three_up_in_order_and_tell_them(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:6])
    said = await seats(scene, ref, "4人")
    assert (said.old, said.new, said.promoted) == ("1", "4", 3)
    assert list((await parts_of(scene.store, ref)).values()) == ["signed_up"] * 4 + ["waiting"] * 2
    for n, youth in enumerate(scene.youths[:6]):
        assert len(await told(scene, youth, "activity/promoted")) == (n in (1, 2, 3))


async def test_6_fewer_seats_throw_nobody_out_and_move_nobody_up_until_below(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=3)
    await join(scene.store, ref, *scene.youths[:4])
    assert (await seats(scene, ref, "1")).promoted == 0
    await went(scene, 0, ref)
    assert list((await parts_of(scene.store, ref)).values()) == ["signed_up", "signed_up", "waiting"]
    await went(scene, 1, ref)
    await went(scene, 2, ref)
    assert await parts_of(scene.store, ref) == {scene.youths[3].person_id: "signed_up"}


async def test_7_no_seats_are_refused_one_is_one_and_without_a_number_nobody_waits(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:3])
    for wrong in ("0", "-3", "10000", "很多"):
        with pytest.raises(ActivityWrongSeats):
            await seats(scene, ref, wrong)
    assert (await seats(scene, ref, "不限")).promoted == 2
    assert set((await parts_of(scene.store, ref)).values()) == {"signed_up"}


async def test_8_9_10_leaving_keeps_the_order_and_coming_back_is_at_the_end(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:4])
    await went(scene, 1, ref)
    await join(scene.store, ref, scene.youths[1])
    assert list(await parts_of(scene.store, ref)) == scene.ids(0, 2, 3, 1)
    said = await went(scene, 0, ref)
    assert said.was
    assert (await parts_of(scene.store, ref))[scene.youths[2].person_id] == "signed_up"
    assert len(await told(scene, scene.youths[2], "activity/promoted")) == 1


@pytest.mark.rule("P5", "P35", "P38")
async def test_leaving_leaves_no_trace_of_a_no(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, scene.youths[0])
    await went(scene, 0, ref)
    async with scene.store.read() as session:
        audited = (await session.execute(select(AuditEntry.action).where(AuditEntry.ref == f"A{ref}"))).scalars().all()
    assert audited == ["activity.signed_up"]
    assert await parts_of(scene.store, ref) == {}


async def test_11_leaving_promotion_and_a_changed_cap_at_once_never_exceed_the_cap(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=2)
    await join(scene.store, ref, *scene.youths[:5])
    await asyncio.gather(went(scene, 0, ref), went(scene, 1, ref), seats(scene, ref, "3"), went(scene, 3, ref))
    states = list((await parts_of(scene.store, ref)).values())
    assert states == ["signed_up", "signed_up"]
    await join(scene.store, ref, scene.youths[5], scene.youths[6])
    assert list((await parts_of(scene.store, ref)).values()) == ["signed_up"] * 3 + ["waiting"]


async def test_12_who_cannot_be_told_keeps_the_seat_for_a_while_and_then_the_next_has_it(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:3])
    async with scene.store.unit() as unit:
        (await unit.session.get_one(Person, scene.youths[1].person_id)).reminders_off = True
    await went(scene, 0, ref)
    assert await told(scene, scene.youths[1], "activity/promoted") == []
    assert len(await told(scene, scene.cadre, "activity/unreached")) == 1
    clock.advance(timedelta(hours=11))
    await do_due(scene.store, clock.now(), "activity.pass_on")
    assert list(await parts_of(scene.store, ref)) == scene.ids(1, 2)
    clock.advance(timedelta(hours=2))
    await do_due(scene.store, clock.now(), "activity.pass_on")
    assert await parts_of(scene.store, ref) == {
        scene.youths[2].person_id: "signed_up",
        scene.youths[1].person_id: "waiting",
    }
    assert len(await told(scene, scene.youths[2], "activity/promoted")) == 1


@pytest.mark.rule("P22")
async def test_13_14_at_night_it_is_told_in_the_morning_unless_it_begins_before(
    scene: Scene, clock: ManualClock
) -> None:
    clock.advance(at(24, 23) - clock.now())
    late = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(days=2), seats=1)
    soon = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(hours=8), seats=1)
    for ref in (late, soon):
        await join(scene.store, ref, *scene.youths[:2])
        await went(scene, 0, ref)
    rows = await told(scene, scene.youths[1], "activity/promoted")
    assert sorted((row.not_before, row.kind) for row in rows) == [(at(24, 23), "reply"), (at(25, 8), "push")]


async def test_15_who_is_gone_or_under_14_is_passed_over(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:4])
    await do(scene.store, erase_person, scene.youths[1].person_id, actor=scene.youths[1])
    async with scene.store.unit() as unit:
        (await unit.session.get_one(Person, scene.youths[2].person_id)).age_band = AgeBand.UNDER_14.value
    await went(scene, 0, ref)
    assert await parts_of(scene.store, ref) == {scene.youths[3].person_id: "signed_up"}


async def test_16_who_is_erased_leaves_every_list_and_what_they_confirmed_stays_a_number(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:2])
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, took_part, scene.youths[0], ref)
    await do(scene.store, erase_person, scene.youths[0].person_id, actor=scene.youths[0])
    assert (await parts_of(scene.store, ref))[None] == "confirmed"


async def test_an_erased_seat_that_is_to_come_goes_to_the_next(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:2])
    await do(scene.store, erase_person, scene.youths[0].person_id, actor=scene.youths[0])
    assert await parts_of(scene.store, ref) == {scene.youths[1].person_id: "signed_up"}


@pytest.mark.rule("P10")
async def test_under_14_they_may_come_and_nothing_is_kept_of_them(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=10), code="4821")
    await join(scene.store, ref, scene.youths[1])
    child = Actor(scene.youths[0].person_id, scene.youths[0].account_id, scene.youths[0].grants, AgeBand.UNDER_14)
    await do(scene.store, sign_up, child, ref, None, private=True)
    await do(scene.store, check_in, child, "4821")
    await do(scene.store, follow_age, AgeBandChanged(scene.youths[1].person_id or 0, AgeBand.UNDER_14))
    assert await parts_of(scene.store, ref) == {}


# --- cancelled and moved ---------------------------------------------------------------------------------------------


async def test_17_cancelled_tells_those_signed_up_and_waiting_once_and_codes_die(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1, code="4821")
    await join(scene.store, ref, *scene.youths[:2])
    before = await activity_of(scene.store, ref)
    said = await do(scene.store, cancel_activity, scene.co_host, ref, "下雨了")
    assert said.told == 2
    for youth in scene.youths[:2]:
        assert len(await told(scene, youth, "activity/cancelled_told")) == 1
    with pytest.raises(Refusal):
        await do(scene.store, cancel_activity, scene.cadre, ref, None)
    clock.advance(timedelta(days=4))
    assert isinstance(await do(scene.store, check_in, scene.youths[0], "4821"), CodeWrong)
    after = await activity_of(scene.store, ref)
    assert (after.state, after.revision) == ("cancelled", before.revision + 1)
    assert await parts_of(scene.store, ref) == {}


async def test_18_what_took_place_is_not_cancelled(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    clock.advance(timedelta(days=4, hours=2))
    with pytest.raises(TookPlace):
        await do(scene.store, cancel_activity, scene.cadre, ref, None)


async def test_19_a_time_in_the_past_is_refused_and_a_new_text_tells_nobody(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, scene.youths[0])
    with pytest.raises(Refusal):
        await do(scene.store, change_activity, scene.cadre, ref, Field.TIME, "今天9:00", Workdays())
    said = await do(scene.store, change_activity, scene.cadre, ref, Field.TOPIC, "扫雪", Workdays())
    assert said.told == 0
    assert await told(scene, scene.youths[0], "activity/moved") == []


@pytest.mark.parametrize(
    "value",
    [
        "11月20日 14:00",
        "11月24日 9:00",
        "11-20 9:00",
        "9月1日 14:00",
        "中秋晚上7点",
        "立冬9点",
        "昨天14点",
        "上周五14点",
    ],
)
async def test_19_a_day_that_is_over_is_never_taken_for_next_years(scene: Scene, value: str) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    before = (await activity_of(scene.store, ref)).starts_at
    with pytest.raises(TimeUnclear) as refused:
        await do(scene.store, change_activity, scene.cadre, ref, Field.TIME, value, Workdays())
    assert refused.value.details["past"]
    assert (await activity_of(scene.store, ref)).starts_at == before


async def test_19_a_move_is_told_once_with_both_values(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    await join(scene.store, ref, *scene.youths[:2])
    said = await do(scene.store, change_activity, scene.cadre, ref, Field.TIME, "11月29日 15:00", Workdays())
    assert said.told == 2
    assert said.old != said.new
    moved = await activity_of(scene.store, ref)
    assert (moved.starts_at, moved.ends_at) == (at(29, 15), at(29, 17))
    again = await do(scene.store, change_activity, scene.cadre, ref, Field.TIME, "11月29日 15:00", Workdays())
    assert again.told == 0
    assert len(await told(scene, scene.youths[0], "activity/moved")) == 1


@pytest.mark.parametrize(
    ("value", "starts", "ends"),
    [
        ("12月1日 23:30", at(1, 23, 30, 12), at(2, 1, 30, 12)),
        ("12月31日 23:00", at(31, 23, month=12), datetime(2027, 1, 1, 1, tzinfo=SHANGHAI)),
        ("2027年1月1日 9:00", datetime(2027, 1, 1, 9, tzinfo=SHANGHAI), datetime(2027, 1, 1, 11, tzinfo=SHANGHAI)),
    ],
)
async def test_20_it_moves_over_midnight_month_and_year(
    scene: Scene, value: str, starts: datetime, ends: datetime
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await do(scene.store, change_activity, scene.cadre, ref, Field.TIME, value, Workdays())
    moved = await activity_of(scene.store, ref)
    assert (moved.starts_at, moved.ends_at) == (starts, ends)


# --- check-in --------------------------------------------------------------------------------------------------------


async def test_23_24_25_27_28_codes_decide_and_repeat_and_are_no_door(scene: Scene, clock: ManualClock) -> None:
    first = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=20), seats=1)
    second = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=20))
    await join(scene.store, first, scene.youths[0])
    one = (await do(scene.store, show_code, scene.cadre, first)).code
    other = (await do(scene.store, show_code, scene.co_host, second)).code
    assert one != other
    assert (await do(scene.store, show_code, scene.cadre, first)).code == one
    clock.advance(timedelta(minutes=10))
    new = (await do(scene.store, show_code, scene.cadre, first)).code
    assert new != one
    for code, youth, again in ((one, 0, False), (new, 0, True), (new, 1, False), (one, 2, False)):
        said = await do(scene.store, check_in, scene.youths[youth], code)
        assert isinstance(said, CheckedIn)
        assert (said.line.ref, said.again) == (first, again)
    assert (await do(scene.store, check_in, scene.youths[3], other)).line.ref == second
    assert await parts_of(scene.store, first) == dict.fromkeys(scene.ids(0, 1, 2), "checked_in")


@pytest.mark.rule("P13")
async def test_26_a_stranger_to_these_cadres_reads_the_same_as_for_a_code_that_does_not_exist(scene: Scene) -> None:
    await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=10), code="4821")
    other = await make_cadre(scene.store, scene.org, "周敏", "10004")
    foreign = await make_youth(scene.store, scene.org, "小韩", "20077", cadre=other)
    assert await do(scene.store, check_in, foreign, "4821") == await do(scene.store, check_in, foreign, "4822")
    with pytest.raises(ActivityNotFound):
        await join(scene.store, (await _only(scene.store)).ref, foreign)


async def test_23_five_wrong_codes_pause_an_account_for_ten_minutes(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=10), code="4821")
    for n in range(5):
        said = await do(scene.store, check_in, scene.youths[0], f"000{n}")
        assert said == CodeWrong(paused=n == 4)
    with pytest.raises(CodesPaused):
        await do(scene.store, check_in, scene.youths[0], "4821")
    assert isinstance(await do(scene.store, check_in, scene.youths[1], "4821"), CheckedIn)
    clock.advance(timedelta(minutes=10))
    assert isinstance(await do(scene.store, check_in, scene.youths[0], "4821"), CheckedIn)
    assert set((await parts_of(scene.store, ref)).values()) == {"checked_in"}


async def test_30_one_second_before_and_after_the_edges_of_the_window(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    opens = clock.now() + timedelta(days=4) - timedelta(minutes=30)
    closes = opens + timedelta(minutes=30) + timedelta(hours=4)
    clock.advance(opens - clock.now() - timedelta(seconds=1))
    with pytest.raises(CodeNotNow):
        await do(scene.store, show_code, scene.cadre, ref)
    clock.advance(timedelta(seconds=1))
    code = (await do(scene.store, show_code, scene.cadre, ref)).code
    clock.advance(closes - clock.now())
    assert isinstance(await do(scene.store, check_in, scene.youths[0], code), CheckedIn)
    clock.advance(timedelta(seconds=1))
    assert isinstance(await do(scene.store, check_in, scene.youths[1], code), CodeWrong)
    with pytest.raises(CodeNotNow):
        await do(scene.store, show_code, scene.cadre, ref)


async def _only(store: Store) -> Activity:
    async with store.read() as session:
        return (await session.execute(select(Activity))).scalar_one()


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P39")
async def test_32_the_word_of_who_organises_it_does_not_count(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    async with scene.store.unit() as unit:
        for cadre in (scene.cadre, scene.co_host):
            (await unit.session.get_one(Person, cadre.person_id)).is_youth = True
            contact = Contact(cadre_id=scene.cadre.person_id, youth_id=cadre.person_id, chat_id=scene.chat.id, ref=900)
            contact.since = contact.last_contact_at = unit.now
            unit.session.add(contact)
    await join(scene.store, ref, scene.cadre)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    for cadre in (scene.cadre, scene.co_host):
        assert await told(scene, cadre, "activity/confirm") == []
        with pytest.raises(OwnActivity):
            await do(scene.store, took_part, cadre, ref)


@pytest.mark.rule("P38", "P39")
async def test_33_nobody_confirms_within_seven_days_and_the_cadre_is_told_and_no_name_of_an_absentee_is_left(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, *scene.youths[:3])
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    clock.advance(timedelta(days=6, hours=23))
    await do_due(scene.store, clock.now(), "activity.settle")
    assert await told(scene, scene.cadre, "activity/not_counted") == []
    clock.advance(timedelta(hours=1, minutes=10))
    for _ in range(2):
        await do_due(scene.store, clock.now(), "activity.settle")
    assert len(await told(scene, scene.cadre, "activity/not_counted")) == 1
    assert await parts_of(scene.store, ref) == {}
    await do(scene.store, took_part, scene.youths[0], ref)
    assert await parts_of(scene.store, ref) == {scene.youths[0].person_id: "confirmed"}


async def test_34_48_a_co_host_ends_it_once(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    with pytest.raises(ActivityNotBegun):
        await do(scene.store, end_activity, scene.co_host, ref, DONE)
    with pytest.raises(NotBegun):
        await do(scene.store, took_part, scene.youths[0], ref)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.co_host, ref, DONE)
    for cadre in (scene.cadre, scene.co_host):
        with pytest.raises(ActivityEndedBefore):
            await do(scene.store, end_activity, cadre, ref, DONE)
    other = await make_cadre(scene.store, scene.org, "周敏", "10004")
    with pytest.raises(ActivityNotFound):
        await do(scene.store, end_activity, other, ref, DONE)


@pytest.mark.rule("P22")
async def test_at_night_the_question_waits_for_the_morning(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, scene.youths[0])
    clock.advance(at(28, 22, 1) - clock.now())
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    [row] = await told(scene, scene.youths[0], "activity/confirm")
    assert row.not_before == at(29, 8)


async def test_22_after_the_group_was_unlinked_its_youths_still_come_and_a_bare_word_there_means_nothing(
    scene: Scene,
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    async with scene.store.unit() as unit:
        chat = await unit.session.get_one(Chat, scene.chat.id)
        chat.state = "unlinked"
    async with scene.store.read() as session:
        chat = await session.get_one(Chat, scene.chat.id)
        assert await come_to(session, scene.youths[0], chat, None, now=scene.store.clock.now()) is None
    assert (await join(scene.store, ref, scene.youths[0]))[0].place == 0


async def test_21_it_may_last_over_midnight_and_several_days(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(
        scene.store, scene.cadre, scene.chat, starts=timedelta(hours=13), lasts=timedelta(days=2), code="4821"
    )
    clock.advance(timedelta(days=2))
    assert isinstance(await do(scene.store, check_in, scene.youths[0], "4821"), CheckedIn)
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    assert (await activity_of(scene.store, ref)).ends_at == clock.now()


async def test_29_a_clock_that_went_back_opens_nothing_twice(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(minutes=10), seats=1)
    code = (await do(scene.store, show_code, scene.cadre, ref)).code
    await do(scene.store, check_in, scene.youths[0], code)
    clock.advance(-timedelta(minutes=5))
    assert (await do(scene.store, check_in, scene.youths[0], code)).again
    assert (await join(scene.store, ref, scene.youths[1]))[0].place == 1


async def test_36_the_start_decides_the_window(scene: Scene, clock: ManualClock) -> None:
    clock.advance(datetime(2026, 12, 31, 22, tzinfo=SHANGHAI) - clock.now())
    ref = await make_activity(scene.store, scene.cadre, scene.chat, starts=timedelta(hours=1))
    await join(scene.store, ref, scene.youths[0])
    clock.advance(timedelta(hours=4))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    await do(scene.store, took_part, scene.youths[0], ref)
    async with scene.store.read() as session:
        for first, count in ((date(2026, 11, 1), 1), (date(2027, 1, 1), 0)):
            window = QuotaRule(2).window(first)
            found = await done_in(session, scene.cadre.person_id or 0, window, clock.now())
            assert len(found) == count


async def test_39_a_confirmation_that_is_erased_after_it_counted_still_counts(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    await do(scene.store, took_part, scene.youths[0], ref)
    await do(scene.store, erase_person, scene.youths[0].person_id, actor=scene.youths[0])
    async with scene.store.read() as session:
        window = QuotaRule(2).window(clock.now().date())
        [item] = await done_in(session, scene.cadre.person_id or 0, window, clock.now())
    assert item.confirmed is Confirmed.YES


@pytest.mark.rule("P7", "P38", "P39")
async def test_39_a_confirmation_that_is_withdrawn_counts_no_more_and_leaves_no_name(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    for youth in scene.youths[:2]:
        await do(scene.store, took_part, youth, ref)

    async def counts() -> list[Confirmed]:
        async with scene.store.read() as session:
            window = QuotaRule(2).window(clock.now().date())
            return [one.confirmed for one in await done_in(session, scene.cadre.person_id or 0, window, clock.now())]

    await do(scene.store, not_there, scene.youths[0], ref)
    assert await counts() == [Confirmed.YES]
    await do(scene.store, not_there, scene.youths[1], ref)
    assert await counts() == [Confirmed.WAITING]
    assert await parts_of(scene.store, ref) == {None: "declined"}
    assert await told(scene, scene.cadre, "activity/confirm_taken") == []
    await do(scene.store, took_part, scene.youths[1], ref)
    assert await counts() == [Confirmed.YES]
    clock.advance(timedelta(days=8))
    await do_due(scene.store, clock.now(), "activity.settle")
    await do(scene.store, not_there, scene.youths[1], ref)
    assert await counts() == [Confirmed.NO]


async def test_39_who_was_never_there_takes_nothing_back_and_nothing_is_kept(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    with pytest.raises(NotBegun):
        await do(scene.store, not_there, scene.youths[0], ref)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, not_there, scene.youths[0], ref)
    assert await parts_of(scene.store, ref) == {}
    stranger = await make_youth(scene.store, await make_org(scene.store, "别的县团委"), "外人", "29999")
    with pytest.raises(ActivityNotFound):
        await do(scene.store, not_there, stranger, ref)


async def test_22_in_two_chats_at_once_a_bare_word_means_the_one_of_its_own_chat(scene: Scene) -> None:
    other = await make_chat(scene.store, scene.org, scene.cadre, "889")
    youth = await make_youth(scene.store, scene.org, "青年九", "20009", cadre=scene.cadre, chat=other)
    here = await make_activity(scene.store, scene.cadre, scene.chat)
    there = await make_activity(scene.store, scene.cadre, other)
    async with scene.store.read() as session:
        now = scene.store.clock.now()
        told_here = await come_to(session, scene.youths[0], await session.get_one(Chat, scene.chat.id), None, now=now)
        told_there = await come_to(session, youth, await session.get_one(Chat, other.id), None, now=now)
        elsewhere = await come_to(session, youth, await session.get_one(Chat, scene.chat.id), None, now=now)
    assert (told_here, told_there, elsewhere) == (f"A{here}", f"A{there}", None)


async def test_nobody_is_asked_twice(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, *scene.youths[:2])
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    for _ in range(3):
        await do_due(scene.store, clock.now(), "activity.ask")
    for youth in scene.youths[:2]:
        assert len(await told(scene, youth, "activity/confirm")) == 1


async def test_42_everybody_is_asked_in_the_end_however_many_they_are(scene: Scene, clock: ManualClock) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    async with scene.store.unit() as unit:
        activity = (await unit.session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()
        people = [await make_person_row(unit, scene.org) for _ in range(120)]
        for n, person_id in enumerate(people):
            part = ActivityPart(activity_id=activity.id, person_id=person_id, state="signed_up", position=n)
            part.since = unit.now
            unit.session.add(part)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    await do_due(scene.store, clock.now(), "activity.ask")
    async with scene.store.read() as session:
        waits = select(func.count()).select_from(ActivityPart).where(ActivityPart.asked_at.is_(None))
        assert await session.scalar(waits) == 0


async def make_person_row(unit: Any, org: OrgUnit) -> int:
    """Somebody without an account: nobody to ask, and no key to make."""
    person = Person(name=b"x", org_id=org.id, key_id=unit.vault.system_key_id, is_youth=True, created_at=unit.now)
    unit.session.add(person)
    await unit.session.flush()
    return person.id


async def test_44_the_organiser_may_sign_up_too_and_takes_a_seat(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat, seats=1)
    own = Actor(scene.cadre.person_id, scene.cadre.account_id, scene.cadre.grants)
    async with scene.store.unit() as unit:
        contact = Contact(cadre_id=scene.co_host.person_id, youth_id=own.person_id, chat_id=scene.chat.id, ref=901)
        contact.since = contact.last_contact_at = unit.now
        unit.session.add(contact)
    [said] = await join(scene.store, ref, own)
    assert isinstance(said, SignedUp)
    assert (await join(scene.store, ref, scene.youths[0]))[0].place == 1


@pytest.mark.rule("P20")
async def test_names_and_words_go_a_year_after_the_end_and_figures_after_three(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    clock.advance(timedelta(days=4, hours=3))
    await do(scene.store, took_part, scene.youths[0], ref)
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    clock.advance(timedelta(days=364))
    assert await do(scene.store, expire_words, RetentionPeriods(), 500) == 0
    clock.advance(timedelta(days=2))
    assert await do(scene.store, expire_words, RetentionPeriods(), 500) == 1
    left = await activity_of(scene.store, ref)
    assert (left.place, left.topic, left.process, left.present) == (None, None, None, 9)
    assert await parts_of(scene.store, ref) == {None: "confirmed"}
    clock.advance(timedelta(days=2 * 365))
    assert await do(scene.store, expire_figures, RetentionPeriods(), 500) == 1
    async with scene.store.read() as session:
        for table in (Activity, ActivityPart, ActivityCode):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


# --- who organises it ------------------------------------------------------------------------------------------------


async def end_office(store: Store, cadre: Actor) -> None:
    """The roster no longer has this cadre in office."""
    async with store.unit() as unit:
        rows = await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == cadre.person_id))
        for grant in rows.scalars():
            grant.until = unit.now
        await office_ended(unit, OfficeEnded((cadre.person_id or 0,)))


async def test_49_an_open_activity_passes_to_the_co_host_and_youths_are_told_by_whom(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await join(scene.store, ref, scene.youths[0])
    await end_office(scene.store, scene.cadre)
    assert (await activity_of(scene.store, ref)).cadre_id == scene.co_host.person_id
    assert len(await told(scene, scene.youths[0], "activity/passed_on")) == 1
    assert len(await told(scene, scene.co_host, "activity/taken_over")) == 1


async def test_49_without_a_co_host_it_passes_to_the_organ_who_may_call_it_off(scene: Scene) -> None:
    admin = await make_person(scene.store, scene.org, "何立", number="30001", roles=(Role.ORGAN_ADMIN,))
    ref = await make_activity(scene.store, scene.cadre)
    await join(scene.store, ref, scene.youths[0])
    with pytest.raises(ActivityNotFound):
        await do(scene.store, cancel_activity, admin, ref, None)
    await end_office(scene.store, scene.cadre)
    assert (await do(scene.store, cancel_activity, admin, ref, None)).told == 1


async def test_49_who_is_only_away_keeps_it(scene: Scene) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)
    await do(scene.store, office_ended, OfficeEnded((scene.cadre.person_id or 0,)))
    assert (await activity_of(scene.store, ref)).cadre_id == scene.cadre.person_id


async def test_what_is_over_without_its_process_and_what_waits_for_a_word_stand_in_the_todo(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_activity(scene.store, scene.cadre, scene.chat)

    async def open_items() -> list[str]:
        async with scene.store.read() as session:
            found = [
                await read(session, scene.store.vault, scene.cadre, clock.now(), 10)
                for read in (without_process, without_word)
            ]
        return [item.kind for one in found for item in one.oldest]

    assert await open_items() == []
    clock.advance(timedelta(days=4, hours=2))
    assert await open_items() == ["activity_process"]
    await do(scene.store, end_activity, scene.cadre, ref, DONE)
    assert await open_items() == ["activity_confirm"]
    await do(scene.store, took_part, scene.youths[0], ref)
    assert await open_items() == []
