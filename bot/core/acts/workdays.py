"""工作日: reads the table of this installation from the data folder (requirements 7.3)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.core.acts.roster_files import read_table
from bot.core.acts.roster_header import UnreadableTable
from bot.core.rules.roster import Fault
from bot.core.rules.workday_table import COLUMNS, parse_days
from bot.core.rules.workdays import Workdays

FILE: Final = "workdays.csv"


class WorkdaysRefused(Exception):
    """The table has faults: a start with half of it would count deadlines wrongly."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(FILE)
        self.faults = tuple(faults)


def read_workdays(folder: Path) -> Workdays:
    """The workdays of this installation; without a table those of the packages. Refuses a table with a fault."""
    path = folder / FILE
    if not path.exists():
        return Workdays()
    try:
        days, faults = parse_days(read_table(path, COLUMNS).rows)
    except UnreadableTable as unreadable:
        raise WorkdaysRefused([unreadable.fault]) from unreadable
    if faults:
        raise WorkdaysRefused(faults)
    return Workdays(days)
