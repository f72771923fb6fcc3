"""玩具 Toy: when a toy that was lent is asked for again."""

from datetime import datetime, timedelta
from typing import Final

LENT_FOR: Final = timedelta(days=3)
"""After this time whoever has it is reminded, once."""


def is_due(lent_at: datetime, now: datetime) -> bool:
    """Whether a toy has been away long enough for a reminder."""
    return now - lent_at >= LENT_FOR
