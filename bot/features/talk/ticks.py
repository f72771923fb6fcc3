"""Ticks of talks: the repeated notice, talks that fell silent, talks whose 要点 never came (P4)."""

from datetime import datetime

from bot.features.talk.acts.stop import close_idle, close_stopped, repeat_notice
from bot.features.talk.reads.talk import talks_due
from bot.store.store import Store


async def tick_talks(store: Store, now: datetime) -> int:
    """Do what is due, one talk a transaction; returns how many talks were touched. Safe to run anywhere, any time."""
    async with store.read() as session:
        due = await talks_due(session, now)
    touched = 0
    for talk_id in due.notices:
        async with store.unit(now=now) as unit:
            touched += await repeat_notice(unit, talk_id)
    for talk_id in due.idle:
        async with store.unit(now=now) as unit:
            touched += await close_idle(unit, talk_id) is not None
    for talk_id in due.stopped:
        async with store.unit(now=now) as unit:
            touched += await close_stopped(unit, talk_id) is not None
    return touched
