"""What somebody is about to say, on its way through the questions that come before it is kept (P9, 6.4).

Until it is recorded it lives in the open question alone, sealed under its author's key.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from bot.features.voice.rules.voice import VoiceKind


@dataclass(frozen=True, slots=True)
class Draft:
    """心声草稿: the words and what its author has already decided about them."""

    text: str = field(repr=False)
    kind: str | None = None
    """A ``VoiceKind``; None: a 心声, whose kind is asked once it is kept."""
    again: bool = False
    """Said a second time on purpose."""
    cleared: bool = False
    """The private matter in it was asked about, or there is none."""
    wordless: bool = False
    cadre_id: int | None = None
    """The linked cadre it goes to, or whom a complaint is about."""
    about: str | None = None
    """A ``VoiceAbout``."""
    mark: str = ""
    """Keyed hash of the words, to recognise them while a question waits."""
    choices: tuple[int, ...] = ()
    """The linked cadres in the order in which they were last named."""

    @property
    def complaint(self) -> bool:
        """Whether it goes past the cadre to the level above."""
        return self.kind == VoiceKind.COMPLAINT

    def with_(self, **changed: Any) -> Self:
        """The same with something decided."""
        return replace(self, **changed)
