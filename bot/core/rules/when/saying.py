"""怎么说时间: the form in which the bot repeats a time; read again it means the same."""

from datetime import datetime
from typing import Final

from bot.core.rules.when.results import Exact

WEEKDAYS: Final = "一二三四五六日"


def say_time(at: datetime, now: datetime) -> str:
    """``11月28日 周六 19:00``; with the year where it is not this one."""
    year = f"{at.year}年" if at.year != now.year else ""
    return f"{year}{at.month}月{at.day}日 周{WEEKDAYS[at.weekday()]} {at.hour}:{at.minute:02}"


def say_exact(exact: Exact, now: datetime) -> str:
    """A time with its end, if one was said: ``11月28日 周六 19:00–21:00``."""
    said = say_time(exact.at, now)
    if exact.end is None:
        return said
    if exact.end.date() == exact.at.date():
        return f"{said}–{exact.end.hour}:{exact.end.minute:02}"
    return f"{said} 到 {say_time(exact.end, now)}"
