"""What the bot has to say, before it has words: frozen results and notices, rendered later by a template."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar, Final, TypeAlias

LETTERS: Final = {
    "talk": "T",
    "voice": "V",
    "wish": "W",
    "pool": "W",
    "resource": "W",
    "consultation": "Q",
    "activity": "A",
    "reminder": "R",
}
"""By the folder of a template: the letter of the references of what is said there."""


class Lost(StrEnum):
    """没送到 what it means that something said to somebody else does not arrive."""

    TOLD = "told"
    """Whoever caused it hears so: they would take it for heard."""
    LISTED = "listed"
    """Whom it was for finds it in a list of theirs, and is reminded of it."""
    MISSED = "missed"
    """Nobody waits for it, and nothing hangs on it."""
    OWN = "own"
    """What hangs on it is declared with it: a ``Standing``, a fallback, a clock that asks the next one."""


@dataclass(frozen=True, slots=True)
class Say:
    """Base of every result an action or query returns and of every notice that is pushed.

    ``template`` names the file below ``templates/chat/`` without its ending. Fields hold plain values only: text,
    numbers, truth values, instants, dates, enums, other dataclasses, and tuples or dicts of these. ``aside``: an answer
    in a group that its speaker reads in private where the group does not take it.
    """

    template: ClassVar[str] = ""
    aside: ClassVar[bool] = False
    together: ClassVar[str] = ""
    """A receipt that many get at once in a group: the template that words several of them in one line, from ``each``,
    the fields of every one with ``of``, the name of its own template.
    """
    picture: ClassVar[str] = ""
    """The SVG template that shows the same facts, on channels with pictures, after the words."""
    lists: ClassVar[tuple[str, ...]] = ()
    """The fields that hold its numbered lines, in this order: in private a bare digit opens one (``待办`` → ``1``)."""
    letter: ClassVar[str] = ""
    """The letter of their references where it is not that of the template's folder."""
    opened_by: ClassVar[str] = ""
    """The command that opens a line; empty: the first that may, by the letter of the reference."""
    lost: ClassVar[Lost | None] = None
    """Whatever is pushed to somebody says what it means that it does not arrive."""

    @property
    def ref_told(self) -> str:
        """The reference of what this is about (``#W4821``); empty: it names none."""
        ref, area = getattr(self, "ref", None), self.template.partition("/")[0]
        if isinstance(ref, str):
            return f"#{ref}" if ref else ""
        return f"#{LETTERS[area]}{ref}" if isinstance(ref, int) and ref and area in LETTERS else ""

    @property
    def listed(self) -> tuple[str, ...]:
        """The references of its numbered lines (``W4821``); empty for a line that has none."""
        letter = self.letter or LETTERS.get(self.template.partition("/")[0], "")
        refs = [line.ref for name in self.lists for line in getattr(self, name)]
        return tuple(ref if isinstance(ref, str) else f"{letter}{ref}" for ref in refs)

    @property
    def leads_to_nobody(self) -> bool:
        """Whether that it was said to this person must be in no row: they did something without their name (13.3)."""
        return False


Plain: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None
"""What JSON has."""
Field: TypeAlias = Say | Enum | date | tuple[Any, ...] | set[Any] | frozenset[Any] | Plain
"""What a Say may hold, beside other dataclasses."""


def to_plain(field: Any) -> Any:
    """Turn a field into JSON-able data; instants and dates carry a tag so that they come back as what they were."""
    value: Field = field
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, date):
        return {"$on": value.isoformat()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(v) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} cannot be said")


def from_plain(value: Plain) -> Any:
    """The way back of ``to_plain``, as far as a template needs it."""
    if isinstance(value, dict):
        if set(value) == {"$at"}:
            return datetime.fromisoformat(value["$at"])
        if set(value) == {"$on"}:
            return date.fromisoformat(value["$on"])
        return {k: from_plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [from_plain(v) for v in value]
    return value
