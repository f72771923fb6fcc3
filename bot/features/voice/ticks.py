"""Ticks of voices: what waits too long, and what closes by silence (6.4)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look, Tick
from bot.core.reads.questions import WAITING as QUESTION_WAITS
from bot.features.voice.acts.gone import look_at_cadre, voices_of_gone
from bot.features.voice.acts.remind import tick_voice
from bot.features.voice.acts.transition import LEAVING, RATING
from bot.features.voice.rules.voice import (
    REMIND_AFTER,
    SILENCE,
    STALE_AFTER,
    STALE_IF_LEFT,
    TELL_ABOVE_AFTER,
    VoiceState,
    held_before,
)
from bot.features.voice.tables import Voice
from bot.store.chat import Contact
from bot.store.delivery import Prompt

WAITING: Final = (VoiceState.OPEN.value, VoiceState.ESCALATED.value)


async def voices_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """What the clock may have something to say about; each is looked at once more under its lock."""
    rows = await session.execute(select(Voice.id).where(_due(look)).order_by(Voice.held_since).limit(look.limit))
    return rows.scalars().all()


def _due(look: Look) -> ColumnElement[bool]:
    now = look.now
    waiting = Voice.state.in_(WAITING)
    contact = (
        select(Contact.id)
        .where(Contact.cadre_id == Voice.cadre_id, Contact.youth_id == Voice.author_id, Contact.ended_at.is_(None))
        .exists()
    )
    asked = exists().where(Prompt.kind == RATING.kind, Prompt.subject_id == Voice.id, QUESTION_WAITS)
    leaving = exists().where(Prompt.kind == LEAVING.kind, Prompt.subject_id == Voice.id, QUESTION_WAITS)
    anybody = exists().where(Contact.youth_id == Voice.author_id, Contact.ended_at.is_(None))
    found = [
        and_(Voice.state == VoiceState.ANSWERED.value, Voice.answered_at <= now - SILENCE, ~asked),
        and_(waiting, Voice.holder_org_id.is_(None), Voice.handed_named.is_(None), ~contact, ~leaving),
        and_(waiting, Voice.held_since <= now - STALE_IF_LEFT, Voice.author_id.is_not(None), ~anybody),
        and_(waiting, Voice.held_since <= now - STALE_AFTER),
    ]
    if look.in_office_hours:
        for days, told in ((REMIND_AFTER, Voice.reminded_at), (TELL_ABOVE_AFTER, Voice.told_above_at)):
            found.append(and_(waiting, told.is_(None), Voice.held_since < held_before(now, days, look.workdays)))
    return or_(*found)


TICKS: Final = (
    Tick("voice.remind", voices_due, tick_voice),
    Tick("voice.gone", voices_of_gone, look_at_cadre, every=timedelta(minutes=5)),
)
