"""安排里的时间: of what is planned or moved; a day that is just over may be a slip, and then is asked, not guessed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.rules.when.results import Ambiguous, Exact, Found, Why
from bot.core.rules.when.single import find_time
from bot.core.rules.workdays import Workdays

FAR: Final = timedelta(days=60)
"""Further ahead than this a time without a year may be a slip, if the same words said of what is over are nearer."""


def find_ahead(text: str, now: datetime, workdays: Workdays) -> Found | None:
    """The time in a text as ``find_time`` reads it, but what lies a year ahead only because it is over is asked:
    ``11月20日`` and ``中秋`` on the 28th of November, or an hour of this morning with its date.
    """
    found = find_time(text, now, workdays)
    if found is None or not isinstance(found.reading, Exact) or found.reading.at - now <= FAR:
        return found
    over = find_time(text, now, workdays, past=True)
    if over is None or not isinstance(over.reading, Exact) or now - over.reading.at >= found.reading.at - now:
        return found
    return replace(found, reading=Ambiguous((found.reading,), Why.YEAR))
