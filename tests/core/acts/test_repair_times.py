"""Times from a future that never came: what a start looks at, and in which portions it writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

import bot.core.acts.repair_times as repair
from bot.clock import MOST_APART, ManualClock
from bot.core.acts.repair_times import mend_times
from bot.core.tables import ConsentRefusal
from bot.features.rights.tables import RetentionRun
from bot.store.base import Base
from bot.store.store import Store
from tests.people_built import make_org, make_youth

YEARS = timedelta(days=3650)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Whatever this store's connections are asked meanwhile."""
    heard: list[str] = []

    def hear(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    engines = [engine.sync_engine for engine in (store.engines.reader, store.engines.writer)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)


def tables_in(heard: list[str]) -> set[str]:
    return {name for name in Base.metadata.tables for said in heard if f" {name} " in said.replace("\n", " ") + " "}


async def refuse(store: Store, person_id: int, count: int, ahead: timedelta) -> None:
    """So many rows with a time of their own, as a clock would have written them that is so far ahead."""
    async with store.unit(now=store.clock.now() + ahead) as unit:
        unit.session.add_all(ConsentRefusal(person_id=person_id, scope=f"{n}", at=unit.now) for n in range(count))


@pytest.fixture
async def person_id(any_store: Store) -> int:
    youth = await make_youth(any_store, await make_org(any_store), number="")
    assert youth.person_id is not None
    return youth.person_id


async def test_a_normal_start_looks_at_no_table_and_writes_nothing(
    any_store: Store, person_id: int, clock: ManualClock
) -> None:
    await refuse(any_store, person_id, 3, MOST_APART)
    for _ in range(2):
        with statements(any_store) as heard:
            assert await mend_times(any_store, clock.now()) == 0
        assert tables_in(heard) == {"latest_times"}
        assert [said for said in heard if not said.startswith(("SELECT", "BEGIN"))] == []
        clock.advance(timedelta(days=1))


async def test_what_is_wrong_is_set_right_in_portions(
    any_store: Store, person_id: int, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_A_TIME", 2)
    await refuse(any_store, person_id, 5, YEARS)
    with statements(any_store) as heard:
        assert await mend_times(any_store, clock.now()) == 5
    written = [said for said in heard if said.startswith("UPDATE")]
    assert len([said for said in written if "consent_refusals" in said]) == 4, "2, 2, 1, none"
    assert tables_in(written) == {"consent_refusals", "latest_times"}, "what is right is not written"
    async with any_store.read() as session:
        assert await session.scalar(select(func.max(ConsentRefusal.at))) == clock.now()
    with statements(any_store) as heard:
        assert await mend_times(any_store, clock.now()) == 0
    assert tables_in(heard) == {"latest_times"}


async def test_what_died_half_way_goes_on_at_the_next_start(
    any_store: Store, person_id: int, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_A_TIME", 2)
    await refuse(any_store, person_id, 5, YEARS)
    done, write = 0, repair._write

    async def dies(*args: object) -> int:
        nonlocal done
        done += 1
        if done == 2:
            raise ZeroDivisionError
        return await write(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(repair, "_write", dies)
        with pytest.raises(ZeroDivisionError):
            await mend_times(any_store, clock.now())
    assert await mend_times(any_store, clock.now()) == 3


async def test_rows_with_a_key_of_two_columns_too(any_store: Store, clock: ManualClock) -> None:
    then = clock.now() + YEARS
    async with any_store.unit(now=then) as unit:
        unit.session.add(RetentionRun(day=then.date(), kind="talks", removed=0, ran_at=then))
    assert await mend_times(any_store, clock.now()) == 1


async def test_the_wrong_years_of_a_database_from_before_are_found_too(
    any_store: Store, person_id: int, clock: ManualClock
) -> None:
    """An upgrade: nothing says yet how late anything was written."""
    from bot.store.delivery import LatestTime

    await refuse(any_store, person_id, 1, YEARS)
    async with any_store.unit() as unit:
        await unit.session.delete(await unit.session.get_one(LatestTime, any_store.node))
    assert await mend_times(any_store, clock.now()) == 1
    assert await mend_times(any_store, clock.now()) == 0
