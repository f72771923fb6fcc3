"""机器人记住了什么: what the bot has stored about one person and what it has not; the app supplies the answer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """One thing in plain words; ``stored`` False says that it came by and was not kept. ``at`` is aware, or None."""

    kind: str
    text: str = field(repr=False)
    stored: bool
    at: datetime | None = None


AskRemembered = Callable[[str], Awaitable[Sequence[Remembered]]]
"""From a QQ number (as text) to what there is about that person."""
