"""Ticks of the core: calls for help, messages past their time, and the calendar (P27, sections 6 and 7)."""

from datetime import timedelta
from typing import Final

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.crisis_call import due_crises, tick_crisis
from bot.core.feature import Look, Tick
from bot.store import outbox
from bot.store.unit import Unit

WARN_EVERY: Final = timedelta(days=7)
"""An operator who has read a warning need not read it every day."""
AT_A_TIME: Final = 500
"""Messages that end in one transaction."""


async def messages_due(session: AsyncSession, look: Look) -> list[None]:
    """One item when there is a message past its time."""
    return [None] if await outbox.any_expired(session, now=look.now) else []


async def expire_messages(unit: Unit, _item: None, _look: Look) -> int:
    """They end visibly."""
    return await outbox.expire(unit.session, now=unit.now, limit=AT_A_TIME)


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
    Tick("core.calendar", missing_year, warn_of_year, every=WARN_EVERY),
)
