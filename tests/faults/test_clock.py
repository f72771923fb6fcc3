"""T3 clock jumps: nothing goes out early or ends by a time that may be wrong; crises and answers go on (section 7)."""

import contextlib
from collections.abc import AsyncIterator, Hashable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.pacing import Pacer, Quotas
from bot.chat.text import render
from bot.clock import SUSPECT_FOR, Clock, ClockWatch, ManualClock
from bot.core.acts.prompt import ask_person
from bot.core.acts.repair_times import mend_times
from bot.core.feature import features, load_tables, questions
from bot.core.manifest import RETRY
from bot.core.question import Ask
from bot.core.rules.crisis import LONGEST_CALM
from bot.core.rules.people import Actor, Role
from bot.core.tables import Crisis
from bot.features.rights.reads.held import NothingHeld
from bot.features.rights.tables import RetentionRun
from bot.features.talk.tables import Talk
from bot.schedule.runner import TICK_SECONDS, Schedule
from bot.schedule.ticks import all_ticks
from bot.store.base import Base, Instant
from bot.store.delivery import EventKey, OutboxMessage, Prompt
from bot.store.outbox import Words
from bot.store.people import Person
from bot.store.store import Store
from tests.databases import NOW
from tests.faults.conftest import FaultTable
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
YEARS = timedelta(days=3653)
STEP = timedelta(seconds=TICK_SECONDS)
JUMPS = [HOUR, -HOUR, DAY, -DAY, YEARS]
BOTH, NIGHT = (pytest.mark.ci, pytest.mark.nightly), (pytest.mark.nightly,)
ON_DATABASES = [
    *(pytest.param("sqlite", jump, marks=BOTH if jump in (-DAY, YEARS) else NIGHT) for jump in JUMPS),
    *(pytest.param("postgresql", jump, marks=BOTH if jump == HOUR else NIGHT) for jump in (HOUR, -DAY, YEARS)),
]
"""With the whole bot behind it: three of them for every commit, all in the night."""
on_databases = pytest.mark.parametrize(("any_url", "jump"), ON_DATABASES, indirect=["any_url"])
LONG_STEP = timedelta(seconds=110)
PUSHED = render(Words.of(NothingHeld()))
CADRE, ZHAO, OFFICER, RESPONSIBLE, GROUP = "10001", "20001", "30004", "30003", "888"


class Named:
    """Due work that remembers when it ran."""

    goes_on = False

    def __init__(self, name: str, ran: list[tuple[str, datetime]]) -> None:
        self.name, self.ran = name, ran

    async def __call__(self, now: datetime) -> int:
        self.ran.append((self.name, now))
        return 0

    async def would_do(self, now: datetime) -> frozenset[Hashable]:
        return frozenset()


