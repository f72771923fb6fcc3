"""保存期限: the daily expiry, in bounded batches, each with a row that proves what it removed (P20)."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.forget import drop_stale_joins
from bot.core.rules.retention import RetentionPeriods
from bot.core.tables import ConsentRefusal, Crisis, Receipt
from bot.features.anonymous.acts.remind import expire_anonymous
from bot.features.consultation.acts.answer import expire_answers
from bot.features.relay.tables import RelayBlock
from bot.features.rights.tables import Download, RetentionRun, RightsRequest
from bot.features.talk.acts.take_back import expire_messages, expire_notes, expire_talks
from bot.features.voice.acts.withdraw import expire_voices
from bot.features.wish.acts.hand_over import expire_wishes, lapse_wishes
from bot.features.wish.rules.match import MatchState
from bot.features.wish.tables import ResourceMatch
from bot.store.delivery import EventKey, OutboxMessage, Prompt
from bot.store.dialect import upsert
from bot.store.outbox import FINAL_STATES
from bot.store.people import BindAttempt, BindCode, Person
from bot.store.unit import Unit

BATCH: Final = 500
"""Rows removed in one transaction, so that no command waits for the expiry (a write stays under 50 ms)."""

LAPSES: Final = 20
"""Wishes that end in one transaction because nobody is there for their owner: each costs a few statements."""

Expire = Callable[[Unit, RetentionPeriods], Awaitable[int]]


async def _drop(unit: Unit, table: Any, key: Any, *where: Any) -> int:
    """Delete one batch of rows; returns how many."""
    batch = select(key).where(*where).limit(BATCH)
    done = await unit.session.execute(
        delete(table).where(key.in_(batch)).returning(key).execution_options(synchronize_session=False)
    )
    return len(done.all())


async def _original_messages(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_messages(unit, unit.now - periods.original_messages)


async def _talk_notes(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_notes(unit, unit.now - periods.talk_notes)


async def _talks(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_talks(unit, unit.now - periods.talks)


async def _pending_joins(unit: Unit, periods: RetentionPeriods) -> int:
    return await drop_stale_joins(unit, unit.now - periods.pending_joins)


async def _receipts(unit: Unit, periods: RetentionPeriods) -> int:
    before = unit.now - periods.consent_receipts
    return await _drop(unit, Receipt, Receipt.number, Receipt.at < before)


async def _event_keys(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, EventKey, EventKey.key, EventKey.day < (unit.now - periods.event_keys).date())


async def _answered_prompts(unit: Unit, periods: RetentionPeriods) -> int:
    over = Prompt.state.not_in(("open", "queued"))
    return await _drop(unit, Prompt, Prompt.id, over, Prompt.expires_at < unit.now - periods.answered_prompts)


async def _bind_codes(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, BindCode, BindCode.id, BindCode.expires_at < unit.now - periods.bind_codes)


async def _bind_attempts(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, BindAttempt, BindAttempt.id, BindAttempt.at < unit.now - periods.bind_attempts)


async def _downloads(unit: Unit, periods: RetentionPeriods) -> int:
    gone = await _drop(unit, Download, Download.id, Download.expires_at <= unit.now)
    unit.erased = unit.erased or gone > 0
    return gone


async def _outbox(unit: Unit, periods: RetentionPeriods) -> int:
    """Final rows after their time; at once those of somebody who is gone, and receipts of erasures once delivered."""
    final = OutboxMessage.state.in_(FINAL_STATES)
    nobody = OutboxMessage.person_id.is_not(None) & OutboxMessage.person_id.not_in(select(Person.id))
    old = OutboxMessage.created_at < unit.now - periods.outbox
    relays = OutboxMessage.idem_key.startswith("relay:")  # when two people wanted to talk
    return await _drop(unit, OutboxMessage, OutboxMessage.id, final, or_(old, nobody, relays))


async def _relay_blocks(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, RelayBlock, RelayBlock.id, RelayBlock.at < unit.now - periods.relay_blocks)


async def _voices(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_voices(unit, unit.now - periods.voices, BATCH)


async def _consultations(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_answers(unit, unit.now - periods.consultations, BATCH)


async def _wishes(unit: Unit, periods: RetentionPeriods) -> int:
    before = unit.now - periods.wishes
    await lapse_wishes(unit, before, limit=LAPSES)
    return await expire_wishes(unit, before, limit=BATCH)


async def _ended_matches(unit: Unit, periods: RetentionPeriods) -> int:
    ended = ResourceMatch.state == MatchState.ENDED.value
    before = unit.now - periods.ended_matches
    return await _drop(unit, ResourceMatch, ResourceMatch.id, ended, ResourceMatch.settled_at < before)


async def _anonymous(unit: Unit, periods: RetentionPeriods) -> int:
    return await expire_anonymous(unit, (unit.now - periods.anonymous_voices).date(), limit=BATCH)


async def _crises(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, Crisis, Crisis.id, Crisis.closed_at < unit.now - periods.crises)


async def _rights_requests(unit: Unit, periods: RetentionPeriods) -> int:
    over = func.coalesce(RightsRequest.done_at, RightsRequest.due_at)  # nobody may ever have answered
    return await _drop(unit, RightsRequest, RightsRequest.id, over < unit.now - periods.rights_requests)


async def _consent_refusals(unit: Unit, periods: RetentionPeriods) -> int:
    return await _drop(unit, ConsentRefusal, ConsentRefusal.id, ConsentRefusal.at < unit.now - periods.consent_refusals)


async def _retention_runs(unit: Unit, periods: RetentionPeriods) -> int:
    before = (unit.now - periods.retention_runs).date()
    done = await unit.session.execute(
        delete(RetentionRun).where(RetentionRun.day < before).returning(RetentionRun.kind)
    )
    return len(done.all())


EXPIRIES: Final[dict[str, Expire]] = {
    "original_messages": _original_messages,
    "talk_notes": _talk_notes,
    "talks": _talks,
    "pending_joins": _pending_joins,
    "receipts": _receipts,
    "event_keys": _event_keys,
    "prompts": _answered_prompts,
    "bind_codes": _bind_codes,
    "bind_attempts": _bind_attempts,
    "downloads": _downloads,
    "voices": _voices,
    "consultations": _consultations,
    "wishes": _wishes,
    "ended_matches": _ended_matches,
    "anonymous_voices": _anonymous,
    "outbox": _outbox,
    "crises": _crises,
    "rights_requests": _rights_requests,
    "consent_refusals": _consent_refusals,
    "relay_blocks": _relay_blocks,
    "retention_runs": _retention_runs,
}
"""Every kind that runs out, by the name under which it is reported."""
WHOLE: Final = frozenset({"original_messages", "talk_notes", "talks", "pending_joins", "retention_runs"})
"""Kinds that remove all that is due in one go; the others come in batches."""


async def expire_kind(unit: Unit, kind: str, periods: RetentionPeriods) -> tuple[int, bool]:
    """Remove one batch of one kind and add it to the day's proof; how many, and whether more may be left."""
    removed = await EXPIRIES[kind](unit, periods)
    await _prove(unit, kind, removed)
    return removed, removed >= BATCH and kind not in WHOLE


async def done_today(session: AsyncSession, day: date) -> bool:
    """Whether the daily expiry has run to its end on this day."""
    found = await session.execute(select(RetentionRun.kind).where(RetentionRun.day == day))
    return set(found.scalars()) >= set(EXPIRIES)


async def _prove(unit: Unit, kind: str, removed: int) -> None:
    statement = upsert(unit.session, RetentionRun).values(
        day=unit.now.date(), kind=kind, removed=removed, ran_at=unit.now
    )
    await unit.session.execute(
        statement.on_conflict_do_update(
            index_elements=[RetentionRun.day, RetentionRun.kind],
            set_={"removed": RetentionRun.removed + removed, "ran_at": unit.now},
        )
    )
