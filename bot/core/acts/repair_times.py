"""Times from a future that never came: what was written while the clock was ahead is set right (reliability section 7).

Else a message queued at a wrong "in ten years" would wait for ten years, a question would stay open as long, and a call
for help would never be called late. Each feature declares its times; the audit log stays as it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from loguru import logger
from sqlalchemy import BigInteger, ColumnElement, case, func, inspect, select, tuple_, type_coerce, update

from bot.clock import MOST_APART
from bot.core.feature import EVER, Times, features
from bot.core.person_data import Column
from bot.store.base import Base, to_millis
from bot.store.latest import forget_latest, latest_written
from bot.store.store import BATCH, Store
from bot.store.unit import Unit

AT_A_TIME: Final = 500
"""Rows set right in one transaction."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What is wrong with rows of one table, and what their times are to be."""

    table: type[Base]
    wrong: ColumnElement[bool]
    values: Mapping[Column, Any]


def mendings(times: Iterable[Times], now: datetime) -> list[Mending]:
    """Everything that can be wrong at this instant: what began too late first, since the rest moves with it."""
    shifted = [_shift(*rule, now) for one in times for rule in one.shifted]
    capped = [_cap(*rule, now) for one in times for rule in one.capped]
    return shifted + capped + [_cap(column, timedelta(), EVER, now) for one in times for column in one.past]


def _shift(begun: Column, others: Sequence[Column], which: ColumnElement[bool], now: datetime) -> Mending:
    start = type_coerce(begun, BigInteger)
    values = {one: type_coerce(one, BigInteger) - start + to_millis(now) for one in others}
    return Mending(_table(begun), (begun > now + MOST_APART) & which, {**values, begun: now})


def _cap(column: Column, ahead: timedelta, which: ColumnElement[bool], now: datetime) -> Mending:
    return Mending(_table(column), (column > now + ahead + MOST_APART) & which, {column: now + ahead})


def _table(column: Column) -> type[Base]:
    return cast("type[Base]", column.class_)


async def mend_times(store: Store, now: datetime) -> int:
    """Set right every time that lies in an impossible future; returns how many. A row two rules touch counts twice.

    Nothing is looked at unless something was written later than now; then each table is read once, outside the
    writer's turn, and only what is wrong is written, in batches that wait behind commands.
    """
    async with store.read() as session:
        latest = await latest_written(session)
    if latest is not None and latest <= now + MOST_APART:
        return 0
    mended = 0
    for mending in await _found(store, mendings([feature.times for feature in features()], now)):
        while done := await _mend(store, mending, now):
            mended += done
    async with store.unit(now=now) as unit:
        await forget_latest(unit.session, now)
    if mended:
        logger.warning("{} times from a future that never came were set right", mended)
    return mended


async def _found(store: Store, possible: Sequence[Mending]) -> list[Mending]:
    """Those of which there is at least one row: one statement a table."""
    tables: defaultdict[type[Base], list[Mending]] = defaultdict(list)
    for one in possible:
        tables[one.table].append(one)
    found: set[int] = set()
    async with store.read() as session:
        for table, here in tables.items():
            columns = [func.max(case((one.wrong, 1), else_=0)) for one in here]
            row = (await session.execute(select(*columns).select_from(table))).one()
            found |= {id(one) for one, wrong in zip(here, row, strict=True) if wrong}
    return [one for one in possible if id(one) in found]


async def _mend(store: Store, mending: Mending, now: datetime) -> int:
    async with store.unit(now=now, priority=BATCH) as unit:
        return await _write(unit, mending)


async def _write(unit: Unit, mending: Mending) -> int:
    key = list(inspect(mending.table).primary_key)
    batch = select(*key).where(mending.wrong).limit(AT_A_TIME)
    done = await unit.session.execute(
        update(mending.table)
        .where(tuple_(*key).in_(batch) if len(key) > 1 else key[0].in_(batch))
        .values(dict(mending.values))
        .returning(*key)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())
