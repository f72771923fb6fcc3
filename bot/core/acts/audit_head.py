"""The head of the audit goes outside: each day to a file, each week to the privacy officer (P15, threat 22)."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.duty import top_holders
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.store.audit import heads_now
from bot.store.audit_heads import AuditFile, last_told, shown_head, tell_heads
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AuditHeads(Say):
    """To the privacy officer, each week: where the chains end, to be kept apart from the server."""

    template: ClassVar[str] = "common/audit_heads"
    heads: tuple[str, ...]


async def days_to_tell(_session: AsyncSession, look: Look) -> list[date]:
    """Today, unless the file already has its heads."""
    path = look.installation.of(AuditFile).path
    if path is None:
        return []
    try:
        told = await asyncio.to_thread(last_told, path)
    except OSError as error:
        logger.error("the file of audit heads cannot be read: {}", type(error).__name__)
        return []
    return [look.now.date()] if told != look.now.date() else []


async def tell_day(unit: Unit, day: date, look: Look) -> int:
    """Write the heads to the file; if it cannot be reached today, try again tomorrow."""
    path, heads = look.installation.of(AuditFile).path, await heads_now(unit.session, unit.vault)
    if path is None or not heads:
        return 0
    try:
        await asyncio.to_thread(tell_heads, path, day, heads)
    except OSError as error:
        logger.error("the audit's head was not told outside: {}", type(error).__name__)
        return 0
    return len(heads)


def begins_the_week(day: date, workdays: Workdays) -> bool:
    """Whether this is the first workday of its week."""
    monday = day - timedelta(days=day.weekday())
    return workdays.is_workday(day) and not any(
        workdays.is_workday(monday + timedelta(days=earlier)) for earlier in range(day.weekday())
    )


async def officers_to_tell(session: AsyncSession, look: Look) -> list[int]:
    """The responsible persons of the highest organisation, on the first workday of a week."""
    if not begins_the_week(look.now.date(), look.workdays):
        return []
    return await top_holders(session, Role.PRIVACY_OFFICER, now=look.now)


async def tell_officer(unit: Unit, officer_id: int, look: Look) -> bool:
    """Tell one officer, once a week, however often the tick looks."""
    heads = tuple(shown_head(told) for told in await heads_now(unit.session, unit.vault))
    if not heads:
        return False
    key = f"audit-head:{look.now.date().isoformat()}:{officer_id}"
    return await unit.push_person(officer_id, AuditHeads(heads), cls="L", idem_key=key)
