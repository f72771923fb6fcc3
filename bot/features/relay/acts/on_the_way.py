"""Words of relays in the outbox: they leave no row behind, and those that did not arrive are told to their speaker."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.features.relay.rules.relay import RelaySide
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.leases import peek
from bot.store.outbox import FINAL_STATES, LIVE_STATES, RELAY
from bot.store.unit import Unit

IS_RELAY: Final = OutboxMessage.kind == literal_column(f"'{RELAY}'")
"""As a constant of the statement, so that the small index of such rows serves it."""
AT_A_TIME: Final = 50
"""Expired words told of in one go."""


def opening_key(relay_id: int, side: RelaySide) -> str:
    """The idempotency key of the message that tells one side that it may speak."""
    return f"relay:{relay_id}:open:{side.value}"


async def opening_state(session: AsyncSession, relay_id: int, side: RelaySide) -> str | None:
    """Where that message stands; None when this side heard it in the answer to its own words."""
    found = await session.execute(
        select(OutboxMessage.state).where(OutboxMessage.idem_key == opening_key(relay_id, side))
    )
    return found.scalar_one_or_none()


async def cancel_words(unit: Unit, relay_id: int) -> None:
    """Take back words of this relay that have not left."""
    of_it = OutboxMessage.idem_key.startswith(f"relay:{relay_id}:", autoescape=True)
    here = OutboxMessage.state.in_(("ready", "unknown"))
    await unit.swap(OutboxMessage, IS_RELAY, of_it, here, state="cancelled", payload=None)


async def drop_rows_of(unit: Unit, relay_id: int) -> None:
    """Delete the final rows of one relay."""
    await unit.session.execute(
        delete(OutboxMessage)
        .where(
            IS_RELAY,
            OutboxMessage.idem_key.startswith(f"relay:{relay_id}:", autoescape=True),
            OutboxMessage.state.in_(FINAL_STATES),
        )
        .execution_options(synchronize_session=False)
    )


async def drop_rows(unit: Unit, live: Collection[int]) -> int:
    """Delete rows of words that are final, so that no row tells when two people spoke; returns how many.

    Openings of ``live`` relays stay, for they are looked at.
    """
    kept = [opening_key(relay_id, side) for relay_id in live for side in RelaySide]
    done = await unit.session.execute(
        delete(OutboxMessage)
        .where(
            IS_RELAY,
            OutboxMessage.state.not_in(LIVE_STATES),
            OutboxMessage.idem_key.not_in(kept),
        )
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def tell_expired(unit: Unit) -> int:
    """Words whose time is over before they could be sent: their speaker is told; returns how many."""
    rows = await unit.session.execute(
        select(OutboxMessage.id)
        .where(
            IS_RELAY,
            OutboxMessage.state.in_(("ready", "unknown")),
            OutboxMessage.expires_at <= unit.now,
        )
        .order_by(OutboxMessage.position)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    due = list(rows.scalars())
    for row_id in due:
        row = await peek(unit.session, unit.vault, row_id)
        if row is not None and row.fallback is not None:
            address, words = row.fallback
            await unit.push_words(address, words, kind=RELAY, priority=1, nameless=True)  # who spoke is in no row
        await unit.swap(OutboxMessage, OutboxMessage.id == row_id, state="expired", payload=None)
    return len(due)


async def forget_questions(unit: Unit, *, subject_id: int, only: int | None = None) -> None:
    """Questions about a relay that are over: neither they nor their messages tell when they were put."""
    mine = select(Prompt.id, Prompt.person_id).where(Prompt.subject_id == subject_id)
    rows = await unit.session.execute(mine if only is None else mine.where(Prompt.id == only))
    for prompt_id, person_id in rows.all():
        await unit.session.execute(
            delete(OutboxMessage)
            .where(
                OutboxMessage.person_id == person_id,
                OutboxMessage.idem_key.startswith(f"prompt:{prompt_id}:", autoescape=True),
            )
            .execution_options(synchronize_session=False)
        )
        await unit.session.execute(
            delete(Prompt).where(Prompt.id == prompt_id).execution_options(synchronize_session=False)
        )