class Ticks:
    """A schedule on a clock that can jump; remembers which ticks ran, and by which time."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.ran: list[tuple[str, datetime]] = []
        self.mended = 0

        async def mend(_: datetime) -> None:
            self.mended += 1

        works = {name: Named(name, self.ran) for name in ("crises", "talks", "outbox")}
        works["crises"].goes_on = True
        self.schedule = Schedule(self.clock, works, mend=mend)

    async def tick(self) -> set[str]:
        """One tick; the names of those that ran."""
        self.ran.clear()
        await self.schedule.tick()
        return {name for name, _ in self.ran}


ALL = {"crises", "talks", "outbox"}


@pytest.mark.parametrize("jump", [*JUMPS, timedelta(seconds=121), timedelta(seconds=-121)])
async def test_after_a_jump_only_crises_are_looked_after_for_ten_minutes(jump: timedelta) -> None:
    ticks = Ticks()
    assert await ticks.tick() == ALL
    ticks.clock.advance(STEP)
    before = ticks.clock.now()
    ticks.clock.jump(jump)
    for _ in range(int(SUSPECT_FOR / STEP)):
        assert await ticks.tick() == {"crises"}
        assert ticks.ran[0][1] == min(before, ticks.clock.now()), "neither time has come yet"
        before = ticks.clock.advance(STEP) - jump
    assert await ticks.tick() == ALL
    assert ticks.ran[0][1] == ticks.clock.now()
    assert ticks.mended == 2


@pytest.mark.parametrize("jump", [SECOND, -SECOND, timedelta(seconds=120), timedelta(seconds=-120)])
async def test_a_small_correction_stops_nothing(jump: timedelta) -> None:
    ticks = Ticks()
    for _ in range(5):
        ticks.clock.advance(STEP)
        ticks.clock.jump(jump)
        assert await ticks.tick() == ALL
    assert ticks.mended == 1, "once at the start"


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_clock_that_comes_back_is_believed_at_once(jump: timedelta) -> None:
    ticks = Ticks()
    await ticks.tick()
    ticks.clock.jump(jump)
    assert await ticks.tick() == {"crises"}
    ticks.clock.advance(STEP)
    ticks.clock.jump(-jump)
    assert await ticks.tick() == ALL
    assert ticks.mended == 2


async def test_each_further_jump_begins_the_wait_anew() -> None:
    ticks = Ticks()
    ticks.clock.jump(DAY)
    await ticks.tick()
    ticks.clock.advance(SUSPECT_FOR - STEP)
    ticks.clock.jump(DAY)
    assert await ticks.tick() == {"crises"}
    ticks.clock.advance(SUSPECT_FOR - STEP)
    assert await ticks.tick() == {"crises"}
    ticks.clock.advance(STEP)
    assert await ticks.tick() == ALL


async def test_a_suspicion_that_another_part_saw_begin_and_end_is_mended_after_too() -> None:
    """The sender looks more often than the ticks do."""
    ticks = Ticks()
    watch = ClockWatch(ticks.clock)
    ticks.schedule._watch = watch
    await ticks.tick()
    for jump in (DAY, -DAY):
        ticks.clock.jump(jump)
        watch.suspect()
    await ticks.tick()
    assert ticks.mended == 2


async def test_what_failed_to_be_mended_is_tried_again_and_holds_up_no_tick() -> None:
    ticks = Ticks()
    tried: list[datetime] = []

    async def fails_once(now: datetime) -> None:
        tried.append(now)
        if len(tried) == 1:
            raise OSError

    ticks.schedule._mend = fails_once
    assert await ticks.tick() == ALL
    assert await ticks.tick() == ALL
    assert await ticks.tick() == ALL
    assert len(tried) == 2


def test_a_clock_that_is_moved_on_purpose_is_not_suspect() -> None:
    """Rehearsals play days in seconds."""
    clock = Clock()
    watch = ClockWatch(clock)
    clock.move_to(clock.now() + YEARS)
    assert not watch.suspect()
    assert abs(watch.earlier() - clock.now()) < timedelta(seconds=5)


# --- with the whole bot behind it ------------------------------------------------------------------------------------


class Town:
    """A linked group with a talk open, a question that waits, keys to expire, a duty officer; and a paced sender."""

    def __init__(self, talk: Talkers, zhao: Actor, cadre: Actor) -> None:
        self.talk, self.store, self.clock = talk, talk.store, talk.clock
        self.zhao, self.cadre = zhao, cadre
        watch = ClockWatch(self.clock)
        talk.sender._pacer, talk.sender._watch = Pacer(Quotas.load()), watch
        self.schedule = Schedule(
            self.clock, all_ticks(self.store), watch=watch, mend=lambda now: mend_times(self.store, now)
        )

    async def step(self, times: int = 1, length: timedelta = STEP) -> None:
        """Ticks, and what the sender does meanwhile."""
        for _ in range(times):
            self.clock.advance(length)
            await self.schedule.tick()
            await self.talk.sender.pump()

    async def until_believed(self) -> None:
        """The ten minutes, and a little more."""
        await self.step(int(SUSPECT_FOR / LONG_STEP) + 2, LONG_STEP)

    async def count(self, table: type, *where: object) -> int:
        async with self.store.read() as session:
            found = await session.execute(select(func.count()).select_from(table).where(*where))  # type: ignore[arg-type]
            return found.scalar_one()

    async def push(self, to: Actor | None = None, *, not_before: datetime | None = None) -> None:
        """Something that nobody asked for, for 小赵 or somebody else."""
        async with self.store.unit() as unit:
            more: dict[str, Any] = (
                {} if not_before is None else {"not_before": not_before, "expires_at": not_before + DAY}
            )
            assert await unit.push_person((to or self.zhao).person_id or 0, NothingHeld(), cls="O", **more)

    async def state(self) -> dict[str, int]:
        """What ticks would have ended."""
        return {
            "questions": await self.count(Prompt, Prompt.state == "open", Prompt.kind == "rights.contact"),
            "talks": await self.count(Talk, Talk.state == "open"),
            "waiting": await self.count(OutboxMessage, OutboxMessage.state == "ready"),
            "keys": await self.count(EventKey),
            "expiries": await self.count(RetentionRun),
        }


@pytest.fixture
async def town(any_store: Store) -> Town:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_person(any_store, org, "值班员", number=OFFICER, roles=(Role.DUTY_OFFICER,))
    await make_person(any_store, org, "负责人", number=RESPONSIBLE, roles=(Role.PRIVACY_OFFICER,))
    talk = await Talkers.open(any_store)
    town = Town(talk, zhao, cadre)
    async with any_store.unit() as unit:
        await ask_person(
            unit, zhao.person_id or 0, Ask(questions()["rights.contact"], ("done",), NothingHeld(), life=HOUR / 2)
        )
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await town.step()
    assert (await town.state())["questions"] == 1
    return town


@contextlib.asynccontextmanager
async def jumped(town: Town, jump: timedelta) -> AsyncIterator[None]:
    """The wall clock is elsewhere for a while."""
    town.clock.jump(jump)
    yield
    town.clock.jump(-jump)


@on_databases
async def test_nothing_goes_out_or_ends_by_a_clock_that_jumped(town: Town, jump: timedelta, table: FaultTable) -> None:
    await town.push(not_before=town.clock.now() + DAY - HOUR)
    before = await town.state()
    shown = len(town.talk.shown(ZHAO))
    expiries = before["expiries"]
    async with jumped(town, jump):
        await town.step(int(SUSPECT_FOR / LONG_STEP), LONG_STEP)
        assert await town.state() == before
        assert town.talk.shown(ZHAO)[shown:] == []
    await town.step(3)
    assert await town.state() == before | {"expiries": expiries}
    assert town.talk.shown(ZHAO)[shown:] == [], "its time has not come"
    town.clock.advance(DAY)
    await town.step(2)
    assert [text for text in town.talk.shown(ZHAO)[shown:] if text == PUSHED] == [PUSHED]
    table.row(test="T3 clock jump", size="±1 s, ±1 h, ±1 day, +10 years", figure="0 early sends, 0 early ends")


@pytest.mark.parametrize(("any_url", "jump"), [("sqlite", DAY), ("sqlite", YEARS)], indirect=["any_url"])
async def test_a_jump_that_was_right_is_believed_after_ten_minutes(town: Town, jump: timedelta) -> None:
    """As when a machine was asleep: then what is due is done."""
    town.clock.jump(jump)
    await town.step()
    assert (await town.state())["questions"] == 1
    await town.until_believed()
    after = await town.state()
    assert (after["questions"], after["talks"]) == (0, 0)
    assert after["expiries"] > 0


@on_databases
async def test_answers_and_crises_go_on_and_what_was_written_meanwhile_does_not_wait_for_that_time(
    town: Town, jump: timedelta
) -> None:
    talk = town.talk
    async with jumped(town, jump):
        await town.step(2)
        assert await talk.says(CADRE, "我是谁")
        assert "12356" in "".join(await talk.says(ZHAO, "我不想活了"))
        await talk.says(ZHAO, "1")
        assert talk.shown(OFFICER), "somebody on duty is told at once"
        called = len(talk.shown(OFFICER))
        await town.push(town.cadre)
        shown, pushed = len(talk.shown(ZHAO)), talk.shown(CADRE).count(PUSHED)
        await town.step(2, 3 * STEP)
        assert len(talk.shown(ZHAO)) == shown
        assert talk.shown(CADRE).count(PUSHED) == pushed
        assert len(talk.shown(OFFICER)) == called, "nobody is late yet"
    await town.step(3)
    if jump > timedelta():  # behind by a day, its own twelve hours are over; it ends visibly
        assert talk.shown(CADRE).count(PUSHED) == pushed + 1
    await town.step(4, HOUR / 2)
    if jump > -DAY:  # behind by a day, their own day of calm is over, too
        assert len(talk.shown(ZHAO)) == shown, "they are left in peace (P27)"
    told = talk.shown(OFFICER)[called:] + talk.shown(RESPONSIBLE)
    assert told, "and somebody is reminded when nobody reports"
    async with town.store.read() as session:
        crisis = (await session.execute(select(Crisis))).scalar_one()
        zhao = await session.get_one(Person, town.zhao.person_id)
    if jump > -DAY:
        assert zhao.calm_until is not None
        assert zhao.calm_until <= town.clock.now() + LONGEST_CALM, "and not for years"
    assert crisis.due_at <= town.clock.now() + DAY
    assert crisis.opened_at <= town.clock.now()


async def test_a_message_on_its_second_try_does_not_wait_for_a_future_that_never_comes(town: Town) -> None:
    async with jumped(town, YEARS):
        await town.push()
        async with town.store.unit() as unit:
            for row in (
                await unit.session.execute(select(OutboxMessage).where(OutboxMessage.state == "ready"))
            ).scalars():
                row.error, row.created_at, row.expires_at = "timeout", unit.now - YEARS, unit.now - YEARS + DAY
        await town.step()
    await town.step(4, RETRY / 3)
    assert await town.count(OutboxMessage, OutboxMessage.state == "ready") == 0


NOT_MENDED = {
    "audit_entries.at": "part of the chain",
    "receipts.at": "evidence of what was said",
    "settings.at": "nobody waits for it",
    "latest_times.at": "says that there is something to mend, and is set right at the end",
    "outbox.lease_until": "the sender that holds the lease gives it back, and a start takes all of them back",
    "role_grants.until": "set by hand, may lie ahead",
    "people.away_until": "set by hand, may lie ahead",
    "activities.starts_at": "set by hand, may lie ahead",
    "activities.ends_at": "set by hand, may lie ahead",
    "activity_cadres.starts_at": "that of the activity, which is set by hand",
    "reminders.begins_at": "set by hand, may lie ahead",
    "reminder_occurrences.due_at": "reckoned from what was set by hand, may lie ahead",
    "reminder_occurrences.goes_at": "reckoned from what was set by hand, may lie ahead",
    "activity_codes.until": "some hours after the end of the activity, which is set by hand",
    "relay_afters.until": "a block of some weeks, forgotten at its end; too long is on the safe side",
    "talk_messages.sent_at": "the platform's time",
    "talk_messages.arrived_at": "orders messages of one second; nobody waits for it",
}


def test_every_time_of_every_table_is_mended_or_named() -> None:
    """A feature that waits for a time of its own declares it in its manifest."""
    named: set[str] = set()
    for feature in features():
        told = feature.times
        columns = [*told.past, *(rule[0] for rule in told.capped)]
        columns += [one for begun, others, _ in told.shifted for one in (begun, *others)]
        named |= {f"{one.class_.__tablename__}.{one.key}" for one in columns}
    load_tables()
    times = {
        f"{told.name}.{column.name}"
        for told in Base.metadata.sorted_tables
        for column in told.columns
        if isinstance(column.type, Instant)
    }
    assert times - named - set(NOT_MENDED) == set()
    assert (named | set(NOT_MENDED)) - times == set()
    assert named & set(NOT_MENDED) == set()


async def test_after_a_start_too_what_lies_in_an_impossible_future_is_set_right(town: Town) -> None:
    async with jumped(town, YEARS):
        await town.push()
    assert await mend_times(town.store, town.clock.now()) == 1
    assert await mend_times(town.store, town.clock.now()) == 0
