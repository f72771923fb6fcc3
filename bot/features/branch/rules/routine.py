"""三会两制一课 Branch routine: what a branch holds, how often, and what it still owes (6.3, R1.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.checked import checked
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import plain_key

LEAST_PROCESS: Final = 4
MOST_PROCESS: Final = 500


class Each(StrEnum):
    """多久一次: the period in which an item is due; none: as needed."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    NONE = "none"


class BranchItemUnknown(Refusal):
    """No item of the routine begins these words; field ``names``."""

    code = "branch.item_unknown"


class BranchDayMissing(Refusal):
    """No day, one with two readings, or one that is still to come."""

    code = "branch.day_missing"


class BranchProcessShort(Refusal):
    """Too few words about what happened; field ``least``."""

    code = "branch.process_short"


class BranchProcessLong(Refusal):
    """More than ``most`` characters; field ``length``."""

    code = "branch.process_long"


class BranchSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "branch.secret"


class BranchPrivate(Refusal):
    """A phone, identity or bank number or an address of somebody."""

    code = "branch.private"


@dataclass(frozen=True, slots=True)
class RoutineItem:
    """一项: what it is called, and how often it is due."""

    key: str
    name: str
    words: tuple[str, ...]
    each: Each
    times: int


@dataclass(frozen=True, slots=True)
class Owed:
    """一项的情况: how often it was held in the running period, and how often it is due there."""

    item: RoutineItem
    held: int
    last: date | None

    @property
    def missing(self) -> int:
        """How often it is still due in this period."""
        return max(0, self.item.times - self.held)


def read_routine(data: Mapping[str, Any]) -> tuple[RoutineItem, ...]:
    """The routine as the file says it."""
    return tuple(
        RoutineItem(one["key"], one["name"], tuple(one["words"]), Each(one["each"]), one["times"])
        for one in data["item"]
    )


def period_start(each: Each, today: date) -> date:
    """The first day of the period that runs today."""
    match each:
        case Each.MONTH:
            return today.replace(day=1)
        case Each.QUARTER:
            return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        case Each.YEAR | Each.NONE:
            return date(today.year, 1, 1)


def owed(items: Sequence[RoutineItem], held: Iterable[tuple[str, date]], today: date) -> tuple[Owed, ...]:
    """Each item with what was held of it; ``held`` are keys and days."""
    days: dict[str, list[date]] = {}
    for key, on in held:
        days.setdefault(key, []).append(on)
    return tuple(
        Owed(
            item,
            sum(period_start(item.each, today) <= on <= today for on in days.get(item.key, ())),
            max(days.get(item.key, ()), default=None),
        )
        for item in items
    )


def take_routine_item(items: Sequence[RoutineItem], text: str) -> tuple[RoutineItem, str]:
    """The item whose name or word begins the text, the longest, and what is left."""
    typed = text.strip()
    found = [
        (len(word), item)
        for item in items
        for word in (item.name, *item.words)
        if plain_key(typed[: len(word)]) == plain_key(word)
    ]
    if not found:
        raise BranchItemUnknown(names=tuple(item.name for item in items))
    length, item = max(found, key=lambda pair: pair[0])
    return item, typed[length:].strip(" ：:，,。")


def checked_branch_process(text: str) -> str:
    """The words of a process, if a record may hold them."""
    return checked(
        " ".join(text.split()),
        least=(LEAST_PROCESS, BranchProcessShort),
        most=(MOST_PROCESS, BranchProcessLong),
        forbid={secrecy_marking: BranchSecret, private_details: BranchPrivate},
    )
