"""工作日: the table of this installation, which wins over the official days (requirements 7.3)."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from bot.core.rules.roster import Cells, Fault
from bot.core.rules.text import clean
from bot.core.rules.workdays import Certainty, DayInfo, DayKind

DATE, KIND, NAME = COLUMNS = ("date", "kind", "name")
MAX_NAME: Final = 20
KINDS: Final[Mapping[str, DayKind]] = {
    "工作日": DayKind.WORKDAY,
    "休息": DayKind.REST,
    "法定节假日": DayKind.STATUTORY,
    "调休上班": DayKind.MAKEUP_WORKDAY,
} | {kind.value: kind for kind in DayKind}
_DATE: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
"""Spreadsheets write 2027/1/4 where 2027-01-04 was typed."""
_SERIAL: Final = re.compile(r"[45]\d{4}", re.ASCII)
"""A cell with a date is the number of days since ``_FIRST`` in the file of a workbook; these are 2009 to 2064."""
_FIRST: Final = date(1899, 12, 30)


def parse_days(rows: Iterable[Cells]) -> tuple[dict[date, DayInfo], list[Fault]]:
    """The days of a table, and every fault in it."""
    found: dict[date, DayInfo] = {}
    faults: list[Fault] = []
    lines: dict[date, int] = {}
    for cells in rows:
        told = {column: " ".join(clean(cells.values.get(column, "")).split()) for column in COLUMNS}
        day, kind = _date(told[DATE]), KINDS.get(told[KIND])
        if day is None:
            faults.append(Fault(cells.line, DATE, "bad_date" if told[DATE] else "empty", told[DATE]))
        elif day in lines:
            faults.append(Fault(cells.line, DATE, "duplicate", str(lines[day])))
        if kind is None:
            faults.append(Fault(cells.line, KIND, "unknown_word" if told[KIND] else "empty", told[KIND]))
        if len(told[NAME]) > MAX_NAME:
            faults.append(Fault(cells.line, NAME, "too_long", str(MAX_NAME)))
        if day is not None and kind is not None:
            lines.setdefault(day, cells.line)
            found[day] = DayInfo(kind, told[NAME], Certainty.OVERRIDE)
    return found, faults


def _date(told: str) -> date | None:
    if _SERIAL.fullmatch(told):
        return _FIRST + timedelta(days=int(told))
    match = _DATE.fullmatch(told.split(" ")[0])  # a cell of a spreadsheet may carry midnight behind the date
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None
