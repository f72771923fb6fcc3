"""日子: the days that the notice itself sets, in the calendar of a cadre and of an organ (R2.9, R5.7, R6.12)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.office import in_force
from bot.core.rules.calendar import AHEAD, CalendarEntry, CalendarOf
from bot.core.rules.five_ones import ORGAN_QUOTA, quota_rule
from bot.core.rules.people import CadreKind, Role
from bot.core.rules.windows import Window, months_window, report_due
from bot.core.shipped import labels
from bot.store.people import RoleGrant

_DAY: Final = timedelta(days=1)
NOTICE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed instant for entries that nobody made, so that the same calendar is the same file."""
ASSESSMENTS: Final = ((6, 15), (12, 10))
"""Month and day by which an organ has its full assessment of part-time cadres, 年中和年底 (R5.7)."""


async def dates_of(session: AsyncSession, of: CalendarOf, look: Look) -> Sequence[CalendarEntry]:
    """The last days of windows, of an organ the reports and assessments too; a year ahead."""
    today = look.now.date()
    if of.org_id is None:
        months = quota_rule(await _kind(session, of.person_id, look.now)).months
        return [_entry("window", window.last) for window in _windows(today, months)]
    quarters = list(_windows(today, ORGAN_QUOTA.months))
    years = (today.year, today.year + 1)
    return [
        *(_entry("organ_window", window.last) for window in quarters),
        *(_entry("report", report_due(window.last, look.workdays), key=window.last) for window in quarters),
        *(_entry("assessment", on) for year in years for on in _assessments(year) if today <= on <= today + AHEAD),
    ]


def _assessments(year: int) -> Iterator[date]:
    return (date(year, month, day) for month, day in ASSESSMENTS)


def _windows(today: date, months: int) -> Iterator[Window]:
    window = months_window(today, months)
    while window.first <= today + AHEAD:
        yield window
        window = months_window(window.last + _DAY, months)


async def _kind(session: AsyncSession, person_id: int, now: datetime) -> CadreKind | None:
    found = await session.execute(
        select(RoleGrant.cadre_kind)
        .where(RoleGrant.person_id == person_id, RoleGrant.role == Role.CADRE.value, in_force(now))
        .order_by(RoleGrant.cadre_kind)
        .limit(1)
    )
    kind = found.scalar_one_or_none()
    return CadreKind(kind) if kind else None


def _entry(what: str, on: date, *, key: date | None = None) -> CalendarEntry:
    """``key``: what names it where its day may still move; the day then is the revision, which cannot fall back."""
    title = labels()["calendar_date"][what]
    uid = f"{what}-{(key or on):%Y%m%d}@zhixin"
    return CalendarEntry(uid, 0, NOTICE, on, on, title, title)
