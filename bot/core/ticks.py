"""Ticks of the core: calls for help, messages and questions past their time, the calendar (P27, sections 6, 7)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Final

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.audit_head import days_to_tell, officers_to_tell, tell_day, tell_officer
from bot.core.acts.calm import calm_over
from bot.core.acts.crisis_clock import due_crises, tick_crisis
from bot.core.acts.left import forget_who_left, people_to_forget
from bot.core.acts.prompt import QuestionOutdated, close_question, end_calm, put_next
from bot.core.acts.silence import fall_silent
from bot.core.acts.undelivered import given_up
from bot.core.acts.unshown import look_at_unshown
from bot.core.feature import Look, Tick
from bot.core.reads.questions import WAITING, asked, out_of_reason, still_asked
from bot.store import leases
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit

WARN_EVERY: Final = timedelta(days=7)
"""An operator who has read a warning need not read it every day."""
HEADS_FROM: Final = time(0, 5)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
AT_A_TIME: Final = 500
"""Messages that end in one transaction."""


async def questions_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Questions past their time."""
    rows = await session.execute(
        select(Prompt.id).where(WAITING, Prompt.expires_at <= look.now).order_by(Prompt.expires_at).limit(look.limit)
    )
    return rows.scalars().all()


async def end_question(unit: Unit, question_id: int, _look: Look) -> bool:
    """Close a question and carry out what silence means; one that cannot be read any more ends with a message."""
    prompt = await unit.session.get(Prompt, question_id)
    if prompt is None or prompt.expires_at > unit.now:
        return False
    if prompt.shown_at is None and not prompt.own:
        await look_at_unshown(unit, prompt)
        return True
    question = await asked(unit.session, unit.vault, prompt)
    if not await close_question(unit, question, state="expired"):
        return False
    if await unit.session.get(Person, question.person_id) is not None:
        if question.data is None:
            await unit.push_person(question.person_id, QuestionOutdated(), cls="L")
        await fall_silent(unit, question)
    await put_next(unit, question.account_id)
    return True


async def questions_over(session: AsyncSession, look: Look) -> Sequence[int]:
    """Questions whose reason is gone."""
    return await out_of_reason(session, look.now, look.limit)


async def take_back(unit: Unit, question_id: int, _look: Look) -> bool:
    """Take a question back whose reason is gone, and put the next one."""
    prompt = await unit.session.get(Prompt, question_id)
    if prompt is None or await still_asked(unit.session, [prompt.id], unit.now):
        return False
    over = await close_question(unit, await asked(unit.session, unit.vault, prompt), state="cancelled")
    await put_next(unit, prompt.account_id)
    return over


async def messages_due(session: AsyncSession, look: Look) -> list[None]:
    """One item when there is a message past its time."""
    return [None] if await leases.any_expired(session, now=look.now) else []


async def expire_messages(unit: Unit, _item: None, _look: Look) -> int:
    """End messages past their time visibly, and tell whoever sent them and whatever depends on them."""
    rows = await leases.expire(unit.session, unit.vault, now=unit.now, limit=AT_A_TIME)
    for row in rows:
        if row.about is not None or row.by is not None:
            await given_up(unit, replace(row, fallback=None))
    return len(rows)


async def missing_year(_session: AsyncSession, look: Look) -> list[int]:
    """The year whose official workdays the operator should see to."""
    year = look.workdays.missing_year(look.now.date())
    return [year] if year is not None else []


async def warn_of_year(_unit: Unit, year: int, _look: Look) -> bool:
    """Tell the operator, not the cadres, that a year is only worked out (requirements 7.3)."""
    logger.warning("no official workdays of {} yet: estimated; update, or enter them in workdays.csv", year)
    return True


TICKS: Final = (
    Tick("core.crises", due_crises, tick_crisis, goes_on=True),
    Tick("core.expire_messages", messages_due, expire_messages, until_done=True),
    Tick("core.questions", questions_due, end_question),
    Tick("core.questions_over", questions_over, take_back, every=MINUTE),
    Tick("core.calm", calm_over, end_calm),
    Tick("core.left", people_to_forget, forget_who_left, every=HOUR, batch=True),
    Tick("core.audit_head", days_to_tell, tell_day, daily=HEADS_FROM),
    Tick("core.audit_week", officers_to_tell, tell_officer, every=HOUR, office_hours=True),
    Tick("core.calendar", missing_year, warn_of_year, every=WARN_EVERY),
)
