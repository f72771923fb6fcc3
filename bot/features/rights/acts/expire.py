"""保存期限: the daily expiry of every kind, in batches, with rows that prove what went (P20)."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.expire import drop_batch
from bot.core.feature import Expiry, Look, features
from bot.core.rules.retention import RetentionPeriods
from bot.core.tables import Download
from bot.features.rights.tables import RetentionRun, RightsRequest
from bot.store.dialect import upsert
from bot.store.unit import Unit

BATCH: Final = 500
"""Rows removed in one transaction, so that no command waits for the expiry (a write stays under 50 ms)."""
RUNS_A_DAY: Final = 25
"""Proofs of one day, about: whole days go."""


@cache
def expiries() -> Mapping[str, Expiry]:
    """Every kind that runs out, by the name under which it is reported; one twice is a mistake of ours."""
    declared = [expiry for feature in features() for expiry in feature.expiries]
    found = {expiry.kind: expiry for expiry in declared}
    if len(found) != len(declared):
        raise ValueError("a kind of expiry is declared twice")
    return found


async def kinds_left(session: AsyncSession, look: Look) -> list[str]:
    """Kinds of which this day's proof does not yet say that nothing was due; whichever was under way goes on."""
    rows = await session.execute(
        select(RetentionRun.kind).where(RetentionRun.day == look.now.date(), RetentionRun.removed == 0)
    )
    done = set(rows.scalars())
    return [kind for kind in expiries() if kind not in done]


async def expire_kind(unit: Unit, kind: str, look: Look) -> int:
    """Remove one batch of one kind and add it to the day's proof; how many went."""
    removed = await expiries()[kind].act(unit, look.installation.of(RetentionPeriods), BATCH)
    statement = upsert(unit.session, RetentionRun).values(
        day=unit.now.date(), kind=kind, removed=removed, ran_at=unit.now
    )
    await unit.session.execute(
        statement.on_conflict_do_update(
            index_elements=[RetentionRun.day, RetentionRun.kind],
            set_={"removed": RetentionRun.removed + removed, "ran_at": unit.now},
        )
    )
    return removed


async def downloads_due(session: AsyncSession, look: Look) -> list[str]:
    """The kind of downloads, if one has run out: files that nobody fetched do not wait for the night."""
    due = await session.scalar(select(Download.id).where(Download.expires_at <= look.now).limit(1))
    return ["downloads"] if due is not None else []


async def _rights_requests(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    before = unit.now - periods.rights_requests
    never = RightsRequest.done_at.is_(None) & (RightsRequest.due_at < before)  # nobody may ever have answered
    over = or_(RightsRequest.done_at < before, never)
    return await drop_batch(unit, RightsRequest, RightsRequest.id, limit, over)


async def _retention_runs(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    before = (unit.now - periods.retention_runs).date()
    days = select(RetentionRun.day).where(RetentionRun.day < before).distinct().limit(max(1, limit // RUNS_A_DAY))
    done = await unit.session.execute(
        delete(RetentionRun)
        .where(RetentionRun.day.in_(days))
        .returning(RetentionRun.kind)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


EXPIRIES: Final = (
    Expiry("rights_requests", _rights_requests),
    Expiry("retention_runs", _retention_runs),
)
