"""未成年人个人信息合规审计: the dates of the yearly audit of minors' data (P33, 7.1)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.core.rules.workdays import Workdays

FOUND_LATE: Final = timedelta(days=6)
"""A bot that was off on the day itself still reminds within this time."""
WORKDAYS_BEFORE: Final = 5


@dataclass(frozen=True, slots=True)
class YearlyAudit:
    """年度审计提醒: of which year, due on which workday, and which of the reminders it is."""

    year: int
    due: date
    stage: int


def audit_due(year: int, workdays: Workdays) -> date:
    """31 January of the next year, or the last workday before it."""
    return workdays.last_on_or_before(date(year + 1, 1, 31))


def audit_now(day: date, workdays: Workdays) -> YearlyAudit | None:
    """The reminder of this day: from the first workday of December, five workdays before it is due, and on the day."""
    year = day.year if day.month == 12 else day.year - 1
    due = audit_due(year, workdays)
    first = workdays.after(date(year, 11, 30), 1)
    for stage, begins in reversed(((1, first), (2, workdays.before(due, WORKDAYS_BEFORE)), (3, due))):
        if begins <= day <= min(begins + FOUND_LATE, date(year + 1, 1, 31)):
            return YearlyAudit(year, due, stage)
    return None
