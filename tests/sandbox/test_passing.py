"""拨快时间: what falls due on the way happens in its order and at its minute, and only a demo has such a clock."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SHANGHAI, Clock
from bot.core.feature import Look, Tick
from bot.core.installation import Installation
from bot.core.rules.message import Text
from bot.sandbox.passing import FARTHEST, LONGEST_REST, Leap, Passing, next_stop, target
from bot.sandbox.values import TimeMoved, WorldError
from bot.sandbox.world import World
from bot.schedule.runner import Schedule
from bot.schedule.ticks import DueWork
from bot.store.store import Store
from bot.store.unit import Unit
from tests.sandbox.pages import PRIVATE, page_of
from tests.sandbox.worlds import SPEC, make_world

EVENING = datetime(2026, 12, 1, 19, 30, tzinfo=SHANGHAI)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


class Standing(Clock):
    """Stands where it was moved to."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._at = now

    def now(self) -> datetime:
        return self._at

    def move_to(self, instant: datetime | None) -> None:
        assert instant is not None
        assert instant >= self._at, "time never goes back"
        self._at = instant


class Planned:
    """Ticks that find a thing at each of these times, and say it to a youth."""

    def __init__(self, world: World, times: Collection[datetime]) -> None:
        self.world, self.times, self.struck = world, sorted(times), list[datetime]()
        self.helped: list[datetime] = []

    async def next_due(
        self, after: datetime, until: datetime, names: Collection[str] | None = None
    ) -> tuple[datetime, Collection[str]]:
        due = [one for one in self.times if after < one <= until]
        return (due[0], ["reminder.due"]) if due else (until, [])

    async def urgent(self, now: datetime) -> Collection[str]:
        return ["core.crises"] if self.helped else []

    async def strike(self, now: datetime, names: Collection[str] | None = None) -> Mapping[str, int]:
        called = [one for one in self.helped if one <= now]
        if not names or (names == ["core.crises"] and not called):
            return {}
        self.helped = [one for one in self.helped if one > now]
        self.struck.append(now)
        self.world.say_as_bot(PRIVATE, [Text("⏰")])
        return dict.fromkeys(names, 1)


def passing_of(*times: datetime, now: datetime = EVENING) -> tuple[Passing, Planned, Clock]:
    clock = Standing(now)
    world = World(SPEC, clock)
    ticks = Planned(world, times)
    return Passing(world, clock, ticks, lambda: asyncio.sleep(0)), ticks, clock


async def test_what_falls_due_comes_at_its_own_minute_and_in_order() -> None:
    due = [at(1, 19, 33), at(2, 9), at(3, 9), at(4, 9)]
    passing, ticks, clock = passing_of(*due)
    await passing.pass_to(at(5, 8))
    assert ticks.struck == due
    assert [line.at for line in ticks.world.lines(PRIVATE, count=9)] == due
    assert clock.now() == at(5, 8)


async def test_the_page_is_told_of_each_step_what_came_and_that_the_clock_stands_again() -> None:
    passing, ticks, _ = passing_of(at(2, 9))
    await passing.pass_to(at(2, 10))
    told = [change.what for change in ticks.world.changes_after(0) or () if isinstance(change.what, TimeMoved)]
    came = [one.due for one in told if one.due is not None]
    assert [(one.at, one.tick, len(one.lines)) for one in came] == [(at(2, 9), "reminder.due", 1)]
    assert [one.until for one in told[-2:]] == [at(2, 10), None]


async def test_a_page_that_is_opened_anew_still_lists_what_came_of_the_last_move_and_of_no_earlier_one() -> None:
    passing, ticks, _ = passing_of(at(1, 20), at(2, 9))
    await passing.pass_to(at(1, 21))
    await passing.pass_to(at(2, 10))
    async with page_of(ticks.world, passing=passing) as http:
        passed = (await http.get("/api/state")).json()["passed"]
    assert [step["due"]["at"] for step in passed if step["due"]] == [at(2, 9).isoformat()]
    assert passed[-1]["until"] is None
    ticks.world.end_history()
    async with page_of(ticks.world, passing=passing) as http:
        assert (await http.get("/api/state")).json()["passed"] == [], "what was played is the past"


async def test_who_waits_for_help_is_remembered_between_two_stops() -> None:
    passing, ticks, _ = passing_of()
    called = [at(1, 20, 30), at(1, 23, 30)]
    ticks.helped = called
    await passing.pass_to(at(2, 8))
    assert all(timedelta() <= struck - at < LONGEST_REST for struck, at in zip(ticks.struck, called, strict=True))


