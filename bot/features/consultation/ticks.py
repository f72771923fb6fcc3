"""Ticks of consultations: sending on, ending, and reminding whoever asked (R4.4)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look, Tick
from bot.features.consultation.acts.answer import tick_consultation
from bot.features.consultation.rules.consultation import ConsultationState
from bot.features.consultation.tables import Consultation


async def consultations_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Questions still being sent, those whose time is over, and in office hours those whose asker does not know yet."""
    due = [
        Consultation.cursor >= 0,  # not None, said so that an index serves it
        and_(Consultation.state == ConsultationState.OPEN.value, Consultation.ends_at <= look.now),
    ]
    if look.in_office_hours:
        due.append(and_(Consultation.state == ConsultationState.ENDED.value, Consultation.reminded_at.is_(None)))
    rows = await session.execute(select(Consultation.id).where(or_(*due)).limit(look.limit))
    return rows.scalars().all()


TICKS: Final = (Tick("consultation.go_on", consultations_due, tick_consultation),)
