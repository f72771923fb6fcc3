"""表头: finds the line that names the columns, also below a title and under the names people use for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from bot.core.rules.roster import OTHER_NAMES, Cells, Fault
from bot.core.rules.text import fold, is_invisible

Lines = Iterable[tuple[int, Sequence[str]]]

WITHIN: Final = 20
"""Lines with something in them among which the header is looked for: titles and notes stand above it."""
MAX_ROWS: Final = 500_000
_BRACKETS: Final = {"(": ")", "[": "]", "【": "】"}


class UnreadableTable(Exception):
    """A file that is no table: ``reason`` is a code of the fault texts, ``line`` where reading stopped."""

    def __init__(self, reason: str, line: int = 0, column: str = "", value: str = "", sheet: str = "") -> None:
        super().__init__(reason)
        self.sheet = sheet
        self.fault = Fault(line, column, reason, value)


@dataclass(frozen=True, slots=True)
class Header:
    """The line that names most of the wanted columns, where they stand, and what is wrong with it."""

    line: int
    places: Mapping[str, int]
    fault: Fault | None

    @property
    def found(self) -> int:
        """How many of the wanted columns it names."""
        return len(self.places)


def is_empty(row: Sequence[str]) -> bool:
    """Whether nothing that shows stands in a line."""
    return all(cell.isspace() or not cell.strip("\x1a\ufeff\u200b \t\r\n") for cell in row)


def best_header(lines: Lines, columns: Sequence[str], optional: Sequence[str] = ()) -> Header | None:
    """The best of the first lines; None where there is no line at all."""
    first = islice(((line, row) for line, row in lines if not is_empty(row)), WITHIN)
    found = [_header(line, row, columns, optional) for line, row in first]
    return max(found, key=lambda header: header.found + (header.fault is None), default=None)


def named(lines: Lines, header: Header) -> Iterator[Cells]:
    """What stands below the header, by the names of the columns; further columns are not read (P6)."""
    count = 0
    for line, row in lines:
        if line <= header.line or is_empty(row):
            continue
        count += 1
        if count > MAX_ROWS:
            raise UnreadableTable("too_big", line)
        yield Cells(line, {name: row[at] if at < len(row) else "" for name, at in header.places.items()})


def _header(line: int, row: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> Header:
    told = [_key(cell) for cell in row]
    places: dict[str, int] = {}
    fault: Fault | None = None
    for name in chain(columns, optional):
        others = {_key(other) for other in OTHER_NAMES.get(name, ())}
        at = [n for n, cell in enumerate(told) if cell == _key(name)] or [n for n, c in enumerate(told) if c in others]
        if at:
            places[name] = at[0]
        if len(at) > 1:
            fault = fault or Fault(line, name, "column_twice")
        elif not at and name in columns:
            fault = fault or Fault(line, name, "column_missing", "、".join(columns))
    return Header(line, places, fault)


def _key(cell: str) -> str:
    """How names of columns are compared: no spaces, no marks, nothing in brackets behind them."""
    plain = "".join(fold(char) for char in cell[:60] if not is_invisible(char))
    for left, right in _BRACKETS.items():
        if plain.endswith(right) and left in plain:
            plain = plain.partition(left)[0]
    return "".join(char for char in plain if char not in " \n\t*:#\"'“”")
