"""待办: consultations whose result is still due (R4.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem, TodoKind
from bot.features.consultation.reads.consultation import asked_by
from bot.features.consultation.rules.consultation import ConsultationState
from bot.features.consultation.tables import Consultation
from bot.store.sealing import Vault


async def results_due(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Questions whose time is over: those who answered wait to hear what came of it."""
    mine = (
        select(Consultation.ref, Consultation.ends_at)
        .where(asked_by(actor), Consultation.state == ConsultationState.ENDED.value)
        .order_by(Consultation.ends_at, Consultation.ref)
    )
    count, rows = await first(session, mine, most)
    return OpenItems(count, [TodoItem(TodoKind.CONSULTATION, ended, f"Q{ref}") for ref, ended in rows])
