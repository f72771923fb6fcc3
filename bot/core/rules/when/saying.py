"""怎么说时间: the form in which the bot repeats a time or a repetition; read again it means the same."""

from datetime import date, datetime
from typing import Final

from bot.core.rules.when.day_rules import (
    ALL_MONTHS,
    DayRule,
    EveryDays,
    EveryWorkday,
    FromEnd,
    Lunar,
    MonthDays,
    Monthly,
    MonthPick,
    NamedDay,
    NthWeekday,
    NthWorkday,
    Shift,
    Weekly,
)
from bot.core.rules.when.repeats import Interval, Repeat
from bot.core.rules.when.results import Exact

WEEKDAYS: Final = "一二三四五六日"
_HAN: Final = "零一二三四五六七八九十"
_LUNAR_MONTHS: Final = ("正", *"二三四五六七八九十", "冬", "腊")
_EVERY_OTHER: Final = {
    (1, 3, 5, 7, 9, 11): "单月",
    (2, 4, 6, 8, 10, 12): "双月",
    (1, 4, 7, 10): "每季度第一个月",
    (2, 5, 8, 11): "每季度第二个月",
    (3, 6, 9, 12): "每季度最后一个月",
    ALL_MONTHS: "每月",
}


def say_time(at: datetime, now: datetime) -> str:
    """``11月28日 周六 19:00``; with the year where it is not this one."""
    return f"{_day(at.date(), at.year != now.year)} 周{WEEKDAYS[at.weekday()]} {at.hour}:{at.minute:02}"


def say_exact(exact: Exact, now: datetime) -> str:
    """A time with its end, if one was said: ``11月28日 周六 19:00–21:00``."""
    said = say_time(exact.at, now)
    if exact.end is None:
        return said
    if exact.end.date() == exact.at.date():
        return f"{said}–{exact.end.hour}:{exact.end.minute:02}"
    return f"{said} 到 {say_time(exact.end, now)}"


def say_repeat(repeat: Repeat) -> str:
    """``每2周周三 19:00 从2026年11月30日起 共5次``: all that the rule says."""
    rule, since = repeat.rule, repeat.since
    if isinstance(rule, Interval):
        hours, minutes = divmod(rule.minutes, 60)
        every = f"每{rule.minutes}分钟" if minutes else f"每{hours}小时"
        since = rule.since.date()
        said = f"{every} {rule.since.hour}:{rule.since.minute:02}"
    else:
        said = f"{_days(rule)}{_shift(repeat.shift)} {repeat.at.hour}:{repeat.at.minute:02}"
        if isinstance(rule, EveryDays | Weekly) and rule.every > 1:
            since = rule.since
    if since is not None:
        said += f" 从{_day(since, True)}起"
    if repeat.until is not None:
        said += f" 到{_day(repeat.until, True)}"
    return said if repeat.count is None else f"{said} 共{repeat.count}次"


def _day(day: date, year: bool) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if year else f"{day.month}月{day.day}日"


def _days(rule: DayRule) -> str:
    match rule:
        case EveryDays():
            return "每天" if rule.every == 1 else f"每{rule.every}天"
        case EveryWorkday():
            return "每个工作日"
        case Weekly():
            days = "、".join(WEEKDAYS[day] for day in rule.weekdays)
            return f"每周{days}" if rule.every == 1 else f"每{rule.every}周周{days}"
        case Monthly():
            return _monthly(rule)
        case Lunar(month=None):
            return f"农历每月{'、'.join(map(_lunar_day, rule.dates))}"
        case Lunar():
            return f"每年农历{_LUNAR_MONTHS[(rule.month or 1) - 1]}月{_lunar_day(rule.dates[0])}"
        case NamedDay():
            return f"每年{rule.name}"


def _monthly(rule: Monthly) -> str:
    pick = _pick(rule.pick)
    if rule.months in _EVERY_OTHER:
        if isinstance(rule.pick, NthWeekday) and rule.pick.n == -1 and rule.months == (3, 6, 9, 12):
            return f"每季度最后一周周{WEEKDAYS[rule.pick.weekday]}"
        return f"{_EVERY_OTHER[rule.months]}{pick}"
    return f"每年{'、'.join(f'{month}月' for month in rule.months)}{pick}"


def _pick(pick: MonthPick) -> str:
    match pick:
        case MonthDays():
            return "、".join(f"{day}号" for day in pick.days)
        case FromEnd():
            return "最后一天" if pick.back == 1 else f"倒数第{pick.back}天"
        case NthWeekday():
            return f"{_nth(pick.n)}个周{WEEKDAYS[pick.weekday]}"
        case NthWorkday():
            return f"{_nth(pick.n)}个工作日"


def _nth(n: int) -> str:
    if n > 0:
        return f"第{_HAN[n] if n < len(_HAN) else n}"
    return "最后一" if n == -1 else f"倒数第{-n}"


def _lunar_day(day: int) -> str:
    tens, ones = divmod(day, 10)
    if day <= 10:
        return f"初{_HAN[day]}"
    if ones == 0:
        return f"{_HAN[tens]}十"
    return f"{('', '十', '廿', '三十')[tens]}{_HAN[ones]}"


def _shift(shift: Shift | None) -> str:
    if shift is None:
        return ""
    return f"{'后' if shift.by > 0 else '前'}{abs(shift.by)}{'个工作日' if shift.workdays else '天'}"