async def test_a_clock_on_its_way_takes_no_other_order_and_can_be_halted() -> None:
    passing, _, clock = passing_of()
    passing.begin(at(9, 8))
    with pytest.raises(WorldError, match="clock_moving"):
        passing.begin(at(2, 8))
    passing.halt()
    await passing.stop()
    assert clock.now() < at(9, 8)


@pytest.mark.parametrize(
    ("to", "code"),
    [(EVENING, "clock_back"), (EVENING - timedelta(days=1), "clock_back"), (EVENING + FARTHEST * 2, "clock_far")],
)
async def test_there_is_no_way_back_and_none_without_an_end(to: datetime, code: str) -> None:
    passing, _, clock = passing_of()
    with pytest.raises(WorldError, match=code):
        passing.begin(to)
    assert clock.now() == EVENING


async def test_what_breaks_on_the_way_leaves_a_clock_that_stands() -> None:
    passing, ticks, _ = passing_of(at(2, 9))
    ticks.strike = None  # type: ignore[method-assign,assignment]
    await passing.pass_to(at(3, 9))
    assert ticks.world.moved is not None
    assert ticks.world.moved.until is None
    assert not passing.moving


@pytest.mark.parametrize(
    ("leap", "now", "end"),
    [
        (Leap.HOUR, EVENING, at(1, 20, 30)),
        (Leap.MORNING, EVENING, at(2, 8)),
        (Leap.MORNING, at(2, 0, 5), at(3, 8)),
        (Leap.QUARTER, EVENING, at(31, 18)),
        (Leap.QUARTER, at(31, 18), datetime(2027, 3, 31, 18, tzinfo=SHANGHAI)),
    ],
)
def test_a_leap_ends_strictly_later(leap: Leap, now: datetime, end: datetime) -> None:
    assert target(leap, now) == end


def test_stops_follow_one_another_over_midnight() -> None:
    assert next_stop(at(1, 21, 59)) == at(2, 8)
    assert next_stop(at(2, 8)) == at(2, 12)


async def _each(_unit: Unit, _item: Any, _look: Look) -> int:
    return 1


def _tick(opens: datetime, **how: Any) -> Tick[Any]:
    async def due(_session: Any, look: Look) -> list[str]:
        return ["old", "new"] if look.now >= opens else ["old"]

    return Tick("invented.one", due, _each, **how)


async def test_the_minute_in_which_something_falls_due_is_found(store: Store) -> None:
    schedule = Schedule(Clock(), {"one": DueWork(store, _tick(at(2, 11, 30)), Installation())})
    assert await schedule.next_due(at(2, 8), at(2, 12)) == (at(2, 11, 30), ("one",))


async def test_what_was_there_before_keeps_nobody_from_going_on(store: Store) -> None:
    schedule = Schedule(Clock(), {"one": DueWork(store, _tick(at(9, 9)), Installation())})
    assert await schedule.next_due(at(2, 8), at(2, 12)) == (at(2, 12), ("one",))


async def test_the_hour_at_which_offices_open_is_found(store: Store) -> None:
    schedule = Schedule(Clock(), {"one": DueWork(store, _tick(at(1, 9), office_hours=True), Installation())})
    assert await schedule.next_due(at(2, 8), at(2, 12)) == (at(2, 9), ("one",))


async def test_a_page_without_a_hand_on_the_clock_has_no_address_for_it() -> None:
    async with page_of(make_world()) as http:
        assert (await http.post("/api/clock", json={"leap": "hour"})).status_code == 404
        assert (await http.get("/api/state")).json()["movable"] is False


async def test_with_one_it_moves_and_says_what_it_will_not_do() -> None:
    passing, ticks, clock = passing_of()
    async with page_of(ticks.world, passing=passing) as http:
        assert (await http.post("/api/clock", json={"to": "2026-11-01T08:00"})).json() == {"error": "clock_back"}
        assert (await http.post("/api/clock", json={})).json() == {"error": "bad_time"}
        assert (await http.post("/api/clock", json={"leap": "week"})).status_code == 422
        assert (await http.post("/api/clock", json={"to": "2026-12-02T08:00"})).status_code == 200
        await passing.stop()
    assert clock.now() <= at(2, 8)
