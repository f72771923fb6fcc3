"""What somebody is about to say, on its way through the questions that come before it is kept (P9, 6.4).

Until it is recorded it lives in the open question alone, sealed under its author's key.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from bot.features.voice.rules.voice import VoiceAbout, VoiceKind


@dataclass(frozen=True, slots=True)
class Draft:
    """心声草稿: the words and what its author has already decided about them."""

    text: str = field(repr=False)
    kind: VoiceKind | None = None
    """None: a 心声, whose kind is asked once it is kept."""
    again: bool = False
    """Said a second time on purpose."""
    cleared: bool = False
    """The private matter in it was asked about, or there is none."""
    wordless: bool = False
    cadre_id: int | None = None
    """The linked cadre it goes to, or whom a complaint is about."""
    about: VoiceAbout | None = None
    mark: str = ""
    """Keyed hash of the words, to recognise them while a question waits."""

    @property
    def complaint(self) -> bool:
        """Whether it goes past the cadre to the level above."""
        return self.kind is VoiceKind.COMPLAINT

    def with_(self, **changed: Any) -> Self:
        """The same with something decided."""
        return replace(self, **changed)

    def plain(self) -> dict[str, Any]:
        """For the question's data."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Draft":
        """The way back."""
        kind, about = data["kind"], data["about"]
        typed: dict[str, Any] = {
            "kind": VoiceKind(kind) if kind else None,
            "about": VoiceAbout(about) if about else None,
        }
        return cls(**data | typed)
