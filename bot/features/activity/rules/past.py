"""过去的时间: when something that is over took place; the reader of times looks ahead, so days are dated first."""

import re
from datetime import date, datetime, timedelta
from typing import Final

from bot.core.rules.when import Reading, find_time
from bot.core.rules.workdays import Workdays

_BACK: Final = {
    **{"大前天": 3, "前天": 2, "前晚": 2, "昨天": 1, "昨日": 1, "昨晚": 1, "昨夜": 1},
    **{"今天": 0, "今日": 0, "今早": 0, "今晚": 0},
}
_PART: Final = {"晚": "晚上", "夜": "晚上", "早": "早上"}
_DAY: Final = re.compile("|".join(_BACK))
_WEEKDAY: Final = re.compile(r"(上上|上|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKDAYS: Final = "一二三四五六日"
_DATE: Final = re.compile(
    r"(?<![年0-9./-])(1[0-2]|0?[1-9])(?:月|[-/.])(3[01]|[12][0-9]|0?[1-9])(?:日|号|(?![0-9:：点]))"
)
_BARE_DAY: Final = re.compile(r"(?<![月0-9])(3[01]|[12][0-9]|0?[1-9])[号日](?!楼|线|院|厅|门)")
_LONG_AGO: Final = timedelta(days=200)
_ANCHOR: Final = timedelta(days=730)
"""From so long ago every dated day of the last year lies ahead."""


def find_past(text: str, now: datetime, workdays: Workdays) -> tuple[Reading | None, str]:
    """The time in a text about what is over, and the text without it."""
    found = find_time(dated(text, now.date()), now - _ANCHOR, workdays)
    return (found.reading, found.rest) if found is not None else (None, text)


def dated(text: str, today: date) -> str:
    """The text with its days as dates: 昨天, 上周六, 周六 (the last one), 11月20日 (the last one)."""
    told, found = _DAY.subn(lambda m: _said(today - timedelta(days=_BACK[m[0]])) + _PART.get(m[0][-1], ""), text, 1)
    for pattern, day in ((_WEEKDAY, _weekday), (_DATE, _month_day), (_BARE_DAY, _bare_day)):
        if not found:
            told, found = pattern.subn(lambda m, day=day: _or_same(day(m, today), m), told, 1)
    return told


def _said(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _or_same(day: date | None, found: re.Match[str]) -> str:
    return _said(day) if day is not None else found[0]


def _weekday(found: re.Match[str], today: date) -> date:
    """上周六 of last week; 周六 is the last one there was, today included."""
    wanted = _WEEKDAYS.index(found[2].replace("天", "日"))
    monday = today - timedelta(days=today.weekday())
    match found[1]:
        case "上":
            return monday + timedelta(days=wanted - 7)
        case "上上":
            return monday + timedelta(days=wanted - 14)
        case "这" | "本":
            return monday + timedelta(days=wanted)
        case _:
            return today - timedelta(days=(today.weekday() - wanted) % 7)


def _month_day(found: re.Match[str], today: date) -> date | None:
    """The last such day; where that is long ago the one to come, which is then refused as not over."""
    days: list[date] = []
    for year in (today.year, today.year - 1):
        try:
            days.append(date(year, int(found[1]), int(found[2])))
        except ValueError:
            continue
    return next((day for day in days if today - _LONG_AGO < day <= today), next(iter(days), None))


def _bare_day(found: re.Match[str], today: date) -> date | None:
    month = today.replace(day=1)
    for first in (month, (month - timedelta(days=1)).replace(day=1)):
        try:
            day = first.replace(day=int(found[1]))
        except ValueError:
            continue
        if day <= today:
            return day
    return None
