"""查阅批准: who may read the record of a minor who is not one of their own youths (P14)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.access import AccessNeeded, AccessState
from bot.core.rules.people import Actor, AgeBand
from bot.core.rules.refs import Ref
from bot.core.tables import AccessRequest
from bot.store.people import Person


def approval(actor: Actor, ref: Ref, now: datetime) -> Any:
    """The approvals by which this actor may read this item now."""
    return select(AccessRequest).where(
        AccessRequest.number == ref.number,
        AccessRequest.letter == ref.letter,
        AccessRequest.asker_id == actor.person_id,
        AccessRequest.state == AccessState.APPROVED.value,
        AccessRequest.due_at > now,
    )


async def approved(session: AsyncSession, actor: Actor, ref: Ref, now: datetime) -> AccessRequest | None:
    """The approval in force, if there is one."""
    found = await session.execute(approval(actor, ref, now).order_by(AccessRequest.due_at.desc()).limit(1))
    return found.scalar_one_or_none()


async def need_approval(session: AsyncSession, actor: Actor, ref: Ref, subject_id: int, now: datetime) -> bool:
    """Check that a named record needs no approval or has one; refuses ``access.needed``."""
    band = await session.scalar(select(Person.age_band).where(Person.id == subject_id))
    if band != AgeBand.MINOR.value:
        return False
    if await approved(session, actor, ref, now) is None:
        raise AccessNeeded(ref=ref.code)
    return True
