"""提醒模板: what is built in, with its usual time and a warm text; an organ may have its own file in place of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.clock import SHANGHAI
from bot.core.rules.text import plain_key
from bot.core.rules.workdays import Workdays
from bot.core.shipped import own_or_shipped
from bot.features.reminder.rules.reading import read_reminder


@dataclass(frozen=True, slots=True)
class ReminderTemplate:
    """提醒模板: its name, its usual time, its text; ``cheerful``: not on days of mourning."""

    name: str
    when: str
    text: str
    cheerful: bool = False


@dataclass(frozen=True, slots=True)
class ReminderTemplates:
    """提醒模板: all of this installation by name, in the order of the file."""

    by_name: Mapping[str, ReminderTemplate] = field(default_factory=lambda: shipped_templates().by_name)

    def named(self, words: str) -> tuple[ReminderTemplate, str] | None:
        """The template that these words begin with, the longest name first, and what is left of them."""
        told = words.strip()
        for name in sorted(self.by_name, key=len, reverse=True):
            if plain_key(told).startswith(plain_key(name)):
                return self.by_name[name], told[len(name) :].strip(" \u3000,，。")
        return None


def read_templates(path: Path | None = None) -> ReminderTemplates:
    """The organ's own file, else the shipped one. Raises ValueError for a time that reads in no single way."""
    plain: dict[str, dict[str, Any]] = own_or_shipped(path, "chat", "reminder", "templates.toml")
    found = {name: ReminderTemplate(name, **fields) for name, fields in plain.items()}
    for one in found.values():
        if read_reminder(one.when, datetime(2026, 1, 1, tzinfo=SHANGHAI), Workdays())[0].timing is None:
            raise ValueError(f"{one.name}: {one.when}")
    return ReminderTemplates(found)


@lru_cache(maxsize=1)
def shipped_templates() -> ReminderTemplates:
    """Those that are built in."""
    return read_templates()
