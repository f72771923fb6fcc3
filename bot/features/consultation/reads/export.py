"""导出 of consultations: what a person answered, and what they asked for an organ (P7)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.unreadable import shown
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.store.sealing import Vault


async def export_answers(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What this person answered to consultations."""
    rows = await session.execute(
        select(ConsultationAnswer, Consultation)
        .join(Consultation, Consultation.id == ConsultationAnswer.consultation_id)
        .where(ConsultationAnswer.person_id == person_id)
        .order_by(ConsultationAnswer.day, ConsultationAnswer.id)
    )
    return [
        {
            "ref": f"#Q{consultation.ref}",
            "question": await shown(session, vault, f"consultations:{consultation.id}:text", consultation.text),
            "on": answer.day,
            "text": await shown(session, vault, f"consultation_answers:{answer.id}:text", answer.text),
        }
        for answer, consultation in rows.all()
    ]


async def export_questions(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Consultations this person asked: the question and what was adopted, nobody's answers."""
    rows = await session.execute(
        select(Consultation).where(Consultation.asker_id == person_id).order_by(Consultation.asked_at)
    )
    return [
        {
            "ref": f"#Q{each.ref}",
            "state": each.state,
            "asked": each.asked_at,
            "text": await shown(session, vault, f"consultations:{each.id}:text", each.text),
            "result": await shown(session, vault, f"consultations:{each.id}:result", each.result),
        }
        for each in rows.scalars().all()
    ]
