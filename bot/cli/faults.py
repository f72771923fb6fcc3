"""How a fault in a table is told: file, sheet, line, column, reason."""

from bot.cli.words import say, words
from bot.core.rules.roster import Fault


def spelled(file: str, fault: Fault, sheet: str = "") -> str:
    """One line."""
    told = words()
    allowed = (
        told["format"].get(fault.value, "") if fault.reason == "other_format" else told["word"].get(fault.column, "")
    )
    reason = say(fault.reason, "fault", value=_short(fault.value), words=allowed)
    return say("place", "fault", file=file, sheet=sheet, line=fault.line, column=fault.column, reason=reason)


def _short(value: str, limit: int = 40) -> str:
    return value if len(value) <= limit else value[:limit] + "…"
