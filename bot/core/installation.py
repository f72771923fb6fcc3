"""What this installation has set: the calendar, and each feature's rules, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.core.rules.workdays import Workdays

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Installation:
    """The workdays of this installation and the rules of its features, by their type."""

    workdays: Workdays = field(default_factory=Workdays)
    rules: Mapping[type, Any] = field(default_factory=dict[type, Any])

    @classmethod
    def of_rules(cls, workdays: Workdays, *rules: object) -> "Installation":
        """With these rules, each found again by its type."""
        return cls(workdays, {type(one): one for one in rules})

    def of(self, kind: type[R]) -> R:
        """The rules of this type: as the installation set them, else as they are shipped."""
        found = self.rules.get(kind)
        return found if isinstance(found, kind) else kind()
