"""值班人: what the clock does with a crisis: remind, pass up what is overdue, end what nobody asked for (P27)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.crisis_call import FOLLOW_UP, call, call_duty, on_duty, pass_up, still_asked_of, tell_responsible
from bot.core.feature import Look
from bot.core.reads.duty import org_name
from bot.core.rules.crisis import CRISIS_CLOCK, CrisisState, reminder_due
from bot.core.rules.say import Say
from bot.core.tables import Crisis
from bot.store.delivery import Prompt
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class CrisisReminder(Say):
    """To a duty officer: nobody has reported on this call yet."""

    template: ClassVar[str] = "crisis/reminder"
    since: datetime


@dataclass(frozen=True, slots=True)
class CrisisOverdue(Say):
    """To those responsible: a call has gone 24 hours without a report. No name."""

    template: ClassVar[str] = "crisis/overdue"
    org: str
    since: datetime


async def tick_crisis(unit: Unit, crisis_id: int, _look: Look) -> bool:
    """One crisis on its clock: remind, pass up when overdue, end what nobody asked for. Whether that did something."""
    found = await unit.session.execute(select(Crisis).where(Crisis.id == crisis_id).with_for_update())
    crisis = found.scalar_one_or_none()
    if crisis is None or crisis.closed_at is not None:
        return False
    if CrisisState(crisis.state) is not CrisisState.CONTACT_WANTED:
        if crisis.due_at > unit.now:
            return False
        crisis.state, crisis.closed_at = CrisisState.CLOSED.value, unit.now
        await unit.audit(None, "crisis.ended", role="system", subject_id=crisis.person_id)
        return True
    if crisis.due_at <= unit.now:
        await _overdue(unit, crisis)
        return True
    return await _remind(unit, crisis)


async def due_crises(session: AsyncSession, look: Look) -> list[int]:
    """Crises that the clock may have something to say about, the oldest first."""
    rows = await session.execute(
        select(Crisis.id)
        .where(
            Crisis.closed_at.is_(None), (Crisis.due_at <= look.now) | (Crisis.state == CrisisState.CONTACT_WANTED.value)
        )
        .order_by(Crisis.opened_at)
        .limit(look.limit)
    )
    return list(rows.scalars().all())


async def _remind(unit: Unit, crisis: Crisis) -> bool:
    wanted_at = (
        await unit.session.execute(
            select(func.min(Prompt.asked_at)).where(Prompt.subject_id == crisis.id, Prompt.kind == FOLLOW_UP.kind)
        )
    ).scalar_one_or_none()
    if not reminder_due(
        CrisisState(crisis.state),
        crisis.opened_at,
        unit.now,
        contact_wanted_at=wanted_at,
        reminded_at=crisis.reminded_at,
    ):
        return False
    crisis.reminded_at = unit.now
    waiting = await still_asked_of(unit, crisis)
    if not waiting:
        # Nobody was on duty when the person asked; somebody may be now.
        holders = await on_duty(unit, crisis, crisis.org_id)
        if holders is not None:
            await call(unit, crisis, holders)
        return True
    for prompt in waiting:
        await unit.push_person(
            prompt.person_id,
            CrisisReminder(crisis.opened_at),
            idem_key=f"crisis:{crisis.id}:{int(unit.now.timestamp())}:{prompt.person_id}",
            cls="L",
            kind="alert",
            priority=0,
        )
    return True


async def _overdue(unit: Unit, crisis: Crisis) -> None:
    crisis.due_at = unit.now + CRISIS_CLOCK
    crisis.reminded_at = unit.now
    say = CrisisOverdue(await org_name(unit.session, crisis.org_id), crisis.opened_at)
    await tell_responsible(unit, crisis.org_id, say)
    await unit.audit(None, "crisis.overdue", role="system", subject_id=crisis.person_id)
    if await pass_up(unit, crisis, keep_waiting=True) is None and not await still_asked_of(unit, crisis):
        await call_duty(unit, crisis)
