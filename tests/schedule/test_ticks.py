"""Ticks: what silence means, what the daily expiry removes and proves, and that killing one anywhere does no harm."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from sqlalchemy import func, select

import bot.features.rights.acts.expire as retention_actions
from bot.chat.table import table
from bot.chat.text import consent_texts
from bot.clock import Clock, ManualClock
from bot.core.acts.consent import ask_scope
from bot.core.acts.prompt import ask_person
from bot.core.feature import Expiry, Look, Tick, questions
from bot.core.installation import Installation
from bot.core.question import Ask
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.features.rights.acts.expire import expiries
from bot.features.rights.reads.held import NothingHeld
from bot.features.rights.tables import RetentionRun
from bot.features.talk.tables import Talk, TalkMessage
from bot.schedule.runner import TICK_SECONDS, Schedule
from bot.schedule.ticks import ROUNDS, DueWork, all_ticks
from bot.store.base import new_id
from bot.store.delivery import EventKey, OutboxMessage, Prompt
from bot.store.people import BindAttempt, BindCode, OrgUnit, Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.harness import load_plugins
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_chat, make_code, make_org, make_youth
from tests.ticking import do_due, show_questions

EXPIRE = "rights.expire"
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def org(any_store: Store) -> OrgUnit:
    return await make_org(any_store)


@pytest_asyncio.fixture
async def youth(any_store: Store, org: OrgUnit) -> Actor:
    cadre = await make_cadre(any_store, org)
    return await make_youth(any_store, org, cadre=cadre, chat=await make_chat(any_store, org, cadre))


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def add(store: Store, *rows: Any) -> None:
    async with store.unit() as unit:
        unit.session.add_all(rows)


async def ask(store: Store, youth: Actor, kind: str, life: timedelta = DAY) -> None:
    async with store.unit() as unit:
        await ask_person(unit, youth.person_id or 0, Ask(questions()[kind], ("done",), NothingHeld(), life=life))


# --- questions -------------------------------------------------------------------------------------------------------


async def test_a_question_in_time_is_left_alone(any_store: Store, youth: Actor, clock: ManualClock) -> None:
    await ask(any_store, youth, "rights.contact")
    await show_questions(any_store, clock.now())
    assert await do_due(any_store, clock.advance(DAY - timedelta(seconds=1)), "core.questions") == 0
    assert await count(any_store, Prompt, Prompt.state == "open") == 1


async def test_an_expired_question_ends_and_the_next_is_put(any_store: Store, youth: Actor, clock: ManualClock) -> None:
    await ask(any_store, youth, "rights.contact")
    await ask(any_store, youth, "rights.org", life=5 * DAY)
    await show_questions(any_store, clock.now())
    now = clock.advance(DAY)
    assert await do_due(any_store, now, "core.questions") == 1
    assert await do_due(any_store, now, "core.questions") == 0
    async with any_store.read() as session:
        rows = (await session.execute(select(Prompt.kind, Prompt.state, Prompt.facts))).all()
    states = {kind: state for kind, state, _ in rows}
    assert states == {"rights.contact": "expired", "rights.org": "open"}
    assert [facts for kind, _, facts in rows if kind == "rights.contact"] == [b""]


@pytest.mark.rule("P5")
async def test_silence_about_a_consent_is_a_no_for_90_days_and_never_a_yes(
    any_store: Store, youth: Actor, clock: ManualClock
) -> None:
    async with any_store.unit() as unit:
        asked = await ask_scope(unit, youth.person_id or 0, ConsentScope.TALK_NOTES, None, consent_texts())
    assert asked
    await show_questions(any_store, clock.now())
    await do_due(any_store, clock.advance(8 * DAY), "core.questions")
    assert await count(any_store, Consent) == 0
    assert await count(any_store, ConsentRefusal) == 1


async def test_one_question_that_cannot_be_closed_does_not_hold_up_the_others(
    any_store: Store, org: OrgUnit, youth: Actor, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await make_youth(any_store, org, "小钱", "20002")

    async def breaks(_unit: Any, _question: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(questions()["rights.contact"], "silence", breaks)
    await ask(any_store, youth, "rights.contact")
    await ask(any_store, other, "rights.org")
    await show_questions(any_store, clock.now())
    assert await do_due(any_store, clock.advance(DAY), "core.questions") == 1
    assert await count(any_store, Prompt, Prompt.state == "expired", Prompt.kind == "rights.org") == 1
    assert await count(any_store, Prompt, Prompt.state == "open", Prompt.kind == "rights.contact") == 1


def test_every_question_says_what_silence_means_and_has_somebody_who_takes_the_answer() -> None:
    load_plugins()
    assert [kind for kind, question in questions().items() if question.silence is None] == []
    assert set(table.answers) == set(questions())


# --- the daily expiry ------------------------------------------------------------------------------------------------


async def old_things(
    store: Store, org: OrgUnit, youth: Actor, clock: ManualClock
) -> dict[str, Callable[[], Awaitable[int]]]:
    """One thing of each kind, made now; and how many there are."""
    person = youth.person_id or 0
    talk_id = new_id()
    async with store.unit() as unit:
        row = await unit.session.get_one(Person, person)
        talk_key = await unit.vault.new_key(unit.session, f"talk:{talk_id}")
        cadre_id = (await unit.session.execute(select(Person.id).where(Person.id != person))).scalar_one()
        unit.session.add(
            Talk(
                id=talk_id,
                ref=4821,
                cadre_id=cadre_id,
                state="closed",
                key_id=talk_key,
                topic=await unit.seal(talk_key, f"talks:{talk_id}:topic", "夜班车"),
                opened_at=unit.now,
                closed_at=unit.now,
                last_activity_at=unit.now,
                last_notice_at=unit.now,
            )
        )
        await unit.session.flush()
        unit.session.add(
            TalkMessage(
                talk_id=talk_id,
                person_id=person,
                native_index=bytes(32),
                sent_at=unit.now,
                arrived_at=unit.now,
                body=await unit.seal(row.key_id, "talk_messages:1:body", "…"),
            )
        )
        unit.session.add_all(
            (
                EventKey(key=bytes(32), day=unit.now.date()),
                Receipt(number="C-1", kind="consent", person_id=person, at=unit.now, facts={}),
                BindAttempt(account_index=bytes(32), at=unit.now),
                ConsentRefusal(person_id=person, scope="sensitive", at=unit.now),
                Crisis(
                    person_id=person,
                    org_id=org.id,
                    state="closed",
                    opened_at=unit.now,
                    due_at=unit.now,
                    closed_at=unit.now,
                ),
            )
        )
        key_id = await unit.vault.new_key(unit.session, "person:1")
        unit.session.add(Person(id=1, state="pending", name=b"", org_id=org.id, key_id=key_id, created_at=unit.now))
        await unit.push_person(person, NothingHeld())
        await unit.session.flush()
        await unit.session.execute(
            OutboxMessage.__table__.update().values(state="sent", payload=None)  # type: ignore[attr-defined]
        )
    return {
        "original_messages": lambda: count(store, TalkMessage),
        "talk_notes": lambda: count(store, Talk, Talk.topic.is_not(None)),
        "talks": lambda: count(store, Talk),
        "receipts": lambda: count(store, Receipt),
        "event_keys": lambda: count(store, EventKey),
        "bind_attempts": lambda: count(store, BindAttempt),
        "pending_joins": lambda: count(store, Person, Person.state == "pending"),
        "outbox": lambda: count(store, OutboxMessage),
        "crises": lambda: count(store, Crisis),
        "consent_refusals": lambda: count(store, ConsentRefusal),
    }


AGES = {
    "original_messages": timedelta(days=90),
    "talk_notes": timedelta(days=365),
    "talks": timedelta(days=3 * 365),
    "receipts": timedelta(days=3 * 366),
    "event_keys": timedelta(days=90),
    "bind_attempts": timedelta(hours=1),
    "pending_joins": timedelta(days=7),
    "outbox": timedelta(days=30),
    "crises": timedelta(days=365),
    "consent_refusals": timedelta(days=90),
}


@pytest.mark.rule("P20")
@pytest.mark.parametrize("kind", AGES)
async def test_each_kind_goes_when_its_time_is_over_and_not_before(
    any_store: Store, org: OrgUnit, youth: Actor, clock: ManualClock, kind: str
) -> None:
    things = await old_things(any_store, org, youth, clock)
    margin = timedelta(minutes=1)
    await do_due(any_store, clock.advance(AGES[kind] - margin), EXPIRE)
    assert await things[kind]() == 1
    await do_due(any_store, clock.advance(DAY + 2 * margin), EXPIRE)
    assert await things[kind]() == 0
    day = clock.now().date()
    assert await count(any_store, RetentionRun, RetentionRun.day == day, RetentionRun.removed == 1) >= 1


@pytest.mark.rule("P20")
async def test_the_proof_has_a_row_for_every_kind_also_where_nothing_was_due(
    any_store: Store, clock: ManualClock
) -> None:
    await do_due(any_store, clock.now(), EXPIRE)
    async with any_store.read() as session:
        rows = (await session.execute(select(RetentionRun.kind, RetentionRun.removed))).all()
    assert {kind for kind, _ in rows} == set(expiries())
    assert {removed for _, removed in rows} == {0}


async def test_an_expiry_that_died_half_way_is_finished_by_the_next_one_and_counts_once(
    any_store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_actions, "BATCH", 3)
    await add(any_store, *(EventKey(key=n.to_bytes(32, "big"), day=clock.now().date()) for n in range(8)))
    now = clock.advance(91 * DAY)

    async def dies(_unit: Any, _periods: RetentionPeriods, _limit: int) -> int:
        raise ZeroDivisionError

    expire = all_ticks(any_store)[EXPIRE]
    with monkeypatch.context() as patch:
        patch.setitem(cast("dict[str, Expiry]", expiries()), "prompts", Expiry("prompts", dies))
        assert await expire(now) == 8
        assert await count(any_store, RetentionRun) == len(expiries()) - 1
    assert await expire(now) == 0
    assert await count(any_store, EventKey) == 0
    async with any_store.read() as session:
        removed = await session.scalar(select(RetentionRun.removed).where(RetentionRun.kind == "event_keys"))
    assert removed == 8
    assert await count(any_store, RetentionRun) == len(expiries())


@pytest.mark.rule("P20")
async def test_the_expiry_runs_once_a_day_from_three_in_the_morning(any_store: Store, clock: ManualClock) -> None:
    expiry = all_ticks(any_store)[EXPIRE]
    await expiry(clock.now().replace(hour=2, minute=59))
    assert await count(any_store, RetentionRun) == 0
    await expiry(clock.now().replace(hour=3))
    assert await count(any_store, RetentionRun) == len(expiries())
    assert await do_due(any_store, clock.now(), EXPIRE) == 0


async def test_rows_of_somebody_who_is_gone_do_not_wait_for_their_month(
    any_store: Store, youth: Actor, clock: ManualClock
) -> None:
    async with any_store.unit() as unit:
        await unit.push_person(youth.person_id or 0, NothingHeld())
        await unit.session.flush()
        await unit.session.execute(
            OutboxMessage.__table__.update().values(state="sent", payload=None, person_id=12345)  # type: ignore[attr-defined]
        )
    await do_due(any_store, clock.now(), EXPIRE)
    assert await count(any_store, OutboxMessage) == 0


async def test_bind_codes_go_a_week_after_their_end(any_store: Store, org: OrgUnit, clock: ManualClock) -> None:
    await make_code(any_store, await make_youth(any_store, org, number=""))
    await do_due(any_store, clock.advance(8 * DAY - timedelta(minutes=1)), EXPIRE)
    assert await count(any_store, BindCode) == 1
    await do_due(any_store, clock.advance(DAY), EXPIRE)
    assert await count(any_store, BindCode) == 0


async def test_messages_past_their_time_end_visibly(any_store: Store, youth: Actor, clock: ManualClock) -> None:
    async with any_store.unit() as unit:
        await unit.push_person(youth.person_id or 0, NothingHeld(), cls="O")
    assert await do_due(any_store, clock.now(), "core.expire_messages") == 0
    assert await do_due(any_store, clock.advance(DAY), "core.expire_messages") == 1
    assert await count(any_store, OutboxMessage, OutboxMessage.state == "expired", OutboxMessage.payload.is_(None)) == 1


# --- workdays --------------------------------------------------------------------------------------------------------


def _at(day: int) -> datetime:
    return datetime(2026, 11, day, 10, tzinfo=UTC)


async def test_the_operator_is_told_of_a_missing_year_once_a_week(any_store: Store) -> None:
    assert await do_due(any_store, _at(14), "core.calendar") == 0
    calendar = all_ticks(any_store)["core.calendar"]
    assert [await calendar(_at(day)) for day in (15, 15, 16, 21, 22)] == [1, 0, 0, 0, 1]


async def test_nobody_is_told_of_a_year_that_was_entered(any_store: Store) -> None:
    entered = Workdays({date(2027, 1, 1): DayInfo(DayKind.STATUTORY, "", Certainty.OVERRIDE)})
    assert await do_due(any_store, _at(20), "core.calendar", workdays=entered) == 0


async def test_a_stop_in_the_middle_of_a_tick_is_no_error(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def slow(_session: Any, _look: Look) -> list[int]:
        begun.set()
        await asyncio.Event().wait()
        return []

    schedule = Schedule(Clock(), {"slow": DueWork(store, Tick("slow", slow, _nothing), Installation())})
    schedule.start()
    assert schedule._scheduler is not None
    schedule._scheduler.get_jobs()[0].modify(next_run_time=datetime.now(UTC))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    schedule.stop()
    for _ in range(10):
        await asyncio.sleep(0)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def _nothing(_unit: Unit, _item: Any, _look: Look) -> int:
    return 1


async def _two(_session: Any, look: Look) -> list[int]:
    return [1, 2][: look.limit]


async def test_a_look_that_left_something_is_not_the_one_of_the_day(store: Store, clock: ManualClock) -> None:
    found = [[1, 2], [2], []]

    async def due(_session: Any, _look: Look) -> list[int]:
        return found.pop(0)

    async def each(_unit: Unit, item: int, _look: Look) -> int:
        if item == 2 and len(found) == 2:
            raise ZeroDivisionError
        return 1

    work = DueWork(store, Tick("daily", due, each, daily=clock.now().time()), Installation())
    assert [await work(clock.now()) for _ in range(3)] == [1, 1, 0]
    assert found == [[]]
    assert await work(clock.advance(DAY)) == 0
    assert found == []


async def test_items_that_fail_take_nobodys_place(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.schedule.ticks.MANY", 1)

    async def each(_unit: Unit, item: int, _look: Look) -> int:
        if item == 1:
            raise ZeroDivisionError
        return 1

    work = DueWork(store, Tick("poison", _two, each), Installation())
    assert [await work(clock.now()) for _ in range(3)] == [0, 1, 1]


async def test_one_item_with_very_much_lets_the_others_have_their_turn(store: Store, clock: ManualClock) -> None:
    units: list[int] = []

    async def each(unit: Unit, item: int, _look: Look) -> int:
        units.append(item)
        return 1

    await DueWork(store, Tick("much", _two, each, until_done=True), Installation())(clock.now())
    assert units == [1] * ROUNDS + [2] * ROUNDS


# --- what fails again and again --------------------------------------------------------------------------------------


async def tried_in(work: DueWork, tried: list[int], begin: datetime, length: timedelta) -> list[int]:
    """What was tried while the runner woke every 20 seconds for so long."""
    tried.clear()
    for step in range(int(length / timedelta(seconds=TICK_SECONDS))):
        await work(begin + step * timedelta(seconds=TICK_SECONDS))
    return list(tried)


@pytest.mark.parametrize(
    ("plan", "others"), [({"every": timedelta(minutes=10)}, 6), ({"daily": time(3)}, 1), ({}, 180)], ids=str
)
async def test_an_item_that_always_fails_rests_longer_each_time_and_the_others_go_as_planned(
    store: Store, clock: ManualClock, plan: dict[str, Any], others: int
) -> None:
    tried: list[int] = []

    async def each(_unit: Unit, item: int, _look: Look) -> int:
        tried.append(item)
        if item == 1:
            raise ZeroDivisionError
        return 1

    work = DueWork(store, Tick("poison", _two, each, **plan), Installation())
    begin = clock.now().replace(hour=9)
    hour = await tried_in(work, tried, begin, timedelta(hours=1))
    assert hour.count(2) == others
    assert 6 <= hour.count(1) <= 16, "the second look tries it again, then after 40 s, 80 s ..."
    day = await tried_in(work, tried, begin + timedelta(hours=1), timedelta(hours=10))
    assert day.count(1) <= (10 if plan else 120) + 2, "at most an hour apart, of what is looked for all the time 5 min"
    assert day.count(1) >= 8


async def test_what_failed_and_goes_again_is_held_nothing_against(store: Store, clock: ManualClock) -> None:
    tried: list[int] = []
    broken = True

    async def each(_unit: Unit, item: int, _look: Look) -> int:
        tried.append(item)
        if item == 1 and broken:
            raise ZeroDivisionError
        return 1

    work = DueWork(store, Tick("poison", _two, each), Installation())
    await tried_in(work, tried, clock.now(), timedelta(hours=1))
    broken = False
    now = clock.advance(timedelta(hours=2))
    assert await tried_in(work, tried, now, timedelta(minutes=1)) == [1, 2] * 3


async def test_a_call_for_help_never_rests(store: Store, clock: ManualClock) -> None:
    tried: list[int] = []

    async def each(_unit: Unit, item: int, _look: Look) -> int:
        tried.append(item)
        raise ZeroDivisionError

    work = DueWork(store, Tick("crises", _two, each, goes_on=True), Installation())
    assert len(await tried_in(work, tried, clock.now(), timedelta(hours=1))) == 360


async def test_a_look_that_cannot_be_taken_rests_as_well(store: Store, clock: ManualClock) -> None:
    looks: list[datetime] = []

    async def due(_session: Any, look: Look) -> list[int]:
        looks.append(look.now)
        raise ZeroDivisionError

    work = DueWork(store, Tick("blind", due, _nothing), Installation())
    for step in range(180):
        with suppress(ZeroDivisionError):
            await work(clock.now() + step * timedelta(seconds=TICK_SECONDS))
    assert 6 <= len(looks) <= 16


async def test_a_kind_that_cannot_run_out_lets_the_others_run_once_a_day(
    any_store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_unit: Any, _periods: RetentionPeriods, _limit: int) -> int:
        raise ZeroDivisionError

    await add(any_store, *(EventKey(key=n.to_bytes(32, "big"), day=clock.now().date()) for n in range(8)))
    monkeypatch.setitem(cast("dict[str, Expiry]", expiries()), "prompts", Expiry("prompts", dies))
    calls: list[str] = []
    act = expiries()["event_keys"].act

    async def counted(unit: Any, periods: RetentionPeriods, limit: int) -> int:
        calls.append("event_keys")
        return await act(unit, periods, limit)

    monkeypatch.setitem(cast("dict[str, Expiry]", expiries()), "event_keys", Expiry("event_keys", counted))
    begin, expire = clock.advance(91 * DAY).replace(hour=3), all_ticks(any_store)[EXPIRE]
    for step in range(30):
        await expire(begin + step * timedelta(seconds=TICK_SECONDS))
    assert calls == ["event_keys"] * 2, "a batch, and one that finds nothing more"
    assert await expire(begin + DAY) == 0
    assert calls == ["event_keys"] * 3
