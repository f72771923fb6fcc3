"""What ``bot/core/rules/workdays.py`` uses of a package that comes without types."""

from datetime import date

holidays: dict[date, str]
workdays: dict[date, str]

def is_workday(date: date) -> bool: ...
