"""Ticks of voices: what waits too long, and what closes by silence (6.4)."""

from datetime import datetime
from typing import Final

from loguru import logger
from sqlalchemy import ColumnElement, and_, or_, select

from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.remind import tick_voice
from bot.features.voice.rules.voice import (
    REMIND_AFTER,
    SILENCE,
    STALE_AFTER,
    TELL_ABOVE_AFTER,
    VoiceState,
    held_before,
    in_office_hours,
)
from bot.features.voice.tables import Voice
from bot.store.chat import Contact
from bot.store.store import Store

MANY: Final = 200
"""Items one tick looks at; the next one takes the rest."""
WAITING: Final = (VoiceState.OPEN.value, VoiceState.ESCALATED.value)


async def tick_voices(store: Store, now: datetime, workdays: Workdays) -> int:
    """Do what is due, one item a transaction; returns how many were touched. Safe to run anywhere, any time."""
    async with store.read() as session:
        rows = await session.execute(select(Voice.id).where(_due(now, workdays)).order_by(Voice.held_since).limit(MANY))
        due = rows.scalars().all()
    touched = 0
    for voice_id in due:
        try:
            async with store.unit(now=now) as unit:
                touched += await tick_voice(unit, voice_id, workdays)
        except Exception as error:  # one that fails must not keep the others waiting
            logger.opt(exception=error).error("a voice could not be looked after")
    return touched


def _due(now: datetime, workdays: Workdays) -> ColumnElement[bool]:
    """What the clock may have something to say about; each is looked at once more under its lock."""
    waiting = Voice.state.in_(WAITING)
    contact = (
        select(Contact.id)
        .where(Contact.cadre_id == Voice.cadre_id, Contact.youth_id == Voice.author_id, Contact.ended_at.is_(None))
        .exists()
    )
    found = [
        and_(Voice.state == VoiceState.ANSWERED.value, Voice.answered_at <= now - SILENCE),
        and_(waiting, Voice.holder_org_id.is_(None), ~contact),
        and_(waiting, Voice.held_since <= now - STALE_AFTER),
    ]
    if in_office_hours(now, workdays):
        for days, told in ((REMIND_AFTER, Voice.reminded_at), (TELL_ABOVE_AFTER, Voice.told_above_at)):
            found.append(and_(waiting, told.is_(None), Voice.held_since < held_before(now, days, workdays)))
    return or_(*found)
