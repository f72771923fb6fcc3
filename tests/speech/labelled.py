"""The labelled sentences about danger and distress: the ones to judge by, and many more that only train."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.core.rules.crisis import CrisisKind

DATA: Final = Path(__file__).parent / "data"
JUDGED: Final = DATA / "crisis.jsonl"
TRAINING: Final = DATA / "training"
LISTED: Final = Path(__file__).parent.parent / "core" / "rules" / "crisis_sentences.toml"

CARD, SOFT, NONE = "card", "soft", "none"
_ABUSE: Final = frozenset(
    (
        "home_violence",
        "school_violence",
        "sexual_abuse",
        "online_blackmail",
        "confinement_forced_labour",
        "threats_by_others",
        "partner_violence",
        "loan_shark",
    )
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, what a sensible helper would do about it, and what it is about."""

    say: str
    level: str
    theme: str
    kind: str = ""

    @property
    def danger(self) -> CrisisKind | None:
        """The kind of danger, for a sentence that calls for the card."""
        if self.level != CARD:
            return None
        if self.kind:
            return CrisisKind(self.kind)
        if self.theme in _ABUSE:
            return CrisisKind.ABUSE
        return CrisisKind.HARM_TO_OTHERS if self.theme == "harm_others" else CrisisKind.SELF_HARM


def judged(path: Path = JUDGED) -> list[Labelled]:
    """The lines of a file in the format of ``crisis.jsonl``."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Labelled(row["say"], row["level"], row["theme"]) for row in rows]


def invented() -> Iterator[Labelled]:
    """Our own sentences: ``training/LEVEL_*.txt``, each theme below a line ``## theme``."""
    for path in sorted(TRAINING.glob("*.txt")):
        theme = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                theme = line[3:]
            elif line.strip():
                yield Labelled(line, path.stem.partition("_")[0], theme)


def listed() -> Iterator[Labelled]:
    """The sentences by which the list of words is tested."""
    sections = tomllib.loads(LISTED.read_text(encoding="utf-8"))
    for section, level in (("must", CARD), ("must_not", NONE)):
        for group in sections[section]:
            for say in group["sentences"]:
                yield Labelled(say, level, "listed", group.get("kind", ""))
