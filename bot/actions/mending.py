"""Times from a future that never came: what was written while the clock was ahead is set right (reliability section 7).

Else a message queued at a wrong "in ten years" would wait for ten years, a question would stay open as long, and a call
for help would never be called late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from loguru import logger
from sqlalchemy import BigInteger, ColumnElement, CursorResult, true, type_coerce, update
from sqlalchemy.orm import InstrumentedAttribute

from bot.clock import MOST_APART
from bot.domain.crisis import CRISIS_CLOCK
from bot.domain.talk import CoSign, TalkState
from bot.store.base import Base, to_millis
from bot.store.consent import Crisis, Download, RightsRequest
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import BindAttempt
from bot.store.rights_files import DOWNLOAD_LIFE
from bot.store.store import Store
from bot.store.talk import Talk, TalkPart
from bot.store.unit import Unit
from bot.store.wish import Wish

Column = InstrumentedAttribute[Any]
RETRY: Final = timedelta(minutes=5)
"""No message waits longer than this for its next try after one that told an error."""

WISH_TIMES: Final[Sequence[Column]] = (
    Wish.made_at,
    Wish.claimed_at,
    Wish.noticed_at,
    Wish.asked_at,
    Wish.reminded_at,
    Wish.pooled_at,
    Wish.waiting_since,
    Wish.pool_asked_at,
)

SHIFTED: Final[Sequence[tuple[Column, Sequence[Column], ColumnElement[bool]]]] = (
    (
        OutboxMessage.created_at,
        (OutboxMessage.not_before, OutboxMessage.expires_at),
        OutboxMessage.state.in_(("ready", "unknown")),
    ),
    (Prompt.asked_at, (Prompt.expires_at,), Prompt.state.in_(("open", "queued"))),
    (RightsRequest.asked_at, (RightsRequest.due_at,), RightsRequest.done_at.is_(None)),
)
"""When a thing began, and its other times, which keep their distance: they move back together."""
CAPPED: Final[Sequence[tuple[Column, timedelta, ColumnElement[bool]]]] = (
    (OutboxMessage.not_before, RETRY, OutboxMessage.state.in_(("ready", "unknown")) & OutboxMessage.error.is_not(None)),
    (Crisis.opened_at, timedelta(), Crisis.closed_at.is_(None)),
    (Crisis.reminded_at, timedelta(), Crisis.closed_at.is_(None)),
    (Crisis.due_at, CRISIS_CLOCK, Crisis.closed_at.is_(None)),
    (Talk.opened_at, timedelta(), Talk.state != TalkState.CLOSED),
    (Talk.closed_at, timedelta(), Talk.state != TalkState.CLOSED),
    (Talk.last_activity_at, timedelta(), Talk.state != TalkState.CLOSED),
    (Talk.last_notice_at, timedelta(), Talk.state != TalkState.CLOSED),
    (TalkPart.asked_at, timedelta(), TalkPart.co_sign == CoSign.ASKED),
    *((column, timedelta(), Wish.closed_at.is_(None)) for column in WISH_TIMES),
    (Download.expires_at, DOWNLOAD_LIFE, true()),
    (BindAttempt.at, timedelta(), true()),
)
"""Times that can lie at most so far ahead. A feature that waits for a time of its own adds it here."""


async def mend_times(store: Store, now: datetime) -> int:
    """Set right every time that lies in an impossible future; returns how many rows. What is over stays as it was."""
    async with store.unit(now=now) as unit:
        mended = sum([await _shift(unit, *rule) for rule in SHIFTED])
        mended += sum([await _cap(unit, *rule) for rule in CAPPED])
    if mended:
        logger.warning("{} times from a future that never came were set right", mended)
    return mended


async def _shift(unit: Unit, begun: Column, others: Sequence[Column], which: ColumnElement[bool]) -> int:
    start = type_coerce(begun, BigInteger)
    values = {one: type_coerce(one, BigInteger) - start + to_millis(unit.now) for one in others}
    return await _write(unit, begun, {**values, begun: unit.now}, (begun > unit.now + MOST_APART) & which)


async def _cap(unit: Unit, column: Column, ahead: timedelta, which: ColumnElement[bool]) -> int:
    most = unit.now + ahead
    return await _write(unit, column, {column: most}, (column > most + MOST_APART) & which)


async def _write(unit: Unit, column: Column, values: dict[Column, Any], where: ColumnElement[bool]) -> int:
    table = cast("type[Base]", column.class_)
    done = await unit.session.execute(
        update(table).where(where).values(values).execution_options(synchronize_session=False)
    )
    return done.rowcount if isinstance(done, CursorResult) else 0
