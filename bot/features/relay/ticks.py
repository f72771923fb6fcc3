"""Ticks of relays: silence, the longest time, hours that were named, requests without an answer, rows of words."""

from datetime import datetime

from loguru import logger

from bot.features.relay.acts.time_out import relays_due, tick_relay, tidy_words
from bot.store.store import Store


async def tick_relays(store: Store, now: datetime) -> int:
    """Do what is due, one relay a transaction; returns how many were touched. Safe to run anywhere, any time."""
    async with store.read() as session:
        due = await relays_due(session, now=now)
    touched = 0
    for relay_id in due.relays:
        try:
            async with store.unit(now=now) as unit:
                touched += await tick_relay(unit, relay_id)
        except Exception as error:  # one that fails must not keep the others waiting
            logger.opt(exception=error).error("a relay could not be looked at")
    if due.rows:
        async with store.unit(now=now) as unit:
            touched += await tidy_words(unit)
    return touched
