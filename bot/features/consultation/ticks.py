"""Ticks of consultations: sending on, ending, and reminding whoever asked (R4.4)."""

from datetime import datetime
from typing import Final

from loguru import logger
from sqlalchemy import and_, or_, select

from bot.core.rules.workdays import Workdays
from bot.features.consultation.acts.answer import tick_consultation
from bot.features.consultation.rules.consultation import ConsultationState
from bot.features.consultation.tables import Consultation
from bot.features.voice.rules.voice import in_office_hours
from bot.store.store import Store

MANY: Final = 50


async def tick_consultations(store: Store, now: datetime, workdays: Workdays) -> int:
    """Do what is due, one question a transaction; returns how many were touched. Safe to run anywhere, any time."""
    due = [
        Consultation.cursor.is_not(None),
        and_(Consultation.state == ConsultationState.OPEN.value, Consultation.ends_at <= now),
    ]
    if in_office_hours(now, workdays):
        due.append(and_(Consultation.state == ConsultationState.ENDED.value, Consultation.reminded_at.is_(None)))
    async with store.read() as session:
        rows = await session.execute(select(Consultation.id).where(or_(*due)).order_by(Consultation.id).limit(MANY))
        ids = rows.scalars().all()
    touched = 0
    for consultation_id in ids:
        try:
            async with store.unit(now=now) as unit:
                touched += await tick_consultation(unit, consultation_id, workdays)
        except Exception as error:  # one that fails must not keep the others waiting
            logger.opt(exception=error).error("a consultation could not be looked after")
    return touched
