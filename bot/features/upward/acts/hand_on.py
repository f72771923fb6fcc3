"""What waits where nobody is in office goes to the nearest organ above; what was answered long ago goes for good."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.duty import holders_at, nearest_holders, org_name
from bot.core.reads.people import name_of
from bot.core.rules.people import Role
from bot.core.rules.retention import RetentionPeriods
from bot.features.upward.acts.send import ArrivedUpward
from bot.features.upward.reads.sent import LETTERS
from bot.features.upward.rules.upward import UpwardState
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.store.unit import Unit

Waiting = tuple[type[SentUp], int]
"""A kind of thing, and the organ where some of it waits."""


async def organs_with_waiting(session: AsyncSession, look: Look) -> Sequence[Waiting]:
    """Organs with something that waits."""
    found: list[Waiting] = []
    for table in LETTERS:
        rows = await session.execute(
            select(table.org_id).where(table.state == UpwardState.RECEIVED.value).distinct().limit(look.limit)
        )
        found += [(table, org_id) for org_id in rows.scalars()]
    return found


async def hand_on(unit: Unit, waiting: Waiting, look: Look) -> int:
    """Hand on what waits at an organ without anybody in office; how many things."""
    table, org_id = waiting
    if await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
        return 0
    holders = await nearest_holders(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now)
    if holders is None:
        return 0
    return await _hand_over(unit, table, org_id, holders.org_id, holders.people, look.limit)


async def _hand_over(unit: Unit, table: type[SentUp], org_id: int, to: int, people: Sequence[int], limit: int) -> int:
    rows = await unit.session.execute(
        select(table)
        .where(table.org_id == org_id, table.state == UpwardState.RECEIVED.value)
        .order_by(table.sent_at, table.id)
        .limit(limit)
        .with_for_update()
    )
    moved = rows.scalars().all()
    for row in moved:
        row.org_id = to
        words = await unit.open(f"{table.__tablename__}:{row.id}:text", row.text) or ""
        who = await name_of(unit.session, unit.vault, row.sender_id) if row.sender_id is not None else ""
        where = await org_name(unit.session, row.from_org_id)
        kind = row.kind if isinstance(row, GoodPractice) else ""
        say = ArrivedUpward(f"{LETTERS[table]}{row.ref}", table is GoodPractice, who, where, words, kind)
        for person_id in people:
            await unit.push_person(person_id, say)
    await unit.session.flush()
    return len(moved)


async def expire_practices(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Good practices that were decided a year ago; one batch, how many."""
    return await _expire(unit, GoodPractice, periods, limit)


async def expire_requests(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Requests for support that were answered a year ago; one batch, how many."""
    return await _expire(unit, SupportRequest, periods, limit)


async def _expire(unit: Unit, table: type[SentUp], periods: RetentionPeriods, limit: int) -> int:
    rows = await unit.session.execute(
        select(table).where(table.answered_at < unit.now - periods.consultations).limit(limit)
    )
    gone = rows.scalars().all()
    for row in gone:
        await unit.session.delete(row)
    await unit.session.flush()
    unit.erased = unit.erased or bool(gone)
    return len(gone)
