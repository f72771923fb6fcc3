"""同音字: words typed with characters that sound the same (通意 for 同意)."""

from collections.abc import Iterable
from typing import Final

_ALIKE: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
"""Sounds that many people do not tell apart, and type for one another."""


class Homophones:
    """同音字表: which sound a character has."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the data file: a sound and its characters on each line."""
        self._sound: dict[str, str] = {}
        for line in lines:
            sound, _, characters = line.strip().partition(" ")
            for character in "" if sound.startswith("#") else characters:
                self._sound.setdefault(character, _broad(sound))

    def key(self, word: str) -> tuple[str, ...] | None:
        """How a word sounds; None when one of its characters is not known."""
        sounds = tuple(self._sound.get(character, "") for character in word)
        return sounds if sounds and all(sounds) else None


def _broad(sound: str) -> str:
    for narrow, broad in _ALIKE:
        sound = sound.replace(narrow, broad)
    return sound
