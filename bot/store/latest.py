"""The latest time at which anything was written: whether a clock was ahead is known without looking at any table.

One row holds it, to ``MOST_APART``: whoever writes more than that later puts the row forward in the same transaction.
So nothing in the database can have been written more than ``MOST_APART`` after it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from bot.clock import MOST_APART
from bot.store.delivery import Setting
from bot.store.dialect import upsert

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.store.store import Store
    from bot.store.unit import Unit

NAME: Final = "latest"


async def latest_written(store: "Store") -> datetime | None:
    """Nothing was written more than ``MOST_APART`` later; None: nobody knows."""
    async with store.read() as session:
        return await session.scalar(select(Setting.at).where(Setting.name == NAME))


async def put_forward(session: "AsyncSession", known: datetime | None, now: datetime) -> datetime | None:
    """Note that something is being written now, unless this process noted about the same; what is noted now.

    The first statement of its transaction: whoever waits for this row holds no other.
    """
    if known is not None and abs(now - known) <= MOST_APART:
        return known
    statement = upsert(session, Setting).values(name=NAME, value="", at=now)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[Setting.name], set_={"at": now}, where=Setting.at < now)
    )
    return now


async def forget_latest(unit: "Unit") -> None:
    """What was written too late has been set right: from now on the present counts."""
    await unit.session.execute(
        update(Setting)
        .where(Setting.name == NAME, Setting.at > unit.now)
        .values(at=unit.now)
        .execution_options(synchronize_session=False)
    )
