"""The latest time at which anything was written: it shows without a look at any table whether a clock was ahead.

A node's row holds the end of the two minutes in which it wrote last; whoever writes later puts it forward in the same
transaction. So nothing in the database was written later than that, and no finer moment of anything is kept.
"""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import MOST_APART, SHANGHAI
from bot.store.delivery import EventKey, LatestTime
from bot.store.dialect import upsert

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def end_of_span(now: datetime) -> datetime:
    """At most ``MOST_APART`` later than now."""
    return now + (_BEGINNING - now) % MOST_APART


async def latest_written(session: AsyncSession) -> datetime | None:
    """Nothing was written later than this; None when it is unknown."""
    return await session.scalar(select(func.max(LatestTime.at)))


async def last_heard_day(session: AsyncSession) -> datetime | None:
    """The beginning of the last day on which anything that somebody said was carried out; None: of none."""
    day = await session.scalar(select(func.max(EventKey.day)))
    return datetime.combine(day, time(), tzinfo=SHANGHAI) if day is not None else None


async def put_forward(session: AsyncSession, node: str, known: datetime | None, now: datetime) -> datetime:
    """Note that something is written now, once for these two minutes; returns what is noted.

    The first statement of its transaction: whoever waits for this row holds no other.
    """
    end = end_of_span(now)
    if known is not None and timedelta() <= known - end <= MOST_APART:
        return known
    statement = upsert(session, LatestTime).values(node=node, at=end)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[LatestTime.node], set_={"at": end}, where=LatestTime.at < end)
    )
    return end


async def forget_latest(session: AsyncSession, now: datetime) -> None:
    """Times in the future have been repaired: from now on the present counts."""
    end = end_of_span(now)
    await session.execute(
        update(LatestTime).where(LatestTime.at > end).values(at=end).execution_options(synchronize_session=False)
    )
