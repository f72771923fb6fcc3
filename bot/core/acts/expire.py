"""保存期限: what runs out of the core's own rows, and the batches in which every kind goes (P20)."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, exists, literal_column, select

from bot.core.acts.forget import drop_stale_joins
from bot.core.feature import Expiry
from bot.core.rules.retention import RetentionPeriods
from bot.core.tables import ConsentRefusal, Crisis, Download, Receipt
from bot.store.delivery import EventKey, OutboxMessage, Prompt
from bot.store.outbox import LIVE_STATES
from bot.store.people import BindAttempt, BindCode, Person
from bot.store.unit import Unit

STILL_WRITTEN: Final = timedelta(days=3)
"""An erasure takes the rows of its person; one written at the same moment is final within a day."""
OF_RELAYS: Final = literal_column("substr(outbox.idem_key, 1, 6)") == literal_column("'relay:'")
"""As constants of the statement, so that the small index of such rows serves it."""
OVER: Final = ("answered", "cancelled", "expired")
"""States in which a question waits for nothing."""


async def drop_batch(unit: Unit, table: Any, key: Any, limit: int, *where: Any) -> int:
    """Delete at most ``limit`` rows; returns how many."""
    batch = select(key).where(*where).limit(limit)
    done = await unit.session.execute(
        delete(table).where(key.in_(batch)).returning(key).execution_options(synchronize_session=False)
    )
    return len(done.all())


async def _pending_joins(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_stale_joins(unit, unit.now - periods.pending_joins, limit=limit)


async def _receipts(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, Receipt, Receipt.number, limit, Receipt.at < unit.now - periods.consent_receipts)


async def _event_keys(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    before = (unit.now - periods.event_keys).date()
    return await drop_batch(unit, EventKey, EventKey.key, limit, EventKey.day < before)


async def _answered_prompts(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    over = Prompt.state.in_(OVER)
    before = unit.now - periods.answered_prompts
    return await drop_batch(unit, Prompt, Prompt.id, limit, over, Prompt.expires_at < before)


async def _bind_codes(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, BindCode, BindCode.id, limit, BindCode.expires_at < unit.now - periods.bind_codes)


async def _bind_attempts(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, BindAttempt, BindAttempt.id, limit, BindAttempt.at < unit.now - periods.bind_attempts)


async def _outbox(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Final rows after their time; at once those of relays, which tell when two people wanted to talk, and what was
    still written to somebody whose data were being erased.
    """
    created, gone = OutboxMessage.created_at, 0
    nobody = and_(
        created > unit.now - STILL_WRITTEN,
        OutboxMessage.person_id.is_not(None),
        ~exists().where(Person.id == OutboxMessage.person_id),
    )
    for which in (created < unit.now - periods.outbox, OF_RELAYS, nobody):
        final = OutboxMessage.state.not_in(LIVE_STATES)  # so said, nobody looks through all that is final
        gone += await drop_batch(unit, OutboxMessage, OutboxMessage.id, limit - gone, final, which)
    return gone


async def _crises(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, Crisis, Crisis.id, limit, Crisis.closed_at < unit.now - periods.crises)


async def _consent_refusals(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    before = unit.now - periods.consent_refusals
    return await drop_batch(unit, ConsentRefusal, ConsentRefusal.id, limit, ConsentRefusal.at < before)


async def _downloads(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    gone = await drop_batch(unit, Download, Download.id, limit, Download.expires_at <= unit.now)
    unit.erased = unit.erased or gone > 0
    return gone


EXPIRIES: Final = (
    Expiry("pending_joins", _pending_joins),
    Expiry("receipts", _receipts),
    Expiry("event_keys", _event_keys),
    Expiry("prompts", _answered_prompts),
    Expiry("bind_codes", _bind_codes),
    Expiry("bind_attempts", _bind_attempts),
    Expiry("outbox", _outbox),
    Expiry("crises", _crises),
    Expiry("consent_refusals", _consent_refusals),
    Expiry("downloads", _downloads),
)
