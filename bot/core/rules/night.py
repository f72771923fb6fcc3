"""安静时间 Quiet hours: nothing that nobody asked for comes between 22:00 and 08:00 (P22)."""

from datetime import datetime, time, timedelta
from typing import Final

QUIET_FROM: Final = 22
QUIET_TO: Final = 8
"""Local hours between which nothing comes unasked."""


def in_quiet_hours(now: datetime) -> bool:
    """Between 22:00 and 08:00."""
    return now.hour >= QUIET_FROM or now.hour < QUIET_TO


def morning(now: datetime) -> datetime:
    """When the quiet hours around ``now`` end."""
    day = now.date() if now.hour < QUIET_TO else now.date() + timedelta(days=1)
    return datetime.combine(day, time(QUIET_TO), now.tzinfo)
