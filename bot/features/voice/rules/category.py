"""青年之声分类: the subjects among which a cadre or an organ sorts items, from an editable file (6.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.rules.text import plain_key


@dataclass(frozen=True, slots=True)
class VoiceCategory:
    """青年之声分类: the subject (职场权益 …); describes the item, never the person."""

    key: str
    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceCategories:
    """分类表: the categories of this installation, in the order of its file."""

    all: tuple[VoiceCategory, ...] = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "VoiceCategories":
        """The parsed ``categories.toml``; ``ValueError`` when two share a key, a name or a word, or a key is odd."""
        found = tuple(VoiceCategory(e["key"], e["name"], tuple(e.get("words", "").split())) for e in data["category"])
        seen: set[str] = set()
        for category in found:
            if not category.key.isascii() or not category.key.isidentifier() or len(category.key) > 32:
                raise ValueError(f"the key {category.key!r} must be a short English word")
            for told in {plain_key(category.name), *map(plain_key, category.words)} | {f"key {category.key}"}:
                if told in seen:
                    raise ValueError(f"{told!r} stands twice among the categories")
                seen.add(told)
        return cls(found)

    def find(self, told: str) -> VoiceCategory | None:
        """The category that is meant by its name, one of its words, or its place in the list (``3``)."""
        key = plain_key(told)
        if key.isascii() and key.isdigit() and 1 <= int(key) <= len(self.all):
            return self.all[int(key) - 1]
        return next((c for c in self.all if key in (plain_key(c.name), *map(plain_key, c.words))), None)

    def name_of(self, key: str | None) -> str:
        """The name of a stored key; the key itself when the organ has taken it out of the file, "" for none."""
        if key is None:
            return ""
        return next((c.name for c in self.all if c.key == key), key)
