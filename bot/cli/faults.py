"""How a fault in a table is told: file, line, column, reason."""

from bot.cli.words import say, words
from bot.core.rules.roster import Fault


def spelled(file: str, fault: Fault) -> str:
    """One line."""
    allowed = words()["word"].get(fault.column, "")
    reason = say(fault.reason, "fault", value=_short(fault.value), words=allowed)
    return say("place", "fault", file=file, line=fault.line, column=fault.column, reason=reason)


def _short(value: str, limit: int = 40) -> str:
    return value if len(value) <= limit else value[:limit] + "…"
